/** @file The error function. */

/**
 * erf(x) = 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x, in double precision. All terms of the series have one sign, so no
 * digits cancel. Source: Abramowitz and Stegun 7.1.6.
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x); // 1 - erf(6) is 2e-17
  let term = size;
  let total = term;
  for (let n = 1; term > total * 1e-17; n++) {
    term *= (2 * size * size) / (2 * n + 1);
    total += term;
  }
  return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-size * size) * total;
}
