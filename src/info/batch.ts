/**
 * @file BROJA of continuous sources from a batch of posteriors: n rows of each source are n symbols of probability 1/n, their
 * classifier's posteriors the rows p(y | x), and the coupling is found on the n x n x K table, with a certified bracket.
 *
 * Classes must have the same mass on both sides, which posteriors of a batch do not quite give: both are scaled to their mean.
 * Source: Liang et al. 2023 (BATCH); solving the batch exactly in place of training encoders for it is ours.
 */
import { shapeError } from "../core/errors.ts";
import { permutation } from "../core/random.ts";
import { program } from "./broja/program.ts";
import { alternatingScaling } from "./broja/scaling.ts";
import { checkKeys, checkPositive, checkWhole, NATS_PER_BIT } from "./options.ts";

/** What one batch says, in bits. */
export interface BatchOptimum {
  /** Informations of the batch's own posteriors; overconfident classifiers make them too large. */
  readonly I1: number;
  readonly I2: number;
  /** Bracket of min I_q(X1, X2; Y) over couplings, and the redundancy I1 + I2 - midpoint. */
  readonly lower: number;
  readonly upper: number;
  readonly R: number;
  readonly sweeps: number;
}

/** Options of batchRedundancy. */
export interface BatchOptions {
  readonly seed: number;
  /** n, rows a batch; 128, or a quarter of the rows when that is fewer. */
  readonly size?: number;
  /** Most batches, drawn apart; 16. */
  readonly batches?: number;
  /** Widest bracket aimed at, in bits; 0.002. */
  readonly tol?: number;
}

/** Redundancy over batches, in bits. */
export interface BatchEstimate {
  /** Extrapolated to large batches, 2 R(n) - R(n / 2), mean over batches. */
  readonly R: number;
  /** Rows and extrapolated redundancy of each batch. */
  readonly batches: readonly { readonly rows: Uint32Array; readonly R: number }[];
  /** Mean R of batches of n rows and of n / 2: how much the batch size matters. */
  readonly atSize: number;
  readonly atHalf: number;
  readonly size: number;
  /** Widest bracket met. */
  readonly gap: number;
}

/**
 * The bracket of one batch of posteriors [n, K], one row a symbol of each source; the rows need not be paired.
 * @throws ShapeError when the sizes do not fit.
 * @example batchOptimum(posteriors1, posteriors2, classes).R
 */
export function batchOptimum(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  classes: number,
  options: { readonly tol?: number; readonly maxIter?: number } = {},
): BatchOptimum {
  checkKeys("batchOptimum", options, ["tol", "maxIter"]);
  const n = first.length / classes;
  if (second.length !== first.length || !Number.isInteger(n) || n === 0) {
    throw shapeError(
      `batchOptimum: ${first.length} and ${second.length} probabilities for ${classes} classes; both are [n, K].`,
    );
  }
  const tol = checkPositive("batchOptimum", "tol", options.tol ?? 0.002) * NATS_PER_BIT;
  const maxIter = checkWhole("batchOptimum", "maxIter", options.maxIter ?? 2000, 1);
  const p1y = Float64Array.from(first, (p) => p / n);
  const p2y = Float64Array.from(second, (p) => p / n);
  const py = new Float64Array(classes);
  for (let c = 0; c < p1y.length; c++) py[c % classes]! += (p1y[c]! + p2y[c]!) / 2;
  for (const side of [p1y, p2y]) {
    const mass = new Float64Array(classes);
    for (let c = 0; c < side.length; c++) mass[c % classes]! += side[c]!;
    for (let c = 0; c < side.length; c++) if (side[c]! > 0) side[c]! *= py[c % classes]! / mass[c % classes]!;
  }
  const posed = program({ p1y, p2y, n1: n, n2: n, ny: classes });
  const { bracket, iterations } = alternatingScaling(posed, tol, maxIter);
  const [I1, I2] = [information(p1y, py), information(p2y, py)];
  // No atom is negative: the optimum is not below either information.
  const lower = Math.max(bracket.lower, I1, I2);
  const upper = Math.max(lower, Math.min(bracket.upper, I1 + I2));
  const bits = (nats: number): number => nats / NATS_PER_BIT;
  return {
    I1: bits(I1),
    I2: bits(I2),
    lower: bits(lower),
    upper: bits(upper),
    R: bits(I1 + I2 - (lower + upper) / 2),
    sweeps: iterations,
  };
}

