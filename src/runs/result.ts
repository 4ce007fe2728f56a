/** @file result.json: the metrics of a run on validation data. They do not depend on the test split. */

import { dataError } from "../core/errors.ts";
import { type Folder, readText } from "../core/folder.ts";
import { isRecord } from "../core/keys.ts";
import { currentKind, TARGET_KINDS } from "../data/kinds.ts";
import type { EpochRecord } from "../evaluation/history.ts";
import type { Fitted } from "../evaluation/model.ts";
import type { Metrics } from "../evaluation/score.ts";
import { verifyChecksum, withChecksum } from "./checksum.ts";
import { runFiles } from "./record.ts";

/** The contents of result.json; the file also has a checksum. */
export interface RunResult {
  readonly method: string;
  readonly seed: number;
  readonly stages: readonly {
    readonly stage: string;
    readonly epochs: number;
    readonly best: EpochRecord["best"];
  }[];
  /** Metrics of the finished model on validation data. */
  readonly validation: Metrics;
}

/** The result of a trained model. */
export function resultOf({ method, history }: Fitted, seed: number, validation: RunResult["validation"]): RunResult {
  const names = [...new Set(history.map((record) => record.stage))];
  const stages = names.map((stage) => {
    const { epochs, best } = history.findLast((record) => record.stage === stage)!;
    return { stage, epochs, best };
  });
  return { method: method.name, seed, stages, validation };
}

/** Writes result.json. */
export async function writeResult(folder: Folder, result: RunResult): Promise<void> {
  await folder.write(runFiles.result, `${await withChecksum(result, 2)}\n`);
}

/** Reads result.json. @throws DataError if it is damaged. */
export async function readResult(folder: Pick<Folder, "label" | "read">): Promise<RunResult> {
  const where = `${folder.label}/${runFiles.result}`;
  const advice = `Write it again with: dmil resume ${folder.label}`;
  const result = (await verifyChecksum(await readText(folder, runFiles.result), { where, advice })) as RunResult;
  if (!isRecord(result.validation)) {
    throw dataError(`${where}: it has no metrics of the validation data. ${advice}`, { where });
  }
  return { ...result, validation: currentMetrics(result.validation) };
}

/** Metrics as older files have them: named by `figures`, or beside `samples` where classes are predicted. */
function currentMetrics(stored: Metrics | OlderMetrics): Metrics {
  if ("primary" in stored) return stored;
  const { kind, samples, unimodal, figures, each, ...beside } = stored;
  const values = figures ?? Object.fromEntries(Object.entries(beside).map(([name, value]) => [name, Number(value)]));
  return {
    kind: TARGET_KINDS.find((one) => one === currentKind(kind)) ?? "multiclass",
    samples,
    primary: Object.keys(values)[0]!,
    values,
    ...(each !== undefined && { perOutput: each }),
    unimodal,
  };
}

interface OlderMetrics extends Pick<Metrics, "samples" | "unimodal"> {
  readonly kind?: string;
  readonly figures?: Metrics["values"];
  readonly each?: NonNullable<Metrics["perOutput"]>;
}
