/** @file The difference between two methods: paired by run over shared seeds and splits, and by sample. */
import { mcnemar, type PairedTest, pairedTest, signFlip } from "../../info/statistics/paired.ts";
import type { SweepEntry } from "../entry.ts";
import type { Metric } from "./metrics.ts";
import type { FinishedEntry } from "./read.ts";

/** The difference of the ranking metric: this method minus the other. */
export interface Difference extends PairedTest {
  /** The p-value after Holm's correction over the methods of the table. */
  readonly holm: number;
  /** The p-value of the exact sign-flip test, uncorrected. */
  readonly signFlip: number;
  /** Test samples that one of the two alone gets right (over seeds: more often), and McNemar's exact test of them, uncorrected. */
  readonly samples?: { readonly onlyThis: number; readonly onlyOther: number; readonly p: number };
}

/** Returns the unit of repetition of a run: its seed or its split. */
export type UnitOf = (run: SweepEntry) => string;

/** The key by which runs of two methods are paired. */
export function placeIn({ seed, split }: SweepEntry): string {
  return split === "own" ? `seed ${seed}` : `${split}, seed ${seed}`;
}

/** The mean value of each unit over its runs with a value. */
export function byUnit<R extends SweepEntry>(
  runs: readonly R[],
  unitOf: UnitOf,
  read: (run: R) => number | undefined,
): number[] {
  const values = new Map<string, number[]>();
  for (const run of runs) {
    const value = read(run);
    if (value !== undefined) values.set(unitOf(run), [...(values.get(unitOf(run)) ?? []), value]);
  }
  return [...values.values()].map((unit) => unit.reduce((sum, v) => sum + v, 0) / unit.length);
}

/** One method minus another, over shared seeds and splits. */
export function difference(
  mine: readonly FinishedEntry[],
  others: readonly FinishedEntry[],
  ranking: Metric,
  unitOf: UnitOf,
  overlap: number,
): Omit<Difference, "holm"> {
  const partner = new Map(others.map((run) => [placeIn(run), run]));
  const differences = byUnit(mine, unitOf, (run) => {
    const twin = partner.get(placeIn(run));
    const [a, b] = [ranking.read(run), twin === undefined ? undefined : ranking.read(twin)];
    return a === undefined || b === undefined ? undefined : a - b;
  });
  const samples = discordant(mine, partner);
  return {
    ...pairedTest(differences, overlap),
    signFlip: signFlip(differences),
    ...(samples !== undefined && { samples }),
  };
}

/**
 * Test samples on which one method is right more often than the other. Seeds on one split predict the same samples, which are counted
 * once: predictions of one sample are no independent witnesses. Undefined where predictions are not known. Runs whose test samples differ
 * in number are of different data, which `compareRuns` notes; they cannot be paired by sample.
 */
function discordant(
  mine: readonly FinishedEntry[],
  partner: ReadonlyMap<string, FinishedEntry>,
): Difference["samples"] {
  const leads = new Map<string, Int32Array>();
  for (const run of mine) {
    const { correct } = run.scores;
    const other = partner.get(placeIn(run))?.scores.correct;
    if (correct === undefined || other === undefined || correct.length !== other.length) continue;
    const lead = leads.get(run.split) ?? new Int32Array(correct.length);
    if (lead.length !== correct.length) continue;
    for (let i = 0; i < correct.length; i++) lead[i]! += Number(correct[i]) - Number(other[i]);
    leads.set(run.split, lead);
  }
  if (leads.size === 0) return undefined;
  let [onlyThis, onlyOther] = [0, 0];
  for (const lead of leads.values()) {
    for (const value of lead) {
      if (value > 0) onlyThis++;
      if (value < 0) onlyOther++;
    }
  }
  return { onlyThis, onlyOther, p: mcnemar(onlyThis, onlyOther) };
}
