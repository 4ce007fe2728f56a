/** @file Information per sample, in bits, split into redundant, unique and synergistic atoms. */

import { ownValue } from "../core/record.ts";
import type { Presence } from "../data/presence.ts";
import type { Predictions } from "../evaluation/predict.ts";
import { type Calibration, calibrated, calibratedWhole } from "../targets/calibrate.ts";

/** Atoms of N samples, in bits. They sum to `total` exactly: redundant + all unique + synergistic = i(all; y). */
export interface SampleAtoms {
  readonly redundant: Float64Array;
  readonly unique: Readonly<Record<string, Float64Array>>;
  readonly synergistic: Float64Array;
  readonly total: Float64Array;
}

/** KL(p(y given x), p(y)) in bits, [N]: information that does not use the label; never negative. */
export function labelFreeBits(logs: Float64Array, logPrior: Float64Array): Float64Array {
  const classes = logPrior.length;
  return Float64Array.from({ length: logs.length / classes }, (_, i) => {
    let total = 0;
    for (let k = 0; k < classes; k++) {
      const log = logs[i * classes + k]!;
      total += Math.exp(log) * (log - logPrior[k]!);
    }
    return total / Math.LN2;
  });
}

/** Pointwise information i(x; y) = log2 p(y given x) - log2 p(y), [N]: negative where x misleads; NaN where the label is missing. */
export function labelBits(logs: Float64Array, logPrior: Float64Array, labels: Int32Array): Float64Array {
  const classes = logPrior.length;
  return Float64Array.from(labels, (label, i) =>
    label < 0 ? Number.NaN : (logs[i * classes + label]! - logPrior[label]!) / Math.LN2,
  );
}

/**
 * Atoms from the information of all modalities together and of each alone. redundant = the second largest i_m, the information that
 * at least two modalities give; unique_m = i_m - redundant for the modality with the largest i_m, 0 for the others; synergistic =
 * i_all - largest i_m. For two modalities this is the pointwise minimum. A sample that lacks modalities is split over those that it
 * has; with one modality redundant is 0 and all its information is unique.
 * Source: docs/notation.md; pointwise minimum, the sample-wise form of MMI.
 */
export function atoms(
  total: Float64Array,
  modalities: Readonly<Record<string, Float64Array>>,
  present: Presence = {},
): SampleAtoms {
  const names = Object.keys(modalities);
  const redundant = new Float64Array(total.length);
  const synergistic = new Float64Array(total.length);
  const unique = Object.fromEntries(names.map((name) => [name, new Float64Array(total.length)]));
  for (let i = 0; i < total.length; i++) {
    let [best, second] = [-1, -1];
    for (let m = 0; m < names.length; m++) {
      if (ownValue(present, names[m]!)?.[i] === 0) continue;
      const value = modalities[names[m]!]![i]!;
      if (best < 0 || value > modalities[names[best]!]![i]!) [best, second] = [m, best];
      else if (second < 0 || value > modalities[names[second]!]![i]!) second = m;
    }
    const largest = modalities[names[best]!]![i]!;
    const shared = second < 0 ? 0 : modalities[names[second]!]![i]!;
    redundant[i] = shared;
    unique[names[best]!]![i] = largest - shared;
    // Subtracting the other atoms from the total keeps the sum exact.
    synergistic[i] = total[i]! - largest;
  }
  return { redundant, unique, synergistic, total };
}

/** Label-free atoms, and atoms with the label, of a model's calibrated predictions; `present` is that of the data set. */
export function bitsOf(
  predictions: Predictions,
  calibration: Calibration,
  labels: Int32Array,
  present: Presence = {},
): { readonly labelFree: SampleAtoms; readonly withLabel: SampleAtoms } {
  const { logPrior, modalities } = calibration;
  const prior = Float64Array.from(logPrior);
  const whole = calibratedWhole(predictions, calibration);
  const unimodal = Object.entries(predictions.unimodal).map(
    ([name, values]) => [name, calibrated(values, logPrior, modalities[name]!)] as const,
  );
  const atomsFrom = (bits: (logs: Float64Array) => Float64Array): SampleAtoms =>
    atoms(bits(whole), Object.fromEntries(unimodal.map(([name, logs]) => [name, bits(logs)])), present);
  return {
    labelFree: atomsFrom((logs) => labelFreeBits(logs, prior)),
    withLabel: atomsFrom((logs) => labelBits(logs, prior, labels)),
  };
}

/** Bits [N] by component, and `total`. */
export type BitColumns = Readonly<Record<string, ArrayLike<number>>>;

/** Atoms as columns by component name, and `total`. */
export function bitColumns({ redundant, unique, synergistic, total }: SampleAtoms): Record<string, Float64Array> {
  return {
    redundant,
    ...Object.fromEntries(Object.entries(unique).map(([name, values]) => [`unique_${name}`, values])),
    synergistic,
    total,
  };
}

/** The bits of sample i, by component and `total`. */
export function bitsAt(columns: BitColumns, i: number): Record<string, number> {
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[i]!]));
}
