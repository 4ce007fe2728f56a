/**
 * @file Exact class probabilities of generated data, the predictions of an ideal model, from the density the data was drawn from.
 * Source: Bayes' rule over finitely many hidden states.
 */
import { configError } from "../../core/errors.ts";
import type { Posteriors } from "../ceiling.ts";
import type { DataSplits, SplitName } from "../dataset.ts";

/** Exact class probabilities, from the density that the data was drawn from. */
export type Exact = Posteriors;

/** The synergistic set of N samples, and exact log-probabilities given each set of modalities, as in `a+b`. */
export interface SetTruth {
  /** [N]; undefined for samples without synergy. */
  readonly truth: readonly (string | undefined)[];
  /** By set, [N, K]; one modality alone and all of them too. */
  readonly exact: Readonly<Record<string, Float32Array>>;
}

/** Generated data with everything that is known about it. */
export interface Generated {
  readonly splits: DataSplits;
  readonly exact: Readonly<Record<SplitName, Exact>>;
  /** Information of each component over the whole distribution, in bits, where it is known in closed form. */
  readonly means?: Readonly<Record<string, number>>;
  /** Present when synergy is planted in several sets of modalities. */
  readonly sets?: Readonly<Record<SplitName, SetTruth>>;
}

/** A hidden state of a sample: its probability, its label, and the state of each modality. */
export interface HiddenState {
  readonly weight: number;
  readonly label: number;
  /** Per modality, the index of its state. */
  readonly parts: readonly number[];
}

/** Log-densities of N samples of one modality under each of its L states, [N, L] in nats, up to a constant per sample. */
export interface Likelihoods {
  readonly states: number;
  readonly logs: Float64Array;
}

/** Minimum probability, so that its logarithm is finite. */
const LEAST = 1e-37;

/** Maximum number of hidden states that are summed in reasonable time. */
const MOST_STATES = 200_000;

/**
 * p(y given x) and p(y given x_m) of N samples, where modalities are independent given the hidden state.
 * `likelihoods` has one entry per modality, in the order of `HiddenState.parts`. Weights need not sum to 1.
 */
export function posteriors(
  hidden: readonly HiddenState[],
  classes: number,
  likelihoods: Readonly<Record<string, Likelihoods>>,
): Exact {
  if (hidden.length > MOST_STATES) {
    throw configError(
      `posteriors: ${hidden.length} hidden states are more than ${MOST_STATES}; use fewer classes or modalities.`,
    );
  }
  const names = Object.keys(likelihoods);
  const scaled = names.map((name) => exponentials(likelihoods[name]!));
  const widths = names.map((name) => likelihoods[name]!.states);
  const merged = mergeAlike(hidden);
  const count = scaled[0]!.length / widths[0]!;
  const joint = new Float64Array(count * classes);
  for (const { weight, label, parts } of merged) {
    for (let i = 0; i < count; i++) {
      let product = weight;
      for (let m = 0; m < parts.length; m++) product *= scaled[m]![i * widths[m]! + parts[m]!]!;
      joint[i * classes + label]! += product;
    }
  }
  const alone = names.map((name, m) => {
    const own = new Float64Array(count * classes);
    for (const { weight, label, parts } of mergeAlike(merged.map((s) => ({ ...s, parts: [s.parts[m]!] })))) {
      for (let i = 0; i < count; i++) own[i * classes + label]! += weight * scaled[m]![i * widths[m]! + parts[0]!]!;
    }
    return [name, logShares(own, classes)] as const;
  });
  return { logits: logShares(joint, classes), unimodal: Object.fromEntries(alone) };
}

/** Log-densities of samples [N, D] under isotropic normals around `means` [L, D]. */
export function normalLikelihoods(
  values: Float32Array,
  means: readonly Float64Array[],
  deviation: number,
): Likelihoods {
  const width = means[0]!.length;
  const count = values.length / width;
  const logs = new Float64Array(count * means.length);
  for (let i = 0; i < count; i++) {
    means.forEach((mean, l) => {
      let distance = 0;
      for (let d = 0; d < width; d++) distance += (values[i * width + d]! - mean[d]!) ** 2;
      logs[i * means.length + l] = -distance / (2 * deviation * deviation);
    });
  }
  return { states: means.length, logs };
}

/** Densities relative to the largest of each sample. */
function exponentials({ states, logs }: Likelihoods): Float64Array {
  const out = new Float64Array(logs.length);
  for (let start = 0; start < logs.length; start += states) {
    let top = Number.NEGATIVE_INFINITY;
    for (let l = 0; l < states; l++) top = Math.max(top, logs[start + l]!);
    for (let l = 0; l < states; l++) out[start + l] = Math.exp(logs[start + l]! - top);
  }
  return out;
}

/** Merges states with the same label and the same state of every modality. */
function mergeAlike(hidden: readonly HiddenState[]): HiddenState[] {
  const merged = new Map<string, HiddenState>();
  for (const state of hidden) {
    const key = `${state.label} ${state.parts.join(" ")}`;
    merged.set(key, { ...state, weight: state.weight + (merged.get(key)?.weight ?? 0) });
  }
  return [...merged.values()].filter((state) => state.weight > 0);
}

/** Rows of weights [N, K] as log-shares. */
function logShares(weights: Float64Array, classes: number): Float32Array {
  const out = new Float32Array(weights.length);
  for (let start = 0; start < weights.length; start += classes) {
    let total = 0;
    for (let k = 0; k < classes; k++) total += weights[start + k]!;
    for (let k = 0; k < classes; k++) out[start + k] = Math.log(Math.max(weights[start + k]! / total, LEAST));
  }
  return out;
}
