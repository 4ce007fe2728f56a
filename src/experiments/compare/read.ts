/** @file Reads sweep folders for a comparison and merges their runs. */
import { runError } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import { readRecord, runFiles } from "../../runs/record.ts";
import { type SweepEntry, type SweepHead, sweepFiles } from "../entry.ts";
import { readHead, readManifest } from "../manifest.ts";

/** A sweep read from its folder. */
export interface Sweep {
  /** The folder as the user named it. */
  readonly label: string;
  /** The folder, whose runs hold training curves and bits; undefined if there is none. */
  readonly folder?: Folder;
  /** Undefined if the folder has none. */
  readonly head?: SweepHead;
  /** Entries of the manifest; of several with the same id, the last. */
  readonly entries: readonly SweepEntry[];
  /** Notes for the user, one per line. */
  readonly notes: readonly string[];
}

/** A finished run. */
export type FinishedEntry = SweepEntry & { readonly scores: NonNullable<SweepEntry["scores"]> };

/**
 * Reads a sweep. An incomplete last line, which a killed writer leaves, is ignored with a note.
 * @throws RunError if the folder is not a sweep or has no run yet; DataError for any other damaged line.
 */
export async function readSweep(folder: Folder): Promise<Sweep> {
  const { label } = folder;
  if (!(await folder.exists(sweepFiles.manifest))) throw await noSweep(folder);
  const { entries, cut, damaged } = await readManifest(folder);
  if (damaged[0] !== undefined) throw damaged[0];
  const notes = cut
    ? [`${label}/${sweepFiles.manifest}: the last line stops in the middle (its writer was killed); it is left out.`]
    : [];
  if (entries.size === 0) {
    throw runError(
      `${label}: ${sweepFiles.manifest} has no run yet. \`dmil sweep\` adds a line whenever a run ends; if it is not at work, go on with it: its command with --resume.`,
    );
  }
  const head = await readHead(folder);
  if (head === undefined) notes.push(`${label}: no ${sweepFiles.head}, so how the sweep was made is not known.`);
  return { label, folder, ...(head !== undefined && { head }), entries: [...entries.values()], notes };
}

async function noSweep(folder: Folder): Promise<Error> {
  const { label } = folder;
  const names = await folder.list();
  const fields = { folder: label };
  if (names.includes(runFiles.record)) {
    const { config } = await readRecord(folder);
    return runError(
      `${label}: this is one run (${config.method}), not a sweep. Compare needs the folder that \`dmil sweep\` wrote; for one run: dmil evaluate ${label}`,
      fields,
    );
  }
  if (names.includes(sweepFiles.head)) {
    return runError(
      `${label}: no run of this sweep has ended yet (no ${sweepFiles.manifest}). If it is not at work, go on with it: its command with --resume.`,
      fields,
    );
  }
  const ending = `/${sweepFiles.manifest}`;
  const above = label === "." ? "" : `${label}/`;
  const inside = names
    .filter((name) => name.endsWith(ending))
    .map((name) => `${above}${name.slice(0, -ending.length)}`);
  const meant = inside.length === 0 ? "" : ` Did you mean ${inside.slice(0, 5).join(", or ")}?`;
  return runError(
    `${label}: not a sweep folder (no ${sweepFiles.manifest}).${meant} \`dmil sweep\` makes sweeps.`,
    fields,
  );
}

/** The key of a run in tables: data, method, seed, split and share. */
function placeOf({ data, method, seed, split, trainShare }: SweepEntry): string {
  return JSON.stringify([data, method, seed, split, trainShare]);
}

/** Sorts by name, split and seed, independent of the order in which parallel runs ended. */
function inOrder(a: SweepEntry, b: SweepEntry): number {
  const by = (x: string, y: string): number => x.localeCompare(y, "en", { numeric: true });
  return (
    by(a.data, b.data) ||
    a.trainShare - b.trainShare ||
    by(a.method, b.method) ||
    by(a.split, b.split) ||
    a.seed - b.seed
  );
}

/** Merges the runs of several sweeps, sorted; of several runs with the same key, the last is used, with a note. */
export function mergeSweeps(sweeps: readonly Sweep[]): { entries: SweepEntry[]; notes: string[] } {
  const byPlace = new Map<string, SweepEntry>();
  const replaced: SweepEntry[] = [];
  for (const entry of sweeps.flatMap(({ entries }) => entries)) {
    const before = byPlace.get(placeOf(entry));
    if (before !== undefined && before.id !== entry.id) replaced.push(before);
    byPlace.delete(placeOf(entry));
    byPlace.set(placeOf(entry), entry);
  }
  const notes = sweeps.flatMap((sweep) => sweep.notes);
  if (replaced.length > 0) {
    const { data, method, seed } = replaced[0]!;
    notes.push(
      `${replaced.length} ${replaced.length === 1 ? "run was" : "runs were"} done again with other settings, data or code (the first: ${method} on ${data}, seed ${seed}); the later one counts.`,
    );
  }
  return { entries: [...byPlace.values()].sort(inOrder), notes };
}
