/**
 * @file Densities as mixtures of Gaussians, p(x) = sum_k w_k N(x; mu_k, Sigma_k) with full covariances, by EM: every pass increases
 * the likelihood, without a learning rate. On held-out rows the mean of -log p is at least h(X) in expectation.
 * The form of the density is KNIFE's (Pichler et al. 2022); EM in place of gradient steps is ours.
 */
import { configError, dataError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { type Features, type Points, pointsOf } from "./features.ts";
import { startCentres } from "./kmeans.ts";
import { cholesky } from "./linear/cholesky.ts";
import { checkKeys, checkPositive, checkWhole, inUnit, type UnitOption } from "./options.ts";

/** A fitted mixture. */
export interface Density {
  readonly components: number;
  readonly width: number;
  /** log w_k - log |Sigma_k| / 2 - D log(2 pi) / 2, [components], nats. */
  readonly logScale: Float64Array;
  /** [components, width] */
  readonly means: Float64Array;
  /** Cholesky factors L of the covariances, [components, width, width]. */
  readonly factors: Float64Array;
}

/** Options of fitDensity. */
export interface DensityOptions {
  readonly seed: number;
  /** Candidate numbers of components; the best likelihood on `validation` wins; [1, 4, 8, 16]. */
  readonly components?: readonly number[];
  /** Maximal number of EM passes; 40. */
  readonly maxIter?: number;
  /** Added to every variance, in units of the features' variance; 1e-3. Keeps a component from collapsing onto one row. */
  readonly floor?: number;
}

/**
 * A mixture for features [N, D], whitened or at least standardised. The number of components is chosen on validation rows.
 * @throws DataError for NaN or fewer than two rows; ConfigError for bad options.
 * @example surprisal(fitDensity(train, validation, { seed: 0 }), test)
 */
export function fitDensity(train: Features, validation: Features, options: DensityOptions): Density {
  checkKeys("fitDensity", options, ["seed", "components", "maxIter", "floor"]);
  const seed = checkWhole("fitDensity", "seed", options.seed, 0);
  const maxIter = checkWhole("fitDensity", "maxIter", options.maxIter ?? 40, 1);
  const points = pointsOf(train, "fitDensity");
  const judged = pointsOf(validation, "fitDensity");
  if (points.rows < 2) throw dataError("fitDensity: one row has no density; give at least two.");
  // A component needs a few rows per dimension for its covariance.
  const max = Math.max(1, Math.floor(points.rows / (4 * (points.width + 1))));
  const asked = options.components ?? [1, 4, 8, 16];
  if (asked.length === 0) throw configError("fitDensity: components is empty; name at least one number.");
  const sizes = asked.filter((k, i) => i === 0 || k <= max);
  const floor = checkPositive("fitDensity", "floor", options.floor ?? 1e-3);
  if (judged.width !== points.width) {
    throw dataError(
      `fitDensity: validation features of width ${judged.width} beside ${points.width}; they must agree.`,
    );
  }
  let best: { density: Density; loss: number } | undefined;
  for (const k of sizes) {
    const components = checkWhole("fitDensity", "components", k, 1);
    const density = em(points, Math.min(components, points.rows), seed, maxIter, floor);
    const loss = mean(logDensities(density, judged).map((log) => -log));
    if (best === undefined || loss < best.loss) best = { density, loss };
    else if (loss > best.loss + 0.05) break; // more components overfit
  }
  return best!.density;
}

/**
 * -log p(x) of each row of features [N, D], in bits or `unit: "nats"`, [N].
 * @throws DataError for NaN or features of another width.
 * @example surprisal(fitDensity(train, validation, { seed: 0 }), test)  // [N], one a row
 */
export function surprisal(density: Density, features: Features, options: UnitOption = {}): Float64Array {
  checkKeys("surprisal", options, ["unit"]);
  const points = pointsOf(features, "surprisal");
  if (points.width !== density.width) {
    throw dataError(`surprisal: features of width ${points.width}; the density was fitted on ${density.width}.`);
  }
  return logDensities(density, points).map((log) => inUnit(-log, options));
}

function em({ rows, width, data }: Points, components: number, seed: number, maxIter: number, floor: number): Density {
  const centres = startCentres({ rows, width, data }, components, stream(seed, "info.density", components));
  const variance = mean(data.map((v) => v * v)) || 1;
  const ridge = floor * variance;
  const start = nearestSpread(data, rows, width, centres, components) + ridge;
  const factors = new Float64Array(components * width * width);
  for (let k = 0; k < components; k++) {
    for (let f = 0; f < width; f++) factors[(k * width + f) * width + f] = Math.sqrt(start);
  }
  let model: Density = {
    components,
    width,
    logScale: logScales(new Float64Array(components).fill(1 / components), factors, width),
    means: centres,
    factors,
  };
  const share = new Float64Array(rows * components);
  let before = Number.NEGATIVE_INFINITY;
  for (let pass = 0; pass < maxIter; pass++) {
    const likelihood = responsibilities(model, { rows, width, data }, share) / rows;
    if (likelihood - before < 1e-3) break;
    before = likelihood;
    model = maximised({ rows, width, data }, share, components, ridge);
  }
  return model;
}

/** E-step: responsibilities [rows, components]; returns the log-likelihood. */
function responsibilities(model: Density, points: Points, share: Float64Array): number {
  const { components } = model;
  const logs = new Float64Array(components);
  const work = new Float64Array(points.width);
  let total = 0;
  for (let i = 0; i < points.rows; i++) {
    const log = rowLogs(model, points.data, i * points.width, logs, work);
    for (let k = 0; k < components; k++) share[i * components + k] = Math.exp(logs[k]! - log);
    total += log;
  }
  return total;
}

function maximised({ rows, width, data }: Points, share: Float64Array, components: number, ridge: number): Density {
  const weights = new Float64Array(components);
  const means = new Float64Array(components * width);
  const factors = new Float64Array(components * width * width);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < components; k++) {
      const r = share[i * components + k]!;
      weights[k]! += r;
      for (let f = 0; f < width; f++) means[k * width + f]! += r * data[i * width + f]!;
    }
  }
  for (let k = 0; k < components; k++) {
    for (let f = 0; f < width; f++) means[k * width + f]! /= Math.max(weights[k]!, 1e-12);
  }
  const apart = new Float64Array(width);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < components; k++) {
      const r = share[i * components + k]!;
      if (r < 1e-8) continue;
      for (let f = 0; f < width; f++) apart[f] = data[i * width + f]! - means[k * width + f]!;
      const base = k * width * width;
      for (let f = 0; f < width; f++) {
        const factor = r * apart[f]!;
        for (let g = 0; g <= f; g++) factors[base + f * width + g]! += factor * apart[g]!;
      }
    }
  }
  const matrix = new Float64Array(width * width);
  for (let k = 0; k < components; k++) {
    const base = k * width * width;
    for (let f = 0; f < width; f++) {
      for (let g = 0; g <= f; g++)
        matrix[f * width + g] = factors[base + f * width + g]! / Math.max(weights[k]!, 1e-12);
      matrix[f * width + f]! += ridge;
    }
    // With the ridge on its diagonal a covariance is positive definite.
    cholesky(matrix, width, width, 0);
    for (let f = 0; f < width; f++) for (let g = 0; g <= f; g++) factors[base + f * width + g] = matrix[f * width + g]!;
  }
  const shares = weights.map((weight) => Math.max(weight, 1e-12) / rows);
  return { components, width, logScale: logScales(shares, factors, width), means, factors };
}

