/** @file Whitening: a few uncorrelated directions of unit variance, so that densities of two sources are comparable. */
import { dataError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { type Features, pointsOf } from "./features.ts";
import { eigenOf } from "./linear/symmetric.ts";
import { checkWhole } from "./options.ts";

/** A fitted map from [N, D] to [N, k]. */
export interface Whitener {
  readonly width: number;
  /** Dimensions kept: fewer than asked for when the features have fewer directions. */
  readonly kept: number;
  readonly mean: Float64Array;
  /** [kept, width]; each row gives one whitened coordinate. */
  readonly map: Float64Array;
  /** Share of the standardised variance that the kept directions hold. */
  readonly share: number;
}

/** Directions with a variance below this share of the largest are dropped. */
const LEAST_VARIANCE = 1e-6;
/** Squares beside the diagonal at which eigenpairs of a few directions are exact enough. */
const LEAST_OFF = 1e-22;

/**
 * Standardises features [N, D], takes the `dimensions` directions of largest variance, and scales each to variance 1.
 * Directions are found by subspace iteration. Source: principal components, Pearson 1901.
 *
 * @throws DataError for NaN or when every feature is constant; ConfigError for dimensions below 1.
 * @example whiten(fitWhitener(features, 16), features)
 */
export function fitWhitener(features: Features, dimensions: number): Whitener {
  checkWhole("fitWhitener", "dimensions", dimensions, 1);
  const { rows, width, data } = pointsOf(features, "fitWhitener");
  const mean = new Float64Array(width);
  for (let i = 0; i < data.length; i++) mean[i % width]! += data[i]! / rows;
  const scale = new Float64Array(width);
  for (let i = 0; i < data.length; i++) scale[i % width]! += (data[i]! - mean[i % width]!) ** 2 / rows;
  let varying = 0;
  for (let f = 0; f < width; f++) {
    const spread = Math.sqrt(scale[f]!);
    scale[f] = spread > 1e-7 * Math.abs(mean[f]!) && spread > 0 ? 1 / spread : 0;
    if (scale[f]! > 0) varying++;
  }
  if (varying === 0) {
    throw dataError(`fitWhitener: all ${width} features are constant over ${rows} rows; they have no density.`);
  }
  const covariance = new Float64Array(width * width);
  const row = new Float64Array(width);
  for (let i = 0; i < rows; i++) {
    for (let f = 0; f < width; f++) row[f] = (data[i * width + f]! - mean[f]!) * scale[f]!;
    for (let f = 0; f < width; f++) {
      const factor = row[f]! / rows;
      if (factor !== 0) for (let g = 0; g <= f; g++) covariance[f * width + g]! += factor * row[g]!;
    }
  }
  for (let f = 0; f < width; f++) for (let g = 0; g < f; g++) covariance[g * width + f] = covariance[f * width + g]!;
  const { vectors, values } = leading(covariance, width, Math.min(dimensions, width));
  const kept = values.filter((value) => value > LEAST_VARIANCE * values[0]!).length;
  const map = new Float64Array(kept * width);
  for (let k = 0; k < kept; k++) {
    for (let f = 0; f < width; f++) map[k * width + f] = (vectors[k]![f]! * scale[f]!) / Math.sqrt(values[k]!);
  }
  const share = values.slice(0, kept).reduce((sum, value) => sum + value, 0) / varying;
  return { width, kept, mean, map, share };
}

/**
 * The first `dimensions` whitened coordinates of features [N, D], [N, dimensions]; all that were kept by default.
 * @throws DataError for NaN or features of another width.
 * @example whiten(fitWhitener(train, 16), test)  // [N, 16]
 */
export function whiten(
  { width, kept, mean, map }: Whitener,
  features: Features,
  dimensions: number = kept,
): Features & { readonly data: Float64Array } {
  const points = pointsOf(features, "whiten");
  if (points.width !== width) {
    throw dataError(`whiten: features of width ${points.width}; the whitener was fitted on ${width}.`);
  }
  const out = new Float64Array(points.rows * dimensions);
  for (let i = 0; i < points.rows; i++) {
    for (let k = 0; k < dimensions; k++) {
      let sum = 0;
      for (let f = 0; f < width; f++) sum += map[k * width + f]! * (points.data[i * width + f]! - mean[f]!);
      out[i * dimensions + k] = sum;
    }
  }
  return { shape: [points.rows, dimensions], data: out };
}

/** Leading eigenpairs of a symmetric matrix, largest first. */
function leading(matrix: Float64Array, n: number, count: number): { vectors: Float64Array[]; values: number[] } {
  const draw = stream(0, "info.whiten"); // any start will do, so the seed is fixed
  const size = Math.min(n, count + 8);
  let basis: Float64Array[] = Array.from({ length: size }, () => Float64Array.from({ length: n }, () => draw.normal()));
  orthonormalise(basis);
  for (let pass = 0; pass < (size === n ? 1 : 60); pass++) {
    basis = basis.map((vector) => product(matrix, n, vector));
    orthonormalise(basis);
  }
  const images = basis.map((vector) => product(matrix, n, vector));
  const small = basis.map((vector) => Float64Array.from(images, (image) => dot(vector, image)));
  const { values, vectors } = eigenOf(small, LEAST_OFF);
  const order = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]!);
  return {
    values: order.slice(0, count).map((i) => Math.max(0, values[i]!)),
    vectors: order.slice(0, count).map((i) => {
      const out = new Float64Array(n);
      for (let j = 0; j < size; j++) for (let f = 0; f < n; f++) out[f]! += vectors[j]![i]! * basis[j]![f]!;
      return out;
    }),
  };
}

/** Gram-Schmidt, twice over for accuracy; a vector without length of its own becomes 0. */
function orthonormalise(basis: Float64Array[]): void {
  basis.forEach((vector, i) => {
    const before = Math.sqrt(dot(vector, vector));
    for (let round = 0; round < 2; round++) {
      for (let j = 0; j < i; j++) {
        const overlap = dot(vector, basis[j]!);
        for (let f = 0; f < vector.length; f++) vector[f]! -= overlap * basis[j]![f]!;
      }
    }
    const length = Math.sqrt(dot(vector, vector));
    const factor = length > 1e-10 * before ? 1 / length : 0;
    for (let f = 0; f < vector.length; f++) vector[f]! *= factor;
  });
}

function product(matrix: Float64Array, n: number, vector: Float64Array): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += matrix[i * n + j]! * vector[j]!;
    out[i] = sum;
  }
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
