/** @file result.json: the metrics of a run on validation data. They do not depend on the test split. */
import { type Folder, readText } from "../core/folder.ts";
import type { Figures } from "../evaluation/figures.ts";
import type { EpochRecord } from "../evaluation/history.ts";
import type { Fitted } from "../evaluation/model.ts";
import type { Metrics } from "../evaluation/predict.ts";
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
  readonly validation: Metrics | Figures;
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
  return (await verifyChecksum(await readText(folder, runFiles.result), { where, advice })) as RunResult;
}
