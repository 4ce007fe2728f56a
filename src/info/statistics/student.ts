/** @file Student's t: tail probabilities and quantiles, by the incomplete beta function. */
import { logGamma } from "../special.ts";

/**
 * The regularised incomplete beta function I_x(a, b), a probability, for x in [0, 1] and a, b > 0.
 * Source: the continued fraction of Press et al., Numerical Recipes 6.4, evaluated by the modified method of Lentz.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges quickly on this side of the mean; on the other the mirrored one does.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x) - Math.log(a),
  );
  const kept = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** P(|T| >= |t|) of Student's t with `freedom` > 0 degrees of freedom: the two-sided p-value. */
export function studentTails(t: number, freedom: number): number {
  if (Number.isNaN(t)) return Number.NaN;
  if (!Number.isFinite(t)) return 0;
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

/** The t that |T| stays below with probability `level` in (0, 1): 12.706 for 0.95 and one degree of freedom. */
export function studentBound(level: number, freedom: number): number {
  const outside = 1 - level;
  let low = 0;
  let high = 1;
  while (studentTails(high, freedom) > outside) high *= 2;
  // Halving the interval ends when no number lies between its ends.
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (studentTails(middle, freedom) > outside) low = middle;
    else high = middle;
  }
  return high;
}
