/** @file The two closed forms without optimisation: Williams and Beer's I_min, and the minimum of informations. */
import type { Sources } from "../sources.ts";
import { Sum } from "../sum.ts";

/**
 * I_min in nats: sum over y of p(y) min_k s_k(y), with the specific information s_k(y) = KL(p(x_k | y), p(x_k)).
 * Never below BROJA's R; calls two independent bits redundant when y is both of them.
 * Source: Williams and Beer 2010.
 */
export function iminRedundancy({ p1, p2, py, p1y, p2y }: Sources): number {
  const s1 = specific(p1y, p1, py);
  const s2 = specific(p2y, p2, py);
  const sum = new Sum();
  for (let y = 0; y < py.length; y++) sum.add(Math.min(s1[y]!, s2[y]!));
  return sum.value;
}

/** min(I(X1; Y), I(X2; Y)) in nats: the largest redundancy that leaves no atom negative. Source: Barrett 2015. */
export function mmiRedundancy({ I1, I2 }: Sources): number {
  return Math.min(I1, I2);
}

/** p(y) s(y) for each y, in nats: sum over x of p(x, y) log(p(x, y) / (p(x) p(y))). */
export function specific(joint: Float64Array, px: Float64Array, py: Float64Array): Float64Array {
  const out = new Float64Array(py.length);
  for (let y = 0; y < py.length; y++) {
    const sum = new Sum();
    for (let x = 0; x < px.length; x++) {
      const p = joint[x * py.length + y]!;
      if (p > 0) sum.add(p * Math.log(p / px[x]! / py[y]!));
    }
    out[y] = Math.max(0, sum.value);
  }
  return out;
}
