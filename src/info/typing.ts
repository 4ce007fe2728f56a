/** @file The type of each sample: its largest component, compared with a null of permuted labels. */
import { shapeError } from "../core/errors.ts";
import { quantile } from "./estimates.ts";
import type { SampleScores } from "./samplewise.ts";

/** Types of a sample, by number: the four parts, or none if no component exceeds the null. */
export const SAMPLE_TYPES = ["R", "U1", "U2", "S", "none"] as const;
export type SampleType = (typeof SAMPLE_TYPES)[number];

/** Scores of models refitted to permuted labels; in the order R, U1, U2, S; bits. */
export interface TypeNull {
  readonly means: readonly number[];
  readonly quantiles95: readonly number[];
}

/**
 * Means and 95 % quantiles, bits, of scores [N] from models fitted to permuted labels. Several such runs are pooled. Models
 * fitted to the true labels and scored with permuted ones are not a null: their confidence lowers the scores. Source: ours.
 * @throws ShapeError without scores.
 * @example typeNull([pminScores(permutedTerms)])
 */
export function typeNull(runs: readonly SampleScores[]): TypeNull {
  if (runs.length === 0) throw shapeError("typeNull: no scores were given; give those of at least one permuted run.");
  const pooled = (["r", "u1", "u2", "s"] as const).map((part) => {
    const all = new Float64Array(runs.reduce((n, run) => n + run[part].length, 0));
    let at = 0;
    for (const run of runs) {
      all.set(run[part], at);
      at += run[part].length;
    }
    return all.sort();
  });
  return {
    means: pooled.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    quantiles95: pooled.map((values) => quantile(values, 0.95)),
  };
}

/**
 * The type of each sample, [N] numbers of SAMPLE_TYPES: the largest score after subtracting its null mean; `none` where
 * that score is not above its own 95 % null quantile. Without a null: the largest score. Ties go to the first. Source: ours.
 * @example SAMPLE_TYPES[typeSamples(scores, typeNull([permuted]))[0]]
 */
export function typeSamples({ r, u1, u2, s }: SampleScores, null_?: TypeNull): Uint8Array {
  const parts = [r, u1, u2, s];
  const means = null_?.means ?? [0, 0, 0, 0];
  const out = new Uint8Array(r.length);
  for (let i = 0; i < out.length; i++) {
    let best = 0;
    let top = r[i]! - means[0]!;
    for (let p = 1; p < 4; p++) {
      const value = parts[p]![i]! - means[p]!;
      if (value > top) [best, top] = [p, value];
    }
    out[i] = null_ !== undefined && !(parts[best]![i]! > null_.quantiles95[best]!) ? 4 : best;
  }
  return out;
}
