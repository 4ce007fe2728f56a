/** @file Sweep folders as runs to compare: the manifest line by line, what was done twice. */
import { z } from "zod";
import { dataError, runError } from "../../core/errors.ts";
import { type Folder, readText } from "../../core/folder.ts";
import { optionIssues } from "../../core/options.ts";
import { readRecord, runFiles } from "../record.ts";
import { type SweepEntry, type SweepHead, sweepFiles } from "../sweep/entry.ts";

/** A sweep as it lies in its folder. */
export interface Sweep {
  /** As the user named it. */
  readonly label: string;
  /** Left out where the folder has none. */
  readonly head?: SweepHead;
  /** Lines of the manifest; of lines with one id the last. */
  readonly entries: readonly SweepEntry[];
  /** What a reader should know, a line each. */
  readonly notes: readonly string[];
}

/** A run that ended well. */
export type FinishedEntry = SweepEntry & { readonly scores: NonNullable<SweepEntry["scores"]> };

/** A figure that was not a number is null in JSON. */
const figure = z.number().nullable();
const figures = z.record(z.string(), figure);
const rate = z.looseObject({ rate: figure, chance: figure });
const schema = z.looseObject({
  id: z.string(),
  data: z.string(),
  method: z.string(),
  seed: z.int(),
  split: z.string(),
  trainShare: z.number().positive().max(1),
  status: z.enum(["finished", "failed"]),
  error: z.string().optional(),
  run: z.string(),
  started: z.string(),
  seconds: z.number(),
  secondsPerStep: z.number().optional(),
  peakMemory: z.number(),
  config: z.looseObject({}).optional(),
  scores: z
    .looseObject({
      samples: z.looseObject({ train: z.number(), validation: z.number(), test: z.number() }),
      validation: figures,
      test: figures,
      unimodal: figures,
      synergy: z.looseObject({ slices: rate, probes: rate.optional() }).optional(),
      classes: z
        .array(z.looseObject({ name: z.string(), samples: z.number(), accuracy: figure, f1: figure }))
        .optional(),
      missing: z.array(z.looseObject({ present: z.array(z.string()), samples: z.number(), accuracy: figure })),
      gate: figures.optional(),
      bits: figures.optional(),
      probe: figure.optional(),
      right: z
        .string()
        .regex(/^[01]*$/, "a character 0 or 1 a sample is needed")
        .optional(),
    })
    .optional(),
});

/**
 * Reads a sweep. A last line that stops in the middle, as a writer that was killed leaves it, is left out and noted.
 * @throws RunError when the folder is no sweep or has no run yet; DataError for any other line that cannot be read.
 */
export async function readSweep(folder: Folder): Promise<Sweep> {
  const { label } = folder;
  if (!(await folder.exists(sweepFiles.manifest))) throw await noSweep(folder);
  const text = await readText(folder, sweepFiles.manifest);
  const lines = text.split("\n");
  const notes: string[] = [];
  const byId = new Map<string, SweepEntry>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const entry = parseLine(line, `${label}/${sweepFiles.manifest}:${i + 1}`, i === lines.length - 1);
    if (entry === undefined) {
      notes.push(
        `${label}/${sweepFiles.manifest}: the last line stops in the middle (its writer was killed); it is left out.`,
      );
      continue;
    }
    // Where the last line of an id counts, its place in the order does too.
    byId.delete(entry.id);
    byId.set(entry.id, entry);
  }
  if (byId.size === 0) {
    throw runError(
      `${label}: ${sweepFiles.manifest} has no run yet. \`dmil sweep\` adds a line whenever a run ends; try again later.`,
    );
  }
  const head = await readHead(folder);
  if (head === undefined) notes.push(`${label}: no ${sweepFiles.head}, so how the sweep was made is not known.`);
  return { label, ...(head !== undefined && { head }), entries: [...byId.values()], notes };
}

/** An entry, or undefined for a last line that is only half there. */
function parseLine(line: string, where: string, last: boolean): SweepEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (last) return undefined;
    throw dataError(
      `${where}: not valid JSON (${(error as Error).message}). Remove the line, or run the sweep again.`,
      {
        where,
      },
    );
  }
  const issues = optionIssues(schema, value);
  const { status, scores } = value as SweepEntry;
  if (issues.length === 0 && (status === "failed" || scores !== undefined)) return value as SweepEntry;
  const listed = issues.map(({ path, message }) => `${path.join(".") || "the line"}: ${message}`);
  const wrong = listed.length > 0 ? listed.join("; ") : "scores: a finished run has some";
  throw dataError(
    `${where}: not the line of a sweep (${wrong.replace(/\.$/, "")}). Remove the line, or run the sweep again.`,
    { where, issues },
  );
}

async function readHead(folder: Folder): Promise<SweepHead | undefined> {
  if (!(await folder.exists(sweepFiles.head))) return undefined;
  const where = `${folder.label}/${sweepFiles.head}`;
  try {
    const head = JSON.parse(await readText(folder, sweepFiles.head)) as SweepHead;
    if (head.format === "dmil-sweep-1" && typeof head.environment === "object") return head;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw dataError(`${where}: not valid JSON (${error.message}). Run the sweep again; what is done is kept.`, {
      where,
    });
  }
  throw dataError(`${where}: not the head of a sweep of this version (format dmil-sweep-1).`, { where });
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
      `${label}: no run of this sweep has ended yet (no ${sweepFiles.manifest}). Try again later.`,
      fields,
    );
  }
  const ending = `/${sweepFiles.manifest}`;
  const inside = names
    .filter((name) => name.endsWith(ending))
    .map((name) => `${label}/${name.slice(0, -ending.length)}`);
  const meant = inside.length === 0 ? "" : ` Did you mean ${inside.slice(0, 5).join(", or ")}?`;
  return runError(
    `${label}: not a sweep folder (no ${sweepFiles.manifest}).${meant} \`dmil sweep\` makes sweeps.`,
    fields,
  );
}

/** What identifies a run in tables: which data, method, seed, split and share. */
export function placeOf({ data, method, seed, split, trainShare }: SweepEntry): string {
  return JSON.stringify([data, method, seed, split, trainShare]);
}

/** Runs of several sweeps as one set; of runs at one place in the tables the last counts, and that is noted. */
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
  return { entries: [...byPlace.values()], notes };
}
