/** @file The files of a sweep: its head, and a line for each run that ended. */
import * as z from "zod";
import { dataError } from "../../core/errors.ts";
import { type Folder, readText } from "../../core/folder.ts";
import { optionIssues } from "../../core/options.ts";
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

/** How a sweep was made; undefined where the folder does not say. @throws DataError for a file that is no such head. */
export async function readHead(folder: Folder): Promise<SweepHead | undefined> {
  if (!(await folder.exists(sweepFiles.head))) return undefined;
  const where = `${folder.label}/${sweepFiles.head}`;
  try {
    const head = JSON.parse(await readText(folder, sweepFiles.head)) as SweepHead;
    if (head?.format === "dmil-sweep-1" && typeof head.environment === "object") return head;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw dataError(`${where}: not valid JSON (${error.message}). Run the sweep again; what is done is kept.`, {
      where,
    });
  }
  throw dataError(`${where}: not the head of a sweep of this version (format dmil-sweep-1).`, { where });
}

export async function writeHead(folder: Folder, head: SweepHead): Promise<void> {
  await folder.write(sweepFiles.head, `${JSON.stringify(head, undefined, 2)}\n`);
}

/** The lines of a manifest. */
export interface Manifest {
  /** By id, in the order in which runs ended; of several with one id the last. */
  readonly entries: ReadonlyMap<string, SweepEntry>;
  /** The last line stops in the middle, as a writer that was killed leaves it; it does not count. */
  readonly cut: boolean;
}

/** Reads the manifest; empty where there is none. @throws DataError for any other line that cannot be read. */
export async function readManifest(folder: Folder): Promise<Manifest> {
  const entries = new Map<string, SweepEntry>();
  let cut = false;
  if (!(await folder.exists(sweepFiles.manifest))) return { entries, cut };
  const lines = (await readText(folder, sweepFiles.manifest)).split("\n");
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const entry = parseLine(line, `${folder.label}/${sweepFiles.manifest}:${i + 1}`, i === lines.length - 1);
    if (entry === undefined) cut = true;
    else {
      entries.delete(entry.id); // where the last line of an id counts, its place in the order does too
      entries.set(entry.id, entry);
    }
  }
  return { entries, cut };
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
  const { status, scores } = (value ?? {}) as SweepEntry;
  if (issues.length === 0 && (status === "failed" || scores !== undefined)) return value as SweepEntry;
  const first = issues.slice(0, 3).map(({ path, message }) => `${path.join(".") || "the line"}: ${message}`);
  const listed = issues.length > 3 ? [...first, `and ${issues.length - 3} more`] : first;
  const wrong = listed.length > 0 ? listed.join("; ") : "scores: a finished run has some";
  throw dataError(
    `${where}: not the line of a sweep (${wrong.replace(/\.$/, "")}). Remove the line, or run the sweep again.`,
    { where, issues },
  );
}

/** Writes the lines anew, without those that later ones replace. */
export async function rewriteEntries(folder: Folder, entries: Iterable<SweepEntry>): Promise<void> {
  await folder.write(sweepFiles.manifest, [...entries].map(lineOf).join(""));
}

export async function appendEntry(folder: Folder, entry: SweepEntry): Promise<void> {
  await folder.append(sweepFiles.manifest, lineOf(entry));
}

function lineOf(entry: SweepEntry): string {
  return `${JSON.stringify(entry)}\n`;
}
