/**
 * @file Quad mixture: noisy blocks of one interaction type per sample, with an observed cue of the type; all bits are exact.
 *
 * Each sample draws a type c; a and b are fair signs, e independent standard normals. Signals of the two modalities:
 * - redundant: the same number a + sigma e in both, y = [a > 0]; unique of the first: a + sigma e1 and b + sigma e2, y = [a > 0];
 * - unique of the second: the same signals, y = [b > 0]; synergistic: the same signals, y = [a b < 0].
 * X_m = W_m (signal, one-hot cue of c) + sigma * (normal noise in the orthogonal complement of W_m), W_m [D, 5] with orthonormal
 * columns. y is fair for every type. Source: ours, after the Gaussian blocks in the literature on continuous PID.
 */

import * as z from "zod";
import { differenceInformation, log2OnePlusExp, signInformation } from "../../core/noisy-signs.ts";
import { parseOptions } from "../../core/options.ts";
import { type Stream, stream } from "../../core/random.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { type Dataset, mapSplits, rowIds, type SplitName } from "../dataset.ts";
import { classTarget } from "../target.ts";
import type { Exact, Generated } from "./exact.ts";
import { sizesSchema, weightsSchema } from "./settings.ts";

/** Settings of the quad mixture. */
export interface QuadOptions {
  readonly seed: number;
  /** Shares of redundant, unique of the first, unique of the second, synergistic; (.3, .2, .2, .3) if left out. */
  readonly weights?: readonly [number, number, number, number] | undefined;
  /** Standard deviation of the noise, .5 if left out. */
  readonly sigma?: number | undefined;
  /** D, features per modality, 32 if left out. */
  readonly features?: number | undefined;
  /** 8000 / 1000 / 2000 if left out. */
  readonly samples?: { readonly train: number; readonly validation: number; readonly test: number } | undefined;
}

const schema = z.strictObject({
  seed: z.int().min(0),
  weights: weightsSchema.default([0.3, 0.2, 0.2, 0.3]),
  sigma: z.number().positive().default(0.5),
  features: z.int().min(5, "5 features or more are needed: the signal and a cue of 4").max(100_000).default(32),
  samples: sizesSchema.default({ train: 8000, validation: 1000, test: 2000 }),
});
type Quad = z.output<typeof schema>;

const MODALITIES = ["a", "b"] as const;
/** The types, in the order of the weights. */
const TYPES = ["redundant", "unique_a", "unique_b", "synergistic"] as const;
const CUES = TYPES.length;

/**
 * Three splits, true bits J or K of a sample's type, exact probabilities, and the means over the distribution.
 * @throws ConfigError for settings that do not fit.
 */
export function quadMixture(options: QuadOptions): Generated {
  const quad = parseOptions(schema, options, "quadMixture");
  const [J, K] = [signInformation(quad.sigma), differenceInformation(quad.sigma)];
  const bits = [J, J, J, K];
  const frames = MODALITIES.map((name) => frame(quad.features, stream(quad.seed, `quad frame ${name}`)));
  const exact: Partial<Record<SplitName, Exact>> = {};
  const splits = mapSplits((split): Dataset => {
    const n = quad.samples[split];
    const latent = latents(quad, split, n);
    exact[split] = exactly(latent, quad.sigma);
    return {
      name: split,
      ids: rowIds(n),
      modalities: Object.fromEntries(
        MODALITIES.map((name, m) => [
          name,
          embedded(quad, latent, m, frames[m]!, stream(quad.seed, `quad noise ${split} ${name}`)),
        ]),
      ),
      ...classTarget(["0", "1"], latent.labels),
      truth: Array.from(latent.types, (c) => TYPES[c]!),
      truthBits: Object.fromEntries(
        TYPES.map((name, t) => [name, Float32Array.from(latent.types, (c) => (c === t ? bits[t]! : 0))]),
      ),
    };
  });
  const means = Object.fromEntries(TYPES.map((name, t) => [name, quad.weights[t]! * bits[t]!]));
  return { splits, exact: exact as Record<SplitName, Exact>, means };
}

