/** @file Means of a report over all samples, by class, and by pattern of present modalities. */

import type { Dataset } from "../data/dataset.ts";
import { rowsByPattern } from "../data/presence.ts";
import { knownRows } from "../data/target.ts";
import type { Predictions } from "../evaluation/predict.ts";
import { type Metrics, score } from "../evaluation/score.ts";
import type { Interval, SampleReport } from "./report.ts";
import { poolMeanInterval } from "./uncertainty.ts";

/** Means over some samples. */
export interface GroupSummary {
  readonly samples: number;
  /** Share of correct classes; undefined when no sample has a label, and for labels and values. */
  readonly accuracy: number | undefined;
  /** Mean gate share by component. */
  readonly gate: Readonly<Record<string, number>>;
  /** Mean label-free information in bits: by component, and total; empty for kinds of target without bits. */
  readonly bits: Readonly<Record<string, number>>;
  /** For a pool, by name as in `bits`: the 90 % interval of the mean over members and samples. */
  readonly intervals?: Readonly<Record<string, Interval>>;
}

/** Bits of a pool's members, by component and total, [S][N] each. */
export type MemberBits = Readonly<Record<string, readonly ArrayLike<number>[]>>;

/** The whole data set. Metrics are absent when no sample has a known target; those of `scored.values` also stand here by name. */
export interface Summary extends GroupSummary {
  readonly scored?: Metrics;
  readonly macroF1?: number;
  readonly logLoss?: number;
  readonly calibrationError?: number;
  readonly synergyRate?: number;
  readonly unimodal?: Readonly<Record<string, number>>;
  /** By class; empty for labels and values. */
  readonly classes: Readonly<Record<string, GroupSummary>>;
  /** By the modalities that samples have, as in `audio+face`; left out where none is missing. */
  readonly patterns?: Readonly<Record<string, GroupSummary>>;
}

/** Summarises samples of a data set. */
export function summarise(
  samples: readonly SampleReport[],
  predictions: Predictions,
  dataset: Dataset,
  members?: MemberBits,
): Summary {
  const of = (rows: readonly number[]): GroupSummary => ({
    ...group(rows.map((row) => samples[row]!)),
    ...(members !== undefined && { intervals: meanIntervals(samples, members, rows) }),
  });
  const scored = knownRows(dataset).length > 0 ? score(predictions, dataset) : undefined;
  const all = samples.map((_, row) => row);
  const classes = Object.fromEntries(
    dataset.target.names.flatMap((name) => {
      const rows = all.filter((row) => samples[row]!.label === name);
      return rows.length === 0 ? [] : [[name, of(rows)]];
    }),
  );
  const patterns = [...rowsByPattern(dataset, Object.keys(predictions.unimodal))].map(
    ([name, { rows }]) => [name, of(Array.from(rows))] as const,
  );
  const missing = samples[0]?.present !== undefined;
  return {
    ...of(all),
    ...scored?.values,
    ...(scored && { unimodal: scored.unimodal, scored }),
    classes,
    ...(missing && { patterns: Object.fromEntries(patterns) }),
  };
}

/** Intervals of means over some samples: centred at the pool's mean, from the variance of its members' means and of the samples. */
function meanIntervals(
  samples: readonly SampleReport[],
  members: MemberBits,
  rows: readonly number[],
): Record<string, Interval> {
  return Object.fromEntries(
    Object.entries(members).map(([name, models]) => {
      const pooled = rows.map((row) => samples[row]!.bits[name]!);
      const { lower, upper } = poolMeanInterval(
        pooled,
        models.map((values) => rows.map((row) => values[row]!)),
      );
      return [name, { lower, upper }];
    }),
  );
}

/** Means over any samples of one report. */
export function group(samples: readonly SampleReport[]): GroupSummary {
  const labelled = samples.filter((sample) => sample.label !== undefined);
  const correct = labelled.filter((sample) => sample.label === sample.prediction).length;
  const mean = (values: (sample: SampleReport) => Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(
      Object.keys(samples[0] === undefined ? {} : values(samples[0])).map((name) => [
        name,
        samples.reduce((total, sample) => total + values(sample)[name]!, 0) / samples.length,
      ]),
    );
  return {
    samples: samples.length,
    accuracy: labelled.length === 0 ? undefined : correct / labelled.length,
    gate: mean((sample) => sample.gate),
    bits: mean((sample) => sample.bits),
  };
}