/**
 * R over random batches of log-probabilities [N, K] in nats of two sources. I1, I2 and I12 should come from held-out
 * log-likelihoods; the other atoms follow by the sum rules.
 * @throws ShapeError when the sizes do not fit; ConfigError for bad options.
 * @example batchRedundancy(logs1, logs2, classes, { seed: 0 }).R
 */
export function batchRedundancy(
  logs1: Float64Array,
  logs2: Float64Array,
  classes: number,
  options: BatchOptions,
): BatchEstimate {
  checkKeys("batchRedundancy", options, ["seed", "size", "batches", "tol"]);
  const rows = logs1.length / classes;
  if (logs2.length !== logs1.length || !(rows >= 2)) {
    throw shapeError(
      `batchRedundancy: ${logs1.length} and ${logs2.length} log-probabilities; both are [N, K], N >= 2.`,
    );
  }
  const seed = checkWhole("batchRedundancy", "seed", options.seed, 0);
  const most = checkWhole("batchRedundancy", "batches", options.batches ?? 16, 1);
  const wished = checkWhole("batchRedundancy", "size", options.size ?? Math.min(128, Math.max(2, rows >> 2)), 2);
  const size = Math.min(wished, rows);
  const tol = checkPositive("batchRedundancy", "tol", options.tol ?? 0.002);
  const order = permutation(rows, seed, "info.batch");
  let gap = 0;
  const redundancy = (chosen: Uint32Array): number => {
    const pick = (logs: Float64Array): Float64Array => {
      const out = new Float64Array(chosen.length * classes);
      chosen.forEach((row, i) => {
        for (let k = 0; k < classes; k++) out[i * classes + k] = Math.exp(logs[row * classes + k]!);
      });
      return out;
    };
    const { R, lower, upper } = batchOptimum(pick(logs1), pick(logs2), classes, { tol });
    gap = Math.max(gap, upper - lower);
    return R;
  };
  const results = Array.from({ length: Math.min(most, Math.floor(rows / size)) }, (_, b) => {
    const chosen = order.slice(b * size, (b + 1) * size);
    const half = size >> 1;
    const whole = redundancy(chosen);
    const halves = (redundancy(chosen.slice(0, half)) + redundancy(chosen.slice(half))) / 2;
    return { rows: chosen, R: 2 * whole - halves, whole, halves };
  });
  const mean = (value: (result: (typeof results)[number]) => number): number =>
    results.reduce((sum, result) => sum + value(result), 0) / results.length;
  return {
    R: mean((result) => result.R),
    batches: results.map(({ rows: chosen, R }) => ({ rows: chosen, R })),
    atSize: mean((result) => result.whole),
    atHalf: mean((result) => result.halves),
    size,
    gap,
  };
}

/** I(X; Y) in nats of rows p(x, y) with p(x) = 1 / n up to the scaling of classes. */
function information(pxy: Float64Array, py: Float64Array): number {
  const classes = py.length;
  let sum = 0;
  for (let start = 0; start < pxy.length; start += classes) {
    let px = 0;
    for (let k = 0; k < classes; k++) px += pxy[start + k]!;
    for (let k = 0; k < classes; k++) {
      const p = pxy[start + k]!;
      if (p > 0) sum += p * Math.log(p / (px * py[k]!));
    }
  }
  return Math.max(0, sum);
}
