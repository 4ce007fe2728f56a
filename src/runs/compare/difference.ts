/** @file One method minus another: run by run over the seeds and splits that both have, and sample by sample. */
import { mcnemar, type PairedTest, pairedTest, signFlip } from "../../info/statistics/paired.ts";
import type { SweepEntry } from "../sweep/entry.ts";
import type { Figure } from "./figures.ts";
import type { FinishedEntry } from "./read.ts";

/** A method against another, by the ranking figure: this one minus the other. */
export interface Difference extends PairedTest {
  /** The p-value after Holm's correction over the methods of the table. */
  readonly holm: number;
  /** Of the exact sign-flip test, uncorrected. */
  readonly signFlip: number;
  /** Test samples that one of the two alone gets right (over seeds: more often), and McNemar's exact test of them, uncorrected. */
  readonly samples?: { readonly onlyThis: number; readonly onlyOther: number; readonly p: number };
}

/** Names the seed or the split that a run belongs to: what repeats in a table. */
export type UnitOf = (run: SweepEntry) => string;

/** What pairs runs of two methods. */
export function placeIn({ seed, split }: SweepEntry): string {
  return split === "own" ? `seed ${seed}` : `${split}, seed ${seed}`;
}

/** Values by unit: each the mean of its runs that have one. */
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
  return [...values.values()].map((own) => own.reduce((sum, v) => sum + v, 0) / own.length);
}

/** One method minus another over the seeds and splits that both have. */
export function difference(
  mine: readonly FinishedEntry[],
  others: readonly FinishedEntry[],
  ranking: Figure,
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
    const { right } = run.scores;
    const other = partner.get(placeIn(run))?.scores.right;
    if (right === undefined || other === undefined || right.length !== other.length) continue;
    const lead = leads.get(run.split) ?? new Int32Array(right.length);
    if (lead.length !== right.length) continue;
    for (let i = 0; i < right.length; i++) lead[i]! += Number(right[i]) - Number(other[i]);
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
