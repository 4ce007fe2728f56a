/** @file Diagonal Gaussians: heads, reparameterised samples, KL divergences. */
import type { Expr } from "../graph/expr.ts";
import { add, exp, mul, slice, square, sub } from "../graph/ops/index.ts";
import type { Scope } from "./module.ts";

/** A diagonal Gaussian per sample; all arrays are [..., B, E]. A deterministic one has no spread. */
export interface Gaussian {
  readonly mean: Expr;
  /** Log-variance and standard deviation; absent when deterministic. */
  readonly spread?: { readonly logVariance: Expr; readonly deviation: Expr };
}

/** Reads [..., B, 2E] as means (first half) and log-variances (second half). */
export function gaussian(statistics: Expr): Gaussian {
  const width = statistics.shape.at(-1)! / 2;
  const mean = slice(statistics, -1, 0, width);
  const logVariance = slice(statistics, -1, width, width);
  return { mean, spread: { logVariance, deviation: exp(mul(logVariance, 0.5)) } };
}

/** mean + deviation * noise in training (Kingma and Welling 2014), the mean in evaluation: [..., B, E]. */
export function sample(scope: Scope, { mean, spread }: Gaussian): Expr {
  if (spread === undefined || !scope.training) return mean;
  return add(mean, mul(spread.deviation, scope.noise("noise", mean.shape)));
}

/**
 * KL(q, N(0, I)) per dimension, in nats: [..., B, E]. Average it over batch and dimension (the textbook sums over E), so
 * that one coefficient serves every E. Zero for a deterministic q. Source: reference implementation.
 */
export function klToStandard({ mean, spread }: Gaussian): Expr | undefined {
  if (spread === undefined) return undefined;
  return mul(sub(add(square(spread.deviation), square(mean)), add(spread.logVariance, 1)), 0.5);
}

/**
 * KL(q, p) per dimension, in nats, of Gaussians whose shapes broadcast: [..., B, E]. For deterministic ones half the squared
 * distance of the means, which is the KL of two unit Gaussians.
 */
export function kl(q: Gaussian, p: Gaussian): Expr {
  const distance = square(sub(q.mean, p.mean));
  if (q.spread === undefined || p.spread === undefined) return mul(distance, 0.5);
  const variance = square(q.spread.deviation);
  const precision = exp(mul(p.spread.logVariance, -1));
  const logRatio = sub(p.spread.logVariance, q.spread.logVariance);
  return mul(sub(add(mul(add(variance, distance), precision), logRatio), 1), 0.5);
}
