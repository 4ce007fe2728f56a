/** @file Special functions that estimators need, to about 14 digits. */

/** psi(x), the derivative of log Gamma, for x > 0. Source: recurrence up to 10, then the asymptotic series. */
export function digamma(x: number): number {
  let value = 0;
  let at = x;
  for (; at < 10; at++) value -= 1 / at;
  const inverse = 1 / (at * at);
  const series =
    inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse * (1 / 132)))));
  return value + Math.log(at) - 1 / (2 * at) - series;
}

/** The standard normal density. */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** P(Z <= z) of a standard normal. Source: its Taylor series near 0, a continued fraction in the tails. */
export function normalCdf(z: number): number {
  const size = Math.abs(z);
  if (size > 38) return z > 0 ? 1 : 0;
  if (size < 4) {
    let term = size;
    let sum = size;
    for (let n = 1; term > 1e-18 * sum; n++) {
      term *= (size * size) / (2 * n + 1);
      sum += term;
    }
    const half = sum * normalDensity(size);
    return z > 0 ? 0.5 + half : 0.5 - half;
  }
  let fraction = size;
  for (let n = 80; n >= 1; n--) fraction = size + n / fraction;
  const tail = normalDensity(size) / fraction;
  return z > 0 ? 1 - tail : tail;
}

/** log Gamma(x) for x > 0. Source: recurrence up to 15, then Stirling's series. */
export function logGamma(x: number): number {
  let product = 1;
  let at = x;
  for (; at < 15; at++) product *= at;
  const inverse = 1 / (at * at);
  const series =
    (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse * (1 / 1188))))) / at;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