function logScales(weights: Float64Array, factors: Float64Array, width: number): Float64Array {
  return weights.map((weight, k) => {
    let log = Math.log(weight) - (width / 2) * Math.log(2 * Math.PI);
    for (let f = 0; f < width; f++) log -= Math.log(factors[(k * width + f) * width + f]!);
    return log;
  });
}

function logDensities(density: Density, points: Points): Float64Array {
  const logs = new Float64Array(density.components);
  const work = new Float64Array(points.width);
  return Float64Array.from({ length: points.rows }, (_, i) =>
    rowLogs(density, points.data, i * points.width, logs, work),
  );
}

/** log p(x) of the row at `at`; log w_k p_k(x) of each component into `logs`. */
function rowLogs(model: Density, data: Float64Array, at: number, logs: Float64Array, work: Float64Array): number {
  const { components, width, logScale, means, factors } = model;
  let top = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < components; k++) {
    const base = k * width * width;
    let square = 0;
    for (let f = 0; f < width; f++) {
      let sum = data[at + f]! - means[k * width + f]!;
      for (let g = 0; g < f; g++) sum -= factors[base + f * width + g]! * work[g]!;
      work[f] = sum / factors[base + f * width + f]!;
      square += work[f]! * work[f]!;
    }
    logs[k] = logScale[k]! - square / 2;
    if (logs[k]! > top) top = logs[k]!;
  }
  let total = 0;
  for (let k = 0; k < components; k++) total += Math.exp(logs[k]! - top);
  return top + Math.log(total);
}

/** Median squared distance, per dimension, of a centre to its nearest other; the variance of all rows for one centre. */
function nearestSpread(data: Float64Array, rows: number, width: number, centres: Float64Array, count: number): number {
  if (count === 1) return mean(data.subarray(0, rows * width).map((v) => v * v));
  const distances = Float64Array.from({ length: count }, (_, a) => {
    let least = Number.POSITIVE_INFINITY;
    for (let b = 0; b < count; b++) {
      if (a === b) continue;
      let sum = 0;
      for (let f = 0; f < width; f++) sum += (centres[a * width + f]! - centres[b * width + f]!) ** 2 / width;
      least = Math.min(least, sum);
    }
    return least;
  }).sort();
  return distances[count >> 1]!;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
