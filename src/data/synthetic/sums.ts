/**
 * @file Sums: the target is a sum of a redundant, two unique and a synergistic part, or the signs of these parts as labels. The best
 * possible scores of any model, and of any sum of unimodal models, are known.
 *
 * r, u_a, u_b, s, t are independent standard normals. The signal of modality a is (r, u_a, s), that of b (r, u_b, t), each rotated into
 * D features with normal noise of deviation 0.1 in the rest. Parts: redundant r, unique u_a and u_b, synergistic s t, each of variance 1.
 * values: sum_p sqrt(share_p) part_p + noise e, e normal; labels: one for each part of a positive share, yes where it is above 0.
 * Every part is known from the features, the synergistic one from no single modality: its mean given either is 0. Source: ours.
 */
import * as z from "zod";
import { oneOf, parseOptions } from "../../core/options.ts";
import { type Stream, stream } from "../../core/random.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { type DataSplits, type Dataset, mapSplits, rowIds } from "../dataset.ts";
import { currentKind } from "../kinds.ts";
import { sizesSchema, weightsSchema } from "./settings.ts";

/** Settings of the sums. */
export interface SumsOptions {
  readonly seed: number;
  /** Numbers, or the signs of the parts; values if left out. */
  readonly target?: "regression" | "multilabel" | undefined;
  /** Share of each part in the variance of the sum before noise; (.25, .25, .25, .25) if left out. */
  readonly weights?: readonly [number, number, number, number] | undefined;
  /** Standard deviation of the noise of the target, for values; 0.3 if left out. */
  readonly noise?: number | undefined;
  /** D, features per modality, 8 if left out. */
  readonly features?: number | undefined;
  /** 3000 / 1000 / 1000 if left out. */
  readonly samples?: { readonly train: number; readonly validation: number; readonly test: number } | undefined;
}

const schema = z.strictObject({
  seed: z.int().min(0),
  target: z.preprocess(currentKind, oneOf("regression", "multilabel")).default("regression"),
  weights: weightsSchema.default([0.25, 0.25, 0.25, 0.25]),
  noise: z.number().min(0).default(0.3),
  features: z.int().min(3, "3 features or more are needed: the signal has three numbers").max(100_000).default(8),
  samples: sizesSchema.default({ train: 3000, validation: 1000, test: 1000 }),
});

/** The parts, in the order of the weights. */
export const PARTS = ["redundant", "unique_a", "unique_b", "synergistic"] as const;

/** Standard deviation of the noise in directions without signal. */
const AROUND = 0.1;

export interface Sums {
  readonly splits: DataSplits;
  /**
   * For values, the maximum R^2 over the distribution: of any model, and of a sum of one function per modality. The maximum of one modality
   * is the redundant share plus its unique share, divided by the same total.
   */
  readonly bound: { readonly any: number; readonly additive: number };
}

/** Three splits of one distribution. @throws ConfigError for settings that do not fit. */
export function sums(options: SumsOptions): Sums {
  const { seed, target, weights, noise, features, samples } = parseOptions(schema, options, "sums");
  const frames = ["a", "b"].map((name) => rotation(features, stream(seed, `sums frame ${name}`)));
  const kept = PARTS.flatMap((name, p) => (weights[p]! > 0 ? [{ name, p }] : []));
  const splits = mapSplits((split): Dataset => {
    const n = samples[split];
    const draw = stream(seed, `sums ${split}`);
    const around = stream(seed, `sums around ${split}`);
    const signals = [new Float64Array(3 * n), new Float64Array(3 * n)] as const;
    const width = target === "regression" ? 1 : kept.length;
    const out = float32([n, width]);
    for (let i = 0; i < n; i++) {
      const [r, ua, ub, s, t] = Array.from({ length: 5 }, () => draw.normal()) as [
        number,
        number,
        number,
        number,
        number,
      ];
      signals[0].set([r, ua, s], 3 * i);
      signals[1].set([r, ub, t], 3 * i);
      const parts = [r, ua, ub, s * t];
      if (target === "multilabel") kept.forEach(({ p }, l) => void (out.data[i * width + l] = Number(parts[p]! > 0)));
      else out.data[i] = parts.reduce((sum, part, p) => sum + Math.sqrt(weights[p]!) * part, noise * draw.normal());
    }
    return {
      name: split,
      ids: rowIds(n),
      modalities: {
        a: embedded(signals[0], frames[0]!, features, around),
        b: embedded(signals[1], frames[1]!, features, around),
      },
      size: n,
      target: { kind: target, names: target === "regression" ? ["sum"] : kept.map(({ name }) => name), values: out },
    };
  });
  const total = 1 + noise ** 2;
  return { splits, bound: { any: 1 / total, additive: (1 - weights[3]) / total } };
}

/** Signals [N, 3] and noise around them, rotated: [N, D]. */
function embedded(
  signals: Float64Array,
  frame: readonly Float64Array[],
  features: number,
  draw: Stream,
): Tensor<"float32"> {
  const n = signals.length / 3;
  const out = float32([n, features]);
  for (let i = 0; i < n; i++) {
    frame.forEach((direction, k) => {
      const size = k < 3 ? signals[3 * i + k]! : AROUND * draw.normal();
      for (let f = 0; f < features; f++) out.data[i * features + f]! += size * direction[f]!;
    });
  }
  return out;
}

/** D orthonormal directions in D dimensions, by Gram-Schmidt. */
function rotation(size: number, draw: Stream): Float64Array[] {
  const found: Float64Array[] = [];
  while (found.length < size) {
    const next = Float64Array.from({ length: size }, () => draw.normal());
    for (const known of found) {
      const along = known.reduce((sum, v, f) => sum + v * next[f]!, 0);
      for (let f = 0; f < size; f++) next[f]! -= along * known[f]!;
    }
    const length = Math.hypot(...next);
    found.push(next.map((v) => v / length));
  }
  return found;
}
