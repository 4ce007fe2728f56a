/** @file Samples of two equal Gaussian sources: their apparent unique information is chance, which is large with few rows. */
import { type Stream, stream } from "../core/random.ts";
import { type GaussianPid, gaussianPid } from "./gaussian-pid.ts";

/** Decompositions of samples of two sources with equal information (the smaller one) and independent noise. */
export function equalSources(
  { I1, I2, widths }: GaussianPid,
  rows: number,
  rounds: number,
  seed: number,
): GaussianPid[] {
  const { first, second, target } = widths;
  const rank = Math.min(first, second, target);
  // The same share in each direction, so that directions differ only by chance.
  const told = 1 - 2 ** ((-2 * Math.min(I1, I2)) / rank);
  const n = first + second + target;
  const lower = Array.from({ length: n }, () => new Float64Array(n));
  for (let i = 0; i < target; i++) lower[i]![i] = 1;
  for (const [start, width] of [
    [target, first],
    [target + first, second],
  ] as const) {
    for (let i = 0; i < width; i++) {
      const share = i < rank ? told : 0;
      if (i < rank) lower[start + i]![i] = Math.sqrt(share);
      lower[start + i]![start + i] = Math.sqrt(1 - share);
    }
  }
  const roles = {
    first: Array.from({ length: first }, (_, i) => target + i),
    second: Array.from({ length: second }, (_, i) => target + first + i),
    target: Array.from({ length: target }, (_, i) => i),
  };
  return Array.from({ length: rounds }, (_, round) => {
    const sample = wishart(n, rows - 1, stream(seed, "info.gaussian.equal", round));
    const mixed = lower.map((row, i) =>
      Float64Array.from({ length: n }, (_v, k) => {
        let sum = 0;
        for (let j = 0; j <= i; j++) if (row[j] !== 0) sum += row[j]! * sample[j]![k]!;
        return sum;
      }),
    );
    const covariance = mixed.map((row) => mixed.map((other) => row.reduce((sum, v, k) => sum + v * other[k]!, 0)));
    return gaussianPid(covariance, roles);
  });
}

/** A lower triangular A with A Aᵀ distributed as sums of products of so many standard normal rows. Source: Bartlett 1933. */
function wishart(n: number, freedom: number, draw: Stream): Float64Array[] {
  return Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: n }, (_v, j) =>
      j < i ? draw.normal() : j === i ? Math.sqrt(chiSquare(freedom - i, draw)) : 0,
    ),
  );
}

/** A chi-square variable of at least 2 degrees of freedom: twice a gamma variable. Source: Marsaglia and Tsang 2000. */
function chiSquare(freedom: number, draw: Stream): number {
  const d = freedom / 2 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = draw.normal();
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(1 - draw.uniform()) < 0.5 * z * z + d * (1 - v + Math.log(v))) return 2 * d * v;
  }
}
