/** @file `dmil evaluate`: metrics of a run on one split. */
import type { SplitName } from "../../data/dataset.ts";
import { hasMissing, patternName } from "../../data/presence.ts";
import { metricTitle } from "../../evaluation/metric-names.ts";
import { type PatternMetrics, scorePatterns, simulatePatterns } from "../../evaluation/patterns.ts";
import { type PredictOptions, predict } from "../../evaluation/predict.ts";
import { score } from "../../evaluation/score.ts";
import type { Answer } from "../answer.ts";
import type { CacheFlags } from "../frozen.ts";
import { metricsTable } from "../metrics-text.ts";
import { aboutUnfinished, openForQuestions } from "../open-data.ts";
import { count, share, table } from "../text.ts";

export interface EvaluateFlags extends CacheFlags {
  readonly split: SplitName;
  readonly data?: string;
  /** Also evaluate with modalities hidden, for every combination. */
  readonly missing?: boolean;
}

/** Evaluates a run on a split. */
export async function evaluate(run: string, flags: EvaluateFlags): Promise<Answer> {
  const { split, data, missing } = flags;
  const question = await openForQuestions(run, flags);
  const { fitted, record, dataset, warnings } = question;
  const unfinished = aboutUnfinished(question);
  const options: PredictOptions = { backend: record.engine?.backend ?? "auto" };
  const { modalities } = fitted.method;
  const predictions = await predict(fitted, dataset, options);
  const scored = score(predictions, dataset);
  const measured = hasMissing(dataset, modalities) ? scorePatterns(predictions, dataset, modalities) : [];
  const simulated = missing === true ? await simulatePatterns(fitted, dataset, options) : [];
  const hasPatterns = measured.length > 0 || missing === true;
  const parts = [metricsTable(scored)];
  if (measured.length > 0) parts.push(patternsTable("modalities present", measured));
  if (simulated.length > 0) parts.push(patternsTable("simulated: other modalities hidden", simulated));
  else if (missing === true)
    parts.push("no labelled sample has all modalities, so missing modalities cannot be simulated.");
  const title = `${run}  ${record.config.method} on ${split}, ${count(scored.samples, "sample")}${unfinished.text}`;
  const { kind, samples, values, unimodal, perOutput } = scored;
  return {
    text: `${title}\n${parts.join("\n\n")}`,
    json: {
      run,
      method: record.config.method,
      split,
      data: data ?? record.data.path,
      kind,
      samples,
      ...values,
      unimodal,
      ...(perOutput !== undefined && { perOutput }),
      ...(hasPatterns && { patterns: [...measured, ...simulated] }),
      ...unfinished.json,
      warnings,
    },
  };
}

/** Metrics by pattern of present modalities; `title` is the header of the pattern column. */
function patternsTable(title: string, patterns: readonly PatternMetrics[]): string {
  const names = Object.keys(patterns[0]!.values);
  const rows = patterns.map(({ present, samples, values }) => [
    patternName(present),
    String(samples),
    ...names.map((name) => share(values[name])),
  ]);
  return table([[title, "samples", ...names.map(metricTitle)], ...rows]);
}