interface Latent {
  readonly types: Uint8Array;
  readonly labels: Int32Array;
  /** Per modality, [N]. */
  readonly signals: readonly [Float64Array, Float64Array];
}

function latents({ weights, sigma, seed }: Quad, split: SplitName, n: number): Latent {
  const draw = stream(seed, `quad latent ${split}`);
  const types = new Uint8Array(n);
  const labels = new Int32Array(n);
  const signals = [new Float64Array(n), new Float64Array(n)] as const;
  for (let i = 0; i < n; i++) {
    const u = draw.uniform();
    let c = 0;
    for (let left = u - weights[0]; left >= 0 && c < 3; left -= weights[c]!) c++;
    const [a, b] = [draw.below(2), draw.below(2)];
    const first = 2 * a - 1 + sigma * draw.normal();
    const second = 2 * b - 1 + sigma * draw.normal();
    types[i] = c;
    labels[i] = c === 3 ? Number(a !== b) : c === 2 ? b : a;
    signals[0][i] = first;
    signals[1][i] = c === 0 ? first : second;
  }
  return { types, labels, signals };
}

/** p(y = 1) given all and given each modality; the cue determines the type. */
function exactly({ types, signals }: Latent, sigma: number): Exact {
  const n = types.length;
  const all = new Float32Array(2 * n);
  const alone = MODALITIES.map(() => new Float32Array(2 * n));
  const put = (target: Float32Array, i: number, logOdds: number): void => {
    target[2 * i] = -Math.LN2 * log2OnePlusExp(logOdds);
    target[2 * i + 1] = -Math.LN2 * log2OnePlusExp(-logOdds);
  };
  for (let i = 0; i < n; i++) {
    const c = types[i]!;
    const odds = signals.map((values) => (2 * values[i]!) / (sigma * sigma));
    const own = [c === 0 || c === 1 ? odds[0]! : 0, c === 0 || c === 2 ? odds[1]! : 0];
    // tanh of the half log-odds of [a b < 0] is minus the product of those of a and b.
    const differ = -2 * Math.atanh(clip(Math.tanh(odds[0]! / 2) * Math.tanh(odds[1]! / 2)));
    put(all, i, c === 3 ? differ : c === 2 ? odds[1]! : odds[0]!);
    for (let m = 0; m < own.length; m++) put(alone[m]!, i, own[m]!);
  }
  return { logits: all, unimodal: Object.fromEntries(MODALITIES.map((name, m) => [name, alone[m]!])) };
}

/** Orthonormal columns W [D, 5], one after another: Gram-Schmidt (twice, for accuracy) on normal columns. */
function frame(features: number, draw: Stream): Float64Array[] {
  const columns: Float64Array[] = [];
  for (let c = 0; c <= CUES; c++) {
    const column = Float64Array.from({ length: features }, () => draw.normal());
    for (let round = 0; round < 2; round++) {
      for (const other of columns) subtract(column, other, dot(column, other));
    }
    const length = Math.sqrt(dot(column, column));
    columns.push(column.map((v) => v / length));
  }
  return columns;
}

function embedded(
  { features: D, sigma }: Quad,
  { types, signals }: Latent,
  m: number,
  columns: readonly Float64Array[],
  draw: Stream,
): Tensor<"float32"> {
  const out = float32([types.length, D]);
  for (let i = 0; i < types.length; i++) {
    const row = Float64Array.from({ length: D }, () => sigma * draw.normal());
    for (const column of columns) subtract(row, column, dot(row, column));
    subtract(row, columns[0]!, -signals[m]![i]!);
    subtract(row, columns[1 + types[i]!]!, -1);
    out.data.set(row, i * D);
  }
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let d = 0; d < a.length; d++) total += a[d]! * b[d]!;
  return total;
}

/** a - factor * b, in place. */
function subtract(a: Float64Array, b: Float64Array, factor: number): void {
  for (let d = 0; d < a.length; d++) a[d]! -= factor * b[d]!;
}

/** Below 1 in size, so that atanh is finite. */
function clip(x: number): number {
  return Math.max(-1 + 1e-15, Math.min(1 - 1e-15, x));
}
