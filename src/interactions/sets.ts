/**
 * @file Synergy of sets of modalities, for any model that accepts missing modalities: the information of a set beyond that of its best
 * subset. The model predicts with the other modalities hidden, so it must have been trained with modality dropout.
 */

import type { Dataset } from "../data/dataset.ts";
import { setName, setsOf } from "../data/synthetic/synergy-sets.ts";
import { labelsOf } from "../data/target.ts";
import type { Fitted } from "../evaluation/model.ts";
import { type PredictOptions, predict } from "../evaluation/predict.ts";
import { calibrated, fitScaling } from "../targets/calibrate.ts";
import { logSoftmaxRows } from "../targets/metrics.ts";
import { labelFreeBits } from "./bits.ts";

/** Bits [N] by set of modalities, as in `a+b`. */
type SetBits = Readonly<Record<string, Float64Array>>;

/** How well the synergistic set is identified. */
export interface SetMetrics {
  /** Share of synergistic samples whose set is the one with the largest synergy. */
  readonly named: number;
  /** By true set: the mean synergy of each set of two or more modalities, bits. */
  readonly bits: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Label-free bits of each set, from its log-probabilities or logits [N, K]. */
export function bitsOfSets(
  logits: Readonly<Record<string, Float32Array | Float64Array>>,
  logPrior: readonly number[],
): SetBits {
  const prior = Float64Array.from(logPrior);
  return Object.fromEntries(
    Object.entries(logits).map(([set, values]) => [set, labelFreeBits(logSoftmaxRows(values, logPrior.length), prior)]),
  );
}

/** The model's log-probabilities given each set of its modalities, the others hidden; each set is calibrated on `validation`. */
export async function readSets(
  fitted: Fitted,
  dataset: Dataset,
  validation: Dataset,
  options: PredictOptions = {},
): Promise<Record<string, Float64Array>> {
  const { modalities } = fitted.method;
  const { logPrior } = fitted.calibration;
  const out: Record<string, Float64Array> = {};
  for (const set of setsOf(modalities)) {
    const read = async (data: Dataset): Promise<Float32Array> =>
      (await predict(fitted, hiding(data, modalities, set), options)).logits;
    const scaling = fitScaling(await read(validation), labelsOf(validation), logPrior);
    out[setName(set)] = calibrated(await read(dataset), logPrior, scaling);
  }
  return out;
}

function hiding(dataset: Dataset, modalities: readonly string[], shown: readonly string[]): Dataset {
  const n = dataset.size;
  const present = Object.fromEntries(
    modalities.map((name) => [name, new Uint8Array(n).fill(Number(shown.includes(name)))]),
  );
  return { ...dataset, present };
}

/** s(A) = i(A) - max i(B) over proper subsets B of A, bits [N], for each set A of two or more modalities. */
export function synergyOfSets(bits: SetBits, modalities: readonly string[]): SetBits {
  const sets = setsOf(modalities);
  const several = sets.filter((set) => set.length > 1);
  return Object.fromEntries(
    several.map((set) => {
      const parts = sets.filter((part) => part.length < set.length && part.every((name) => set.includes(name)));
      const all = bits[setName(set)]!;
      return [setName(set), all.map((value, i) => value - Math.max(...parts.map((part) => bits[setName(part)]![i]!)))];
    }),
  );
}

/** Compares the synergy of sets with the true set of each sample (undefined for samples without synergy). */
export function setMetrics(synergy: SetBits, truth: readonly (string | undefined)[]): SetMetrics {
  const sets = Object.keys(synergy);
  const rows = truth.flatMap((set, i) => (set === undefined ? [] : [i]));
  const best = (i: number): string => sets.reduce((a, b) => (synergy[b]![i]! > synergy[a]![i]! ? b : a));
  return {
    named: rows.filter((i) => best(i) === truth[i]).length / rows.length,
    bits: Object.fromEntries(
      sets.flatMap((trueSet) => {
        const members = rows.filter((i) => truth[i] === trueSet);
        if (members.length === 0) return [];
        const mean = (set: string): number => members.reduce((sum, i) => sum + synergy[set]![i]!, 0) / members.length;
        return [[trueSet, Object.fromEntries(sets.map((set) => [set, mean(set)]))] as const];
      }),
    ),
  };
}
