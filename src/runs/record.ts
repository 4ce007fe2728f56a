/** @file run.json: what a run was made of, where it stands, and how to read it back. */
import * as z from "zod";
import { runError } from "../core/errors.ts";
import { type Folder, readText } from "../core/folder.ts";
import { optionIssues } from "../core/options.ts";
import { files as trainFiles } from "../train/checkpoint.ts";
import type { DataHashes } from "./identity.ts";
import type { RunConfig } from "./plan.ts";
import { seal, unseal } from "./sealed.ts";

/** Names of the files of a run. */
export const runFiles: Readonly<
  Record<"record" | "model" | "result" | "events" | "teacher" | "bits" | keyof typeof trainFiles, string>
> = {
  record: "run.json",
  model: "model.safetensors",
  result: "result.json",
  teacher: "teacher.safetensors",
  // TensorBoard takes any file whose name holds "tfevents"; its own names hold host, process and time, which differ from run to run.
  events: "events.out.tfevents.dmil",
  // Of the test samples; runs of a sweep alone have it.
  bits: "bits.safetensors",
  ...trainFiles,
};

/** running also stands in the record of a run that was killed: nobody was left to write anything else. */
export type RunStatus = "running" | "interrupted" | "finished" | "failed";

/** Facts about where a run began: versions, platform, processor. */
export type Environment = Readonly<Record<string, string | number>>;

/** What run.json says. Times are ISO 8601 in UTC. */
export interface RunRecord {
  readonly format: "dmil-run-2";
  readonly status: RunStatus;
  readonly started: string;
  /** When it last went on from a checkpoint. */
  readonly resumed?: string | undefined;
  /** When it ended, in whatever status. */
  readonly ended?: string | undefined;
  /** Why it failed. */
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** Settings with nothing left open. */
  readonly config: RunConfig;
  /** SHA-256 of settings and data; see identity.ts. */
  readonly identity: string;
  readonly data: {
    readonly path: string;
    readonly hashes: DataHashes;
    /** Of the test split, where whoever started the run had read it: so that a later look can tell whether it changed. It decides nothing. */
    readonly test?: DataHashes | undefined;
  };
  /** What computed it, known once training has begun. */
  readonly engine?: Engine | undefined;
  readonly environment: Environment;
}

/** The backend and its threads: with them and the seed, the bits of a run are fixed. */
export interface Engine {
  readonly backend: "native" | "wasm";
  readonly version: string;
  readonly threads: number;
  readonly parameters: number;
}

const schema = z.looseObject({
  format: z.literal("dmil-run-2"),
  status: z.enum(["running", "interrupted", "finished", "failed"]),
  started: z.string(),
  config: z.looseObject({ method: z.string(), modalities: z.array(z.string()) }),
  identity: z.string(),
  data: z.looseObject({
    path: z.string(),
    hashes: z.record(z.string(), z.string()),
    test: z.record(z.string(), z.string()).optional(),
  }),
  engine: z
    .looseObject({ backend: z.enum(["native", "wasm"]), version: z.string(), threads: z.int().min(1) })
    .optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** The record of a run. @throws RunError when the folder holds none, or one that cannot be read. */
export async function readRecord(folder: Pick<Folder, "label" | "exists" | "read">): Promise<RunRecord> {
  const where = `${folder.label}/${runFiles.record}`;
  if (!(await folder.exists(runFiles.record))) {
    throw runError(`${folder.label}: there is no run here (no ${runFiles.record}). \`dmil train\` makes runs.`, {
      folder: folder.label,
    });
  }
  const text = await readText(folder, runFiles.record);
  const advice = `Begin the run anew: dmil train DATA --out ${folder.label} --force`;
  if (EARLIER.test(text)) {
    throw runError(
      `${where}: this run was made by an earlier version of dmil, whose files have no checksums. Use that version for it, or begin it anew: dmil train DATA --out ${folder.label} --force`,
      { where },
    );
  }
  const value = await unseal(text, { where, advice, error: runError });
  const issues = optionIssues(schema, value);
  if (issues.length > 0) {
    const listed = issues.map(({ path }) => path.join(".")).join(", ");
    throw runError(`${where}: not the record of a run (wrong or missing: ${listed}). ${advice}`, { where, issues });
  }
  return value as RunRecord;
}

/** How a record of an earlier version begins. */
const EARLIER = /^\{\s*"format": "dmil-run-1",/;

/** Replaces the record. */
export async function writeRecord(folder: Folder, record: RunRecord): Promise<void> {
  await folder.write(runFiles.record, `${await seal(record, 2)}\n`);
}
