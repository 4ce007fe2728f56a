/** @file `dmil evaluate`: figures of merit of a run on one split. */
import type { SplitName } from "../../data/dataset.ts";
import { hasMissing, patternName } from "../../data/presence.ts";
import { type PatternMetrics, scorePatterns, simulatePatterns } from "../../train/patterns.ts";
import { type Metrics, type PredictOptions, predict, score } from "../../train/predict.ts";
import type { Answer } from "../answer.ts";
import { openForQuestions } from "../open-data.ts";
import { count, share, table } from "../text.ts";

export interface EvaluateFlags {
  readonly split: SplitName;
  readonly data?: string;
  /** Also with modalities hidden, every pattern of them. */
  readonly missing?: boolean;
}

/** Scores a run. */
export async function evaluate(run: string, { split, data, missing }: EvaluateFlags): Promise<Answer> {
  const { fitted, record, dataset } = await openForQuestions(run, split, data);
  const options: PredictOptions = { backend: record.engine?.backend ?? "auto" };
  const { modalities } = fitted.method;
  const predictions = await predict(fitted, dataset, options);
  const metrics = score(predictions, dataset);
  const own = hasMissing(dataset, modalities) ? scorePatterns(predictions, dataset, modalities) : [];
  const simulated = missing === true ? await simulatePatterns(fitted, dataset, options) : [];
  const asked = own.length > 0 || missing === true;
  const parts = [metricsTable(metrics)];
  if (own.length > 0) parts.push(patternsTable("modalities present", own));
  if (simulated.length > 0) parts.push(patternsTable("simulated: the others hidden", simulated));
  else if (missing === true)
    parts.push("no labelled sample has all modalities, so nothing can be simulated by hiding.");
  const title = `${run}  ${record.config.method} on ${split}, ${count(metrics.samples, "sample")}`;
  return {
    text: `${title}\n${parts.join("\n\n")}`,
    json: {
      run,
      method: record.config.method,
      split,
      data: data ?? record.data.path,
      ...metrics,
      ...(asked && { patterns: [...own, ...simulated] }),
    },
  };
}

/** Figures by pattern of present modalities; `title` heads the patterns. */
function patternsTable(title: string, patterns: readonly PatternMetrics[]): string {
  const rows = patterns.map(({ present, samples, accuracy, macroF1, logLoss }) => [
    patternName(present),
    String(samples),
    ...[accuracy, macroF1, logLoss].map(share),
  ]);
  return table([[title, "samples", "accuracy", "macro F1", "log loss (nats)"], ...rows]);
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
