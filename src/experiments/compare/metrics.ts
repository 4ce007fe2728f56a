/** @file The metrics of a run by name: what each is, which way is better, and how it is read and written. */

import { configError, hint } from "../../core/errors.ts";
import { ownValue } from "../../core/record.ts";
import { patternName } from "../../data/presence.ts";
import { metricTitle } from "../../evaluation/metric-names.ts";
import type { FinishedEntry } from "./read.ts";

/** One column of the tables. */
export interface Metric {
  /** As programs name it, with its group: `accuracy`, `without.b`, `seconds`. */
  readonly name: string;
  /** As tables head it. */
  readonly heading: string;
  /** Which way is better; left out where neither is. */
  readonly better?: "larger" | "smaller";
  readonly digits: number;
  /** undefined where the run has no such metric, or one that is no number. */
  read(run: FinishedEntry): number | undefined;
}

/** Splits whose metrics a sweep keeps. */
export type ScoredSplit = "validation" | "test";

/** Better when smaller: by name, and whatever calls itself an error or a loss. */
const SMALLER = /loss|error|^(mae|maeSteps|mse|rmse|nll|ece|brier)$/i;
/** Neither better nor worse. */
const NEUTRAL = ["synergyRate"];

/** A score of the split, by its name in the manifest. */
function scoreMetric(name: string, split: ScoredSplit): Metric {
  return {
    name,
    heading: metricTitle(name),
    ...(!NEUTRAL.includes(name) && { better: SMALLER.test(name) ? ("smaller" as const) : ("larger" as const) }),
    digits: 3,
    read: ({ scores }) => known(scores[split][name]),
  };
}

/** What methods are ranked by: the metric that was asked for, else the first score of the runs; undefined where they have none such. */
export function rankingMetric(
  runs: readonly FinishedEntry[],
  split: ScoredSplit,
  asked: string | undefined,
): Metric | undefined {
  const all = allMetrics(runs, split);
  return asked === undefined ? all[0] : all.find(({ name }) => name === asked);
}

/** @throws ConfigError when no run has a metric of that name on the split. */
export function requireMetric(runs: readonly FinishedEntry[], split: ScoredSplit, asked: string): void {
  const names = allMetrics(runs, split).map(({ name }) => name);
  if (names.includes(asked)) return;
  throw configError(`--metric ${asked}: no run has such a metric on the ${split} split${hint(asked, names)}`);
}

/** All columns of these runs, the ranking metric first. */
export function metricsOf(runs: readonly FinishedEntry[], ranking: Metric, split: ScoredSplit): Metric[] {
  return [ranking, ...allMetrics(runs, split).filter(({ name }) => name !== ranking.name)];
}

/**
 * What these runs have: scores of the split, further test metrics, cost. Metrics that were taken on the test split alone are left out
 * where validation is looked at: who chooses by validation must not see them.
 */
function allMetrics(runs: readonly FinishedEntry[], split: ScoredSplit): Metric[] {
  // The rate by slices is the synergy rate, which is shown beside its chance.
  const rated = split === "test" && runs.some(({ scores }) => scores.synergy !== undefined);
  const scores = namesOf(runs, (run) => Object.keys(run.scores[split])).filter(
    (name) => !(rated && name === "synergyRate"),
  );
  return [
    ...scores.map((name) => scoreMetric(name, split)),
    ...(split === "test" ? testMetrics(runs) : []),
    ...COSTS,
  ].filter((metric) => runs.some((run) => metric.read(run) !== undefined));
}

/** Metrics that are taken on the test split alone. */
function testMetrics(runs: readonly FinishedEntry[]): Metric[] {
  const share = (name: string, heading: string, read: Metric["read"], better?: "larger"): Metric => ({
    name,
    heading,
    digits: 3,
    read: (run) => known(read(run)),
    ...(better !== undefined && { better }),
  });
  const patterns = namesOf(runs, ({ scores }) => scores.missing.slice(1).map(({ present }) => patternName(present)));
  const group = (
    name: string,
    title: (key: string) => string,
    read: (run: FinishedEntry) => Readonly<Record<string, number>> | undefined,
  ): Metric[] =>
    namesOf(runs, (run) => Object.keys(read(run) ?? {})).map((key) =>
      share(`${name}.${key}`, title(key), (run) => ownValue(read(run), key)),
    );
  return [
    share("probe", "probe", ({ scores }) => scores.probe, "larger"),
    share("synergy.slices", "synergy", ({ scores }) => scores.synergy?.slices.rate),
    share("synergy.slices.chance", "its chance", ({ scores }) => scores.synergy?.slices.chance),
    share("synergy.probes", "synergy, probes", ({ scores }) => scores.synergy?.probes?.rate),
    share("synergy.probes.chance", "its chance", ({ scores }) => scores.synergy?.probes?.chance),
    ...patterns.map((pattern) =>
      share(
        `present.${pattern}`,
        `only ${pattern} present`,
        ({ scores }) => scores.missing.slice(1).find(({ present }) => patternName(present) === pattern)?.value,
        "larger",
      ),
    ),
    ...group(
      "unimodal",
      (key) => `${key} says`,
      ({ scores }) => scores.unimodal,
    ),
    ...group(
      "gate",
      (key) => `gate ${key}`,
      ({ scores }) => scores.gate,
    ),
    ...group(
      "bits",
      (key) => `bits ${key}`,
      ({ scores }) => scores.bits,
    ),
  ];
}

const COSTS: readonly Metric[] = [
  { name: "seconds", heading: "seconds", better: "smaller", digits: 1, read: ({ seconds }) => known(seconds) },
  {
    name: "msPerStep",
    heading: "ms/step",
    better: "smaller",
    digits: 2,
    read: ({ secondsPerStep }) => known(secondsPerStep === undefined ? undefined : 1000 * secondsPerStep),
  },
  {
    name: "peakMemory",
    heading: "peak MiB",
    better: "smaller",
    digits: 0,
    read: ({ peakMemory }) => known(peakMemory === undefined ? undefined : peakMemory / 2 ** 20),
  },
];

/** What the columns mean. */
export const COLUMN_NOTES: readonly string[] = [
  "macro F1: mean over classes of the harmonic mean of precision and recall",
  "log loss: mean of -log p(label), in nats, of probabilities calibrated on validation data (on those they are fitted to, where the split is validation)",
  "calibration error: expected gap between confidence and accuracy, 15 bins, of the same probabilities",
  "synergy: share of samples that the model predicts correctly and every modality alone wrongly, by the model's own unimodal predictions; probes: by linear probes trained on each modality's representation; its chance: the share expected from independent guesses",
  "only x present: accuracy with all other modalities hidden at test time",
  "x says: the metric of the model's own unimodal prediction from x",
  "gate: mean share of a component in the prediction; bits: mean label-free information of a component; neither replaces the other",
  "probe: accuracy of a linear probe on frozen representations, on classes that training never saw",
  "seconds: of training; ms/step: of a step of the longest stage; peak MiB: largest resident size of the run's process",
];

/** Names over runs, in the order in which they first appear. */
function namesOf(runs: readonly FinishedEntry[], read: (run: FinishedEntry) => readonly string[]): string[] {
  return [...new Set(runs.flatMap(read))];
}

function known(value: number | null | undefined): number | undefined {
  return value === undefined || value === null || Number.isNaN(value) ? undefined : value;
}
