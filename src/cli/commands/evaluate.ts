/** @file `dmil evaluate`: metrics of a run on one split. */
import type { SplitName } from "../../data/dataset.ts";
import { hasMissing, patternName } from "../../data/presence.ts";
import { figuresOf } from "../../evaluation/figures.ts";
import {
  figurePatterns,
  type PatternFigures,
  type PatternMetrics,
  scorePatterns,
  simulateFigures,
  simulatePatterns,
} from "../../evaluation/patterns.ts";
import { type PredictOptions, predict } from "../../evaluation/predict.ts";
import type { Answer } from "../answer.ts";
import { figuresTable, titleOf } from "../metrics-text.ts";
import { aboutUnfinished, openForQuestions } from "../open-data.ts";
import { count, share, table } from "../text.ts";

export interface EvaluateFlags {
  readonly split: SplitName;
  readonly data?: string;
  /** Also evaluate with modalities hidden, for every combination. */
  readonly missing?: boolean;
}

/** Evaluates a run on a split. */
export async function evaluate(run: string, { split, data, missing }: EvaluateFlags): Promise<Answer> {
  const question = await openForQuestions(run, split, data);
  const { fitted, record, dataset, warnings } = question;
  const unfinished = aboutUnfinished(question);
  const options: PredictOptions = { backend: record.engine?.backend ?? "auto" };
  const { modalities } = fitted.method;
  const predictions = await predict(fitted, dataset, options);
  const classes = fitted.target === undefined;
  const scored = figuresOf(predictions, dataset);
  const patterns = {
    measured: classes ? scorePatterns : figurePatterns,
    simulated: classes ? simulatePatterns : simulateFigures,
  };
  const measured = hasMissing(dataset, modalities) ? patterns.measured(predictions, dataset, modalities) : [];
  const simulated = missing === true ? await patterns.simulated(fitted, dataset, options) : [];
  const hasPatterns = measured.length > 0 || missing === true;
  const parts = [figuresTable(scored)];
  if (measured.length > 0) parts.push(patternsTable("modalities present", measured));
  if (simulated.length > 0) parts.push(patternsTable("simulated: other modalities hidden", simulated));
  else if (missing === true)
    parts.push("no labelled sample has all modalities, so missing modalities cannot be simulated.");
  const title = `${run}  ${record.config.method} on ${split}, ${count(scored.samples, "sample")}${unfinished.text}`;
  const { kind, samples, figures, unimodal, each } = scored;
  return {
    text: `${title}\n${parts.join("\n\n")}`,
    json: {
      run,
      method: record.config.method,
      split,
      data: data ?? record.data.path,
      ...(!classes && { kind }),
      samples,
      ...figures,
      unimodal,
      ...(each !== undefined && { each }),
      ...(hasPatterns && { patterns: [...measured, ...simulated] }),
      ...unfinished.json,
      warnings,
    },
  };
}

/** Metrics by pattern of present modalities; `title` is the header of the pattern column. */
function patternsTable(title: string, patterns: readonly (PatternMetrics | PatternFigures)[]): string {
  const named = patterns.map((pattern) => ({ ...pattern, figures: namedFigures(pattern) }));
  const names = Object.keys(named[0]!.figures);
  const rows = named.map(({ present, samples, figures }) => [
    patternName(present),
    String(samples),
    ...names.map((name) => share(figures[name])),
  ]);
  return table([[title, "samples", ...names.map(titleOf)], ...rows]);
}

function namedFigures(pattern: PatternMetrics | PatternFigures): Readonly<Record<string, number>> {
  if ("figures" in pattern) return pattern.figures;
  const { accuracy, macroF1, logLoss } = pattern;
  return { accuracy, macroF1, logLoss };
}
