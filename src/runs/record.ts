/** @file run.json, the record of a run: its settings, data and status. */
import * as z from "zod";
import { runError } from "../core/errors.ts";
import { type Folder, readText } from "../core/folder.ts";
import { optionIssues } from "../core/options.ts";
import type { WeightsRecord } from "../nn/module.ts";
import { BACKENDS, type Backend } from "../runtime/backend.ts";
import { files as trainFiles } from "../train/checkpoint.ts";
import { verifyChecksum, withChecksum } from "./checksum.ts";
import type { DataHashes } from "./identity.ts";
import type { RunConfig } from "./plan.ts";

/** Names of the files of a run. */
export const runFiles: Readonly<
  Record<"record" | "model" | "result" | "events" | "teacher" | "bits" | keyof typeof trainFiles, string>
> = {
  record: "run.json",
  model: "model.safetensors",
  result: "result.json",
  teacher: "teacher.safetensors",
  // TensorBoard reads any file with "tfevents" in its name. Its usual names contain host, process and time, which differ between runs.
  events: "events.out.tfevents.dmil",
  // Bits of the test samples; only runs of a sweep have this file.
  bits: "bits.safetensors",
  ...trainFiles,
};

/** A killed run keeps the status running, because it could not write another one. */
export type RunStatus = "running" | "interrupted" | "finished" | "failed";

/** The environment in which a run was started: versions, platform, processor. */
export type Environment = Readonly<Record<string, string | number>>;

/** The contents of run.json. Times are ISO 8601 in UTC. */
export interface RunRecord {
  readonly format: "dmil-run-2";
  readonly status: RunStatus;
  readonly started: string;
  /** When it was last resumed from a checkpoint. */
  readonly resumed?: string | undefined;
  /** When it ended, for any status. */
  readonly ended?: string | undefined;
  /** Why it failed. */
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** The fully resolved settings. */
  readonly config: RunConfig;
  /** SHA-256 of settings and data; see identity.ts. */
  readonly identity: string;
  readonly data: {
    readonly path: string;
    readonly hashes: DataHashes;
    /** Hashes of the test split, if it was read when the run was started; used only to detect changes later. */
    readonly test?: DataHashes | undefined;
  };
  /** The published weights that encoders started from, by modality: file, SHA-256, and how they were made to fit. */
  readonly weights?: Readonly<Record<string, WeightsRecord>> | undefined;
  /** The backend; set when training starts. */
  readonly engine?: Engine | undefined;
  readonly environment: Environment;
}

/** The backend and its threads; together with the seed, they make the result of a run bit-identical. */
export interface Engine {
  readonly backend: Backend["name"];
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
  engine: z.looseObject({ backend: z.enum(BACKENDS), version: z.string(), threads: z.int().min(1) }).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** Reads the record of a run. @throws RunError if the folder has none, or one that cannot be read. */
export async function readRecord(folder: Pick<Folder, "label" | "exists" | "read">): Promise<RunRecord> {
  const where = `${folder.label}/${runFiles.record}`;
  if (!(await folder.exists(runFiles.record))) {
    throw runError(`${folder.label}: there is no run here (no ${runFiles.record}). \`dmil train\` creates runs.`, {
      folder: folder.label,
    });
  }
  const text = await readText(folder, runFiles.record);
  const advice = `Start the run again: dmil train DATA --out ${folder.label} --force`;
  if (EARLIER.test(text)) {
    throw runError(
      `${where}: this run was written by an earlier version of dmil, whose files have no checksums. Use that version, or start the run again: dmil train DATA --out ${folder.label} --force`,
      { where },
    );
  }
  const value = await verifyChecksum(text, { where, advice, error: runError });
  const issues = optionIssues(schema, value);
  if (issues.length > 0) {
    const listed = issues.map(({ path }) => path.join(".")).join(", ");
    throw runError(`${where}: not the record of a run (wrong or missing: ${listed}). ${advice}`, { where, issues });
  }
  return value as RunRecord;
}

/** The beginning of a record of an earlier version. */
const EARLIER = /^\{\s*"format": "dmil-run-1",/;

/** Replaces the record. */
export async function writeRecord(folder: Folder, record: RunRecord): Promise<void> {
  await folder.write(runFiles.record, `${await withChecksum(record, 2)}\n`);
}
