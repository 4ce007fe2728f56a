/** @file `dmil evaluate`: figures of merit of a run on one split. */
import type { SplitName } from "../../data/dataset.ts";
import { hasMissing, patternName } from "../../data/presence.ts";
import { figuresOf } from "../../train/figures.ts";
import {
  figurePatterns,
  type PatternFigures,
  type PatternMetrics,
  scorePatterns,
  simulateFigures,
  simulatePatterns,
} from "../../train/patterns.ts";
import { type PredictOptions, predict } from "../../train/predict.ts";
import type { Answer } from "../answer.ts";
import { figuresTable, titleOf } from "../figures.ts";
import { aboutUnfinished, openForQuestions } from "../open-data.ts";
import { count, share, table } from "../text.ts";

export interface EvaluateFlags {
  readonly split: SplitName;
  readonly data?: string;
  /** Also with modalities hidden, every pattern of them. */
  readonly missing?: boolean;
}

/** Scores a run. */
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
    own: classes ? scorePatterns : figurePatterns,
    simulated: classes ? simulatePatterns : simulateFigures,
  };
  const own = hasMissing(dataset, modalities) ? patterns.own(predictions, dataset, modalities) : [];
  const simulated = missing === true ? await patterns.simulated(fitted, dataset, options) : [];
  const asked = own.length > 0 || missing === true;
  const parts = [figuresTable(scored)];
  if (own.length > 0) parts.push(patternsTable("modalities present", own));
  if (simulated.length > 0) parts.push(patternsTable("simulated: the others hidden", simulated));
  else if (missing === true)
    parts.push("no labelled sample has all modalities, so nothing can be simulated by hiding.");
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
      ...(asked && { patterns: [...own, ...simulated] }),
      ...unfinished.json,
      warnings,
    },
  };
}

/** Figures by pattern of present modalities; `title` heads the patterns. */
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
