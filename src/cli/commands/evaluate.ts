/** @file `dmil evaluate`: figures of merit of a run on one split. */
import type { SplitName } from "../../data/dataset.ts";
import { evaluate as evaluateModel, type Metrics } from "../../train/predict.ts";
import type { Answer } from "../answer.ts";
import { openForQuestions } from "../open-data.ts";
import { count, share, table } from "../text.ts";

export interface EvaluateFlags {
  readonly split: SplitName;
  readonly data?: string;
}

/** Scores a run. */
export async function evaluate(run: string, { split, data }: EvaluateFlags): Promise<Answer> {
  const { fitted, record, dataset } = await openForQuestions(run, split, data);
  const metrics = await evaluateModel(fitted, dataset, { backend: record.engine?.backend ?? "auto" });
  return {
    text: `${run}  ${record.config.method} on ${split}, ${count(metrics.samples, "sample")}\n${metricsTable(metrics)}`,
    json: { run, method: record.config.method, split, data: data ?? record.data.path, ...metrics },
  };
}

/** Metrics, one a line. */
export function metricsTable(metrics: Metrics): string {
  const rows = [
    ["accuracy", share(metrics.accuracy)],
    ["macro F1", share(metrics.macroF1)],
    ["log loss (nats)", share(metrics.logLoss)],
    ["calibration error", share(metrics.calibrationError)],
    ["synergy rate", share(metrics.synergyRate)],
    ...Object.entries(metrics.unimodal).map(([name, accuracy]) => [`accuracy of ${name} alone`, share(accuracy)]),
  ];
  return table(rows);
}
