/** @file Rows of the Gaussian class set, with the predictions of the exact model. */
import { stream } from "../../core/random.ts";
import { checkedClasses, type GaussianClassesOptions } from "../gaussian.ts";
import { checkKeys, checkWhole, NATS_PER_BIT } from "../options.ts";
import { MAX_ROWS } from "../sample.ts";
import type { LsmiTerms } from "../samplewise.ts";

/** Rows of gaussianClassRows. */
export interface GaussianClassRows {
  /** [N, n] */
  readonly x1: Float32Array;
  /** [N, n] */
  readonly x2: Float32Array;
  /** [N], 0..n-1 */
  readonly labels: Int32Array;
  /** Exact pointwise informations and surprisals -log2 p(x_k), bits, and log p(y | x_k) [N, n], nats. */
  readonly exact: LsmiTerms & { readonly logs: { readonly first: Float64Array; readonly second: Float64Array } };
}

/**
 * Draws rows [N, n] in the seed's own stream: x1 = e_y + sigma u, x2 = e_y + sigma (rho u + sqrt(1 - rho^2) v), y uniform on
 * n classes; rho below 1. Source: the set of LSMI, ICML 2025; gaussianClasses has its exact values.
 * @example gaussianClassRows({ rows: 2000, seed: 0 }).labels
 */
export function gaussianClassRows(
  options: GaussianClassesOptions & { readonly rows: number; readonly seed: number },
): GaussianClassRows {
  checkKeys("gaussianClassRows", options, ["classes", "rho", "sigma", "rows", "seed"]);
  const { classes: n, rho, sigma } = checkedClasses("gaussianClassRows", options);
  const rows = checkWhole("gaussianClassRows", "rows", options.rows, 1, MAX_ROWS);
  const draw = stream(checkWhole("gaussianClassRows", "seed", options.seed, 0), "info.gaussian-classes");
  const x1 = new Float32Array(rows * n);
  const x2 = new Float32Array(rows * n);
  const labels = new Int32Array(rows);
  const logs = { first: new Float64Array(rows * n), second: new Float64Array(rows * n) };
  const unused = new Float64Array(n);
  const terms = { i1: zeros(rows), i2: zeros(rows), i12: zeros(rows), h1: zeros(rows), h2: zeros(rows) };
  const rest = Math.sqrt(Math.max(0, 1 - rho * rho));
  const mean = new Float64Array(n);
  const joint = (sigma * sigma * (1 + rho)) / 2;
  for (let i = 0; i < rows; i++) {
    const y = draw.below(n);
    labels[i] = y;
    for (let f = 0; f < n; f++) {
      const u = draw.normal();
      x1[i * n + f] = (f === y ? 1 : 0) + sigma * u;
      x2[i * n + f] = (f === y ? 1 : 0) + sigma * (rho * u + rest * draw.normal());
      mean[f] = (x1[i * n + f]! + x2[i * n + f]!) / 2;
    }
    const own = <T extends Float32Array | Float64Array>(values: T): T => values.subarray(i * n, (i + 1) * n) as T;
    [terms.i1[i], terms.h1[i]] = exactly(own(x1), y, sigma * sigma, own(logs.first));
    [terms.i2[i], terms.h2[i]] = exactly(own(x2), y, sigma * sigma, own(logs.second));
    [terms.i12[i]] = exactly(mean, y, joint, unused);
  }
  return { x1, x2, labels, exact: { ...terms, logs } };
}

/** i(x; y) and -log2 p(x) of one row; its log p(y | x) into `logs`. */
function exactly(x: ArrayLike<number>, y: number, variance: number, logs: Float64Array): [number, number] {
  const n = x.length;
  let top = Number.NEGATIVE_INFINITY;
  let length = 0;
  for (let f = 0; f < n; f++) {
    top = Math.max(top, x[f]! / variance);
    length += x[f]! ** 2;
  }
  let sum = 0;
  for (let f = 0; f < n; f++) sum += Math.exp(x[f]! / variance - top);
  const mean = top + Math.log(sum / n);
  for (let f = 0; f < n; f++) logs[f] = x[f]! / variance - mean - Math.log(n);
  const density = mean - (length + 1) / (2 * variance) - (n / 2) * Math.log(2 * Math.PI * variance);
  return [(x[y]! / variance - mean) / NATS_PER_BIT, -density / NATS_PER_BIT];
}

function zeros(rows: number): Float64Array {
  return new Float64Array(rows);
}
