/** @file The interaction mixture with the exact class probabilities of every sample: its ceilings at any noise. */
import { configError } from "../../core/errors.ts";
import { type Dataset, mapSplits, SPLITS } from "../dataset.ts";
import { type Exact, type Generated, type HiddenState, type Likelihoods, posteriors } from "./exact.ts";
import {
  componentShares,
  interactionMixture,
  type Mixture,
  type MixtureOptions,
  mixtureMap,
  parseMixture,
} from "./mixture.ts";

/**
 * As interactionMixture, with exact probabilities; true bits are log2 K for the sample's component.
 * @throws ConfigError as interactionMixture does, and for a noise of 0, under which densities do not exist.
 */
export function exactMixture(options: MixtureOptions): Generated {
  const mixture = parseMixture(options);
  if (mixture.noise === 0) throw configError("exactMixture: noise is 0; exact densities need noise above 0.");
  const shares = componentShares(mixture);
  const raw = interactionMixture(options);
  const hidden = hiddenStates(mixture, shares);
  const bits = Math.log2(mixture.classes);
  const splits = mapSplits((split): Dataset => {
    const { truth } = raw[split];
    const planted = [...shares.keys()].map(
      (name) => [name, Float32Array.from(truth!, (own) => (own === name ? bits : 0))] as const,
    );
    return { ...raw[split], truthBits: Object.fromEntries(planted) };
  });
  const exact = Object.fromEntries(
    SPLITS.map((split) => {
      const own = mixture.modalities.map(
        (name) => [name, likelihoods(mixture, name, splits[split].modalities[name]!.data)] as const,
      );
      return [split, posteriors(hidden, mixture.classes, Object.fromEntries(own))];
    }),
  ) as unknown as Record<"train" | "validation" | "test", Exact>;
  return { splits, exact, means: Object.fromEntries([...shares].map(([name, share]) => [name, share * bits])) };
}

/** Paired blocks of a modality, and how many tuples of symbols they can hold. */
function paired({ classes, modalities, synergy }: Mixture): { blocks: number; tuples: number } {
  const blocks = synergy === "pairs" ? modalities.length - 1 : 1;
  return { blocks, tuples: classes ** blocks };
}

/**
 * States of a modality: direct symbol d (K: none) with paired tuple t at d * tuples + t; then, for each d, the mean over
 * tuples, which serves the samples whose pairs are random.
 */
function hiddenStates(mixture: Mixture, shares: ReadonlyMap<string, number>): HiddenState[] {
  const { classes: K, modalities } = mixture;
  const { tuples } = paired(mixture);
  const averaged = (direct: number): number => (K + 1) * tuples + direct;
  const states: HiddenState[] = [];
  for (const [component, share] of shares) {
    for (let label = 0; label < K; label++) {
      if (component === "synergistic") {
        const all = pairings(mixture, label);
        for (const symbols of all) {
          states.push({ weight: share / K / all.length, label, parts: symbols.map((tuple) => K * tuples + tuple) });
        }
        continue;
      }
      const parts = modalities.map((name) =>
        averaged(component === "redundant" || component === `unique_${name}` ? label : K),
      );
      states.push({ weight: share / K, label, parts });
    }
  }
  return states;
}

/** Every combination of paired blocks that encodes `label`: per modality the tuple (first block counts most) of its symbols. */
function pairings({ classes: K, modalities, synergy }: Mixture, label: number): number[][] {
  const M = modalities.length;
  if (synergy === "all") {
    return Array.from({ length: K ** (M - 1) }, (_, code) => {
      const symbols = Array.from({ length: M - 1 }, (_, m) => Math.floor(code / K ** m) % K);
      const sum = symbols.reduce((a, b) => a + b, 0);
      return [...symbols, (((label - sum) % K) + K) % K];
    });
  }
  const pairs = modalities.flatMap((_, m) => modalities.slice(m + 1).map((_, j) => [m, m + 1 + j] as const));
  return Array.from({ length: K ** pairs.length }, (_, code) => {
    const blocks = modalities.map(() => new Array<number>(M - 1).fill(0));
    pairs.forEach(([m, n], p) => {
      const first = Math.floor(code / K ** p) % K;
      blocks[m]![n - 1] = first;
      blocks[n]![m] = (label - first + K) % K;
    });
    return blocks.map((symbols) => symbols.reduce((tuple, symbol) => tuple * K + symbol, 0));
  });
}

/** Normal around the map of a state's blocks; the covariance is that of the noise and of the two nuisance numbers. */
function likelihoods(mixture: Mixture, modality: string, values: Float32Array): Likelihoods {
  const { classes: K, features: D, noise } = mixture;
  const { blocks, tuples } = paired(mixture);
  const map = mixtureMap(mixture, modality).data;
  const row = (l: number): Float32Array => map.subarray(l * D, (l + 1) * D);
  const means = Array.from({ length: (K + 1) * tuples }, (_, state) => {
    const mean = new Float64Array(D);
    const set = (l: number): void => row(l).forEach((v, d) => void (mean[d]! += v));
    const direct = Math.floor(state / tuples);
    if (direct < K) set(direct);
    for (let b = 0; b < blocks; b++) set((1 + b) * K + (Math.floor(state / K ** (blocks - 1 - b)) % K));
    return mean;
  });
  // Inverse of noise^2 I + A^T A for the two nuisance rows A, by Woodbury's identity.
  const first = row((1 + blocks) * K);
  const second = row((1 + blocks) * K + 1);
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
    let total = 0;
    for (let d = 0; d < D; d++) total += a[d]! * b[d]!;
    return total;
  };
  const variance = noise * noise;
  const [p, q, r] = [variance + dot(first, first), dot(first, second), variance + dot(second, second)];
  const determinant = p * r - q * q;

  const count = values.length / D;
  const states = means.length + K + 1;
  const logs = new Float64Array(count * states);
  const rest = new Float64Array(D);
  for (let i = 0; i < count; i++) {
    means.forEach((mean, l) => {
      for (let d = 0; d < D; d++) rest[d] = values[i * D + d]! - mean[d]!;
      const [s, t] = [dot(first, rest), dot(second, rest)];
      const within = (r * s * s - 2 * q * s * t + p * t * t) / determinant;
      logs[i * states + l] = -(dot(rest, rest) - within) / (2 * variance);
    });
    for (let direct = 0; direct <= K; direct++) {
      const from = i * states + direct * tuples;
      logs[i * states + means.length + direct] = logMean(logs.subarray(from, from + tuples));
    }
  }
  return { states, logs };
}

function logMean(logs: Float64Array): number {
  const top = logs.reduce((a, b) => Math.max(a, b));
  return top + Math.log(logs.reduce((sum, v) => sum + Math.exp(v - top), 0) / logs.length);
}
