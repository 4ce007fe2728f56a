/** @file The files of a sweep: its head, and a line for each run that ended. */
import * as z from "zod";
import { DmilError, dataError } from "../../core/errors.ts";
import { type Folder, readText } from "../../core/folder.ts";
import { optionIssues } from "../../core/options.ts";
import { seal, unseal } from "../sealed.ts";
import { type SweepEntry, type SweepHead, sweepFiles } from "./entry.ts";

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

/** How a sweep was made; undefined where the folder does not say. @throws DataError for a file that is no such head, or a damaged one. */
export async function readHead(folder: Folder, advice: string = AGAIN): Promise<SweepHead | undefined> {
  if (!(await folder.exists(sweepFiles.head))) return undefined;
  const where = `${folder.label}/${sweepFiles.head}`;
  const head = (await unseal(await readText(folder, sweepFiles.head), { where, advice })) as SweepHead;
  if (head.format === "dmil-sweep-1" && typeof head.environment === "object") return head;
  throw dataError(`${where}: not the head of a sweep of this version (format dmil-sweep-1). ${advice}`, { where });
}

/** The way on from any damage: a sweep makes its own files again. */
const AGAIN =
  "Give the command of the sweep again, with --resume: it mends the file, and does again only what is lost.";

export async function writeHead(folder: Folder, head: SweepHead): Promise<void> {
  await folder.write(sweepFiles.head, `${await seal(head, 2)}\n`);
}

/** The lines of a manifest. */
export interface Manifest {
  /** By id, in the order in which runs ended; of several with one id the last. */
  readonly entries: ReadonlyMap<string, SweepEntry>;
  /** The last line stops in the middle, as a writer that was killed leaves it; it does not count. */
  readonly cut: boolean;
  /** What is wrong with other lines that do not count. */
  readonly damaged: readonly DmilError[];
}

/** Reads the manifest; empty where there is none. `advice` ends what is said of a damaged line. */
export async function readManifest(folder: Folder, advice: string = AGAIN): Promise<Manifest> {
  const entries = new Map<string, SweepEntry>();
  const damaged: DmilError[] = [];
  let cut = false;
  const { manifest } = sweepFiles;
  const lines = (await folder.exists(manifest)) ? (await readText(folder, manifest)).split("\n") : [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    try {
      const entry = await parseLine(line, `${folder.label}/${manifest}:${i + 1}`, advice);
      entries.delete(entry.id); // where the last line of an id counts, its place in the order does too
      entries.set(entry.id, entry);
    } catch (error) {
      if (!(error instanceof DmilError)) throw error;
      if (i === lines.length - 1) cut = true;
      else damaged.push(error);
    }
  }
  return { entries, cut, damaged };
}

/** An entry. @throws DataError for a line that is none. */
async function parseLine(line: string, where: string, advice: string): Promise<SweepEntry> {
  const value = (await unseal(line, { where, advice })) as SweepEntry;
  const issues = optionIssues(schema, value);
  const { status, scores } = value;
  if (issues.length === 0 && (status === "failed" || scores !== undefined)) return value;
  const first = issues.slice(0, 3).map(({ path, message }) => `${path.join(".") || "the line"}: ${message}`);
  const listed = issues.length > 3 ? [...first, `and ${issues.length - 3} more`] : first;
  const wrong = listed.length > 0 ? listed.join("; ") : "scores: a finished run has some";
  throw dataError(`${where}: not the line of a sweep (${wrong.replace(/\.$/, "")}). ${advice}`, { where, issues });
}

/** Writes the lines anew, one an id: without those that later ones replace, and without cut and damaged ones. */
export async function rewriteEntries(folder: Folder, entries: Iterable<SweepEntry>): Promise<void> {
  const lines = await Promise.all([...entries].map(lineOf));
  await folder.write(sweepFiles.manifest, lines.join(""));
}

/** Adds the line of an id that has none yet. */
export async function appendEntry(folder: Folder, entry: SweepEntry): Promise<void> {
  await folder.append(sweepFiles.manifest, await lineOf(entry));
}

async function lineOf(entry: SweepEntry): Promise<string> {
  return `${await seal(entry)}\n`;
}
