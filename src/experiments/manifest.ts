/** @file The files of a sweep: its head, and a manifest with one line per ended run. */
import * as z from "zod";
import { DmilError, dataError } from "../core/errors.ts";
import { type Folder, readText } from "../core/folder.ts";
import { optionIssues } from "../core/options.ts";
import { verifyChecksum, withChecksum } from "../runs/checksum.ts";
import { type Scores, type SweepEntry, type SweepHead, sweepFiles } from "./entry.ts";

/** NaN becomes null in JSON. */
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
  peakMemory: z.number().optional(),
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
      missing: z.array(
        z.looseObject({ present: z.array(z.string()), samples: z.number(), metric: z.string(), value: figure }),
      ),
      gate: figures.optional(),
      bits: figures.optional(),
      probe: figure.optional(),
      correct: z
        .string()
        .regex(/^[01]*$/, "one character 0 or 1 per sample is needed")
        .optional(),
    })
    .optional(),
});

/** Reads the head of a sweep; undefined if there is none. @throws DataError for a damaged file, or one with other contents. */
export async function readHead(folder: Folder, advice: string = AGAIN): Promise<SweepHead | undefined> {
  if (!(await folder.exists(sweepFiles.head))) return undefined;
  const where = `${folder.label}/${sweepFiles.head}`;
  const head = (await verifyChecksum(await readText(folder, sweepFiles.head), { where, advice })) as SweepHead;
  if (head.format === "dmil-sweep-1" && typeof head.environment === "object") return head;
  throw dataError(`${where}: not the head of a sweep of this version (format dmil-sweep-1). ${advice}`, { where });
}

/** Advice for every damage: a sweep restores its own files. */
const AGAIN = "Run the command of the sweep again with --resume: it repairs the file and repeats only lost runs.";

export async function writeHead(folder: Folder, head: SweepHead): Promise<void> {
  await folder.write(sweepFiles.head, `${await withChecksum(head, 2)}\n`);
}

/** The contents of a manifest. */
export interface Manifest {
  /** Entries by id, in the order in which runs ended; of several with the same id, the last. */
  readonly entries: ReadonlyMap<string, SweepEntry>;
  /** Whether the last line is incomplete, because its writer was killed; such a line is ignored. */
  readonly cut: boolean;
  /** The errors of other ignored lines. */
  readonly damaged: readonly DmilError[];
}

/** Reads the manifest; empty if there is none. `advice` ends the message about a damaged line. */
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
      entries.delete(entry.id); // the last line of an id also determines its position
      entries.set(entry.id, entry);
    } catch (error) {
      if (!(error instanceof DmilError)) throw error;
      if (i === lines.length - 1) cut = true;
      else damaged.push(error);
    }
  }
  return { entries, cut, damaged };
}

/** Parses an entry. @throws DataError for an invalid line. */
async function parseLine(line: string, where: string, advice: string): Promise<SweepEntry> {
  const value = currentEntry((await verifyChecksum(line, { where, advice })) as SweepEntry);
  const issues = optionIssues(schema, value);
  const { status, scores } = value;
  if (issues.length === 0 && (status === "failed" || scores !== undefined)) return value;
  const first = issues.slice(0, 3).map(({ path, message }) => `${path.join(".") || "the line"}: ${message}`);
  const listed = issues.length > 3 ? [...first, `and ${issues.length - 3} more`] : first;
  const problems = listed.length > 0 ? listed.join("; ") : "scores are missing";
  throw dataError(`${where}: not an entry of a sweep (${problems.replace(/\.$/, "")}). ${advice}`, { where, issues });
}

/** A pattern of an older version, which calls the primary metric accuracy, also where it is another one. */
interface OlderPattern {
  readonly present: readonly string[];
  readonly samples: number;
  readonly accuracy: number;
}

/** The entry of an older version in the form of this one. */
function currentEntry(entry: SweepEntry): SweepEntry {
  const { scores } = entry;
  if (!Array.isArray(scores?.missing)) return entry;
  const [metric = ""] = Object.keys(scores.test ?? {});
  const { right, ...named } = scores as Scores & { readonly right?: string };
  const missing = scores.missing.map((pattern: Scores["missing"][number] | OlderPattern) => {
    if (!("accuracy" in pattern)) return pattern;
    const { present, samples, accuracy } = pattern;
    return { present, samples, metric, value: accuracy };
  });
  return { ...entry, scores: { ...named, ...(right !== undefined && { correct: right }), missing } };
}

/** Writes the manifest again with one line per id, without replaced, incomplete and damaged lines. */
export async function rewriteEntries(folder: Folder, entries: Iterable<SweepEntry>): Promise<void> {
  const lines = await Promise.all([...entries].map(lineOf));
  await folder.write(sweepFiles.manifest, lines.join(""));
}

/** Appends the entry of a new id. */
export async function appendEntry(folder: Folder, entry: SweepEntry): Promise<void> {
  await folder.append(sweepFiles.manifest, await lineOf(entry));
}

async function lineOf(entry: SweepEntry): Promise<string> {
  return `${await withChecksum(entry)}\n`;
}
