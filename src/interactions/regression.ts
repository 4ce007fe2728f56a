/**
 * @file How well one representation predicts another: ridge regression on the source and on random features of it.
 * Source: random features after Rahimi and Recht (2008); a lower bound on the variance that any function of the source explains.
 */
import { stream } from "../core/random.ts";
import type { Tensor } from "../core/tensor.ts";

/** Random tanh features beside the source itself: they make the regression nonlinear without training. */
const RANDOM = 128;
/** Candidate ridge penalties, in units of the mean diagonal; the validation rows select one. */
const RIDGES = [1e-4, 1e-3, 1e-2, 1e-1, 1] as const;

/**
 * R^2 in (-infinity, 1]: the share of the variance of `target` [N, F], summed over its dimensions, that a regression on `source` [N, E],
 * fitted on the rows `train`, explains on the rows `test`. 0 means no better than the mean; it is also returned for a constant target,
 * and where no ridge penalty beats the mean on the rows `validation`.
 */
export function predictability(
  source: Tensor<"float32">,
  target: Tensor<"float32">,
  rows: Readonly<Record<"train" | "validation" | "test", ArrayLike<number>>>,
  seed: number,
): number {
  const { train } = rows;
  const [E, F] = [source.shape[1]!, target.shape[1]!];
  const { mean, scale } = moments(source, train);
  const draw = stream(seed, "random features");
  const weights = Float64Array.from({ length: RANDOM * (E + 1) }, (_, i) =>
    i % (E + 1) === E ? 2 * draw.normal() : (2 * draw.normal()) / Math.sqrt(E),
  );
  const width = 1 + E + RANDOM;
  const features = (row: number): Float64Array => {
    const out = new Float64Array(width);
    out[0] = 1;
    for (let e = 0; e < E; e++) out[1 + e] = (source.data[row * E + e]! - mean[e]!) / scale[e]!;
    for (let r = 0; r < RANDOM; r++) {
      let sum = weights[r * (E + 1) + E]!;
      for (let e = 0; e < E; e++) sum += weights[r * (E + 1) + e]! * out[1 + e]!;
      out[1 + E + r] = Math.tanh(sum);
    }
    return out;
  };
  const gram = new Float64Array(width * width);
  const moment = new Float64Array(width * F);
  const centre = moments(target, train).mean;
  for (let t = 0; t < train.length; t++) {
    const x = features(train[t]!);
    for (let i = 0; i < width; i++) {
      const v = x[i]!;
      for (let j = 0; j <= i; j++) gram[i * width + j]! += v * x[j]!;
      for (let f = 0; f < F; f++) moment[i * F + f]! += v * (target.data[train[t]! * F + f]! - centre[f]!);
    }
  }
  const explained = (solution: Float64Array, subset: ArrayLike<number>): number => {
    let [residual, total] = [0, 0];
    for (let t = 0; t < subset.length; t++) {
      const row = subset[t]!;
      const x = features(row);
      for (let f = 0; f < F; f++) {
        const value = target.data[row * F + f]! - centre[f]!;
        let predicted = 0;
        for (let i = 0; i < width; i++) predicted += x[i]! * solution[i * F + f]!;
        residual += (value - predicted) ** 2;
        total += value ** 2;
      }
    }
    return total === 0 ? 0 : 1 - residual / total;
  };
  let [best, highest]: [Float64Array | undefined, number] = [undefined, 0];
  for (const ridge of RIDGES) {
    const solution = solveRidge(gram.slice(), moment.slice(), width, F, ridge);
    const share = explained(solution, rows.validation);
    if (share > highest) [best, highest] = [solution, share];
  }
  return best === undefined ? 0 : explained(best, rows.test);
}

/** Mean and standard deviation (1 for a constant) of each column over some rows. */
function moments({ data, shape }: Tensor<"float32">, rows: ArrayLike<number>): { mean: number[]; scale: number[] } {
  const width = shape[1]!;
  const mean = new Array<number>(width).fill(0);
  const square = new Array<number>(width).fill(0);
  for (let t = 0; t < rows.length; t++) {
    for (let e = 0; e < width; e++) mean[e]! += data[rows[t]! * width + e]! / rows.length;
  }
  for (let t = 0; t < rows.length; t++) {
    for (let e = 0; e < width; e++) square[e]! += (data[rows[t]! * width + e]! - mean[e]!) ** 2 / rows.length;
  }
  return { mean, scale: square.map((v) => (v > 1e-12 ? Math.sqrt(v) : 1)) };
}

/** Solves (gram + ridge) X = moment, gram [n, n] given by its lower triangle and overwritten, moment [n, F] overwritten by X. */
function solveRidge(gram: Float64Array, moment: Float64Array, n: number, F: number, ridge: number): Float64Array {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += gram[i * n + i]!;
  for (let i = 0; i < n; i++) gram[i * n + i]! += (ridge * trace) / n;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = gram[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= gram[i * n + k]! * gram[j * n + k]!;
      gram[i * n + j] = i === j ? Math.sqrt(sum) : sum / gram[j * n + j]!;
    }
  }
  for (let f = 0; f < F; f++) {
    for (let i = 0; i < n; i++) {
      let sum = moment[i * F + f]!;
      for (let k = 0; k < i; k++) sum -= gram[i * n + k]! * moment[k * F + f]!;
      moment[i * F + f] = sum / gram[i * n + i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = moment[i * F + f]!;
      for (let k = i + 1; k < n; k++) sum -= gram[k * n + i]! * moment[k * F + f]!;
      moment[i * F + f] = sum / gram[i * n + i]!;
    }
  }
  return moment;
}
