/** @file k-means: quantises features into a few symbols for discrete measures. */
import { dataError } from "../core/errors.ts";
import { type Stream, stream } from "../core/random.ts";
import { type Features, type Points, pointsOf } from "./features.ts";
import { checkKeys, checkWhole } from "./options.ts";

/** Options of kMeans. */
export interface KMeansOptions {
  readonly clusters: number;
  readonly seed: number;
  /** Number of initialisations; the best is kept; 5. */
  readonly restarts?: number;
  /** Maximal passes per initialisation; 100. */
  readonly maxIter?: number;
}

/** Centres of clusters. */
export interface KMeans {
  /** [clusters, width] */
  readonly centres: Float64Array;
  readonly clusters: number;
  readonly width: number;
  /** Mean squared distance of the rows to their centres. */
  readonly inertia: number;
}

/**
 * Centres of the features [N, D] as they are: standardise first where units differ. Starts are k-means++.
 * Source: Lloyd 1982; Arthur and Vassilvitskii 2007.
 *
 * @throws DataError for NaN or fewer rows than clusters; ConfigError for bad options.
 * @example assignClusters(kMeans(features, { clusters: 10, seed: 0 }), features)
 */
export function kMeans(features: Features, options: KMeansOptions): KMeans {
  checkKeys("kMeans", options, ["clusters", "seed", "restarts", "maxIter"]);
  const clusters = checkWhole("kMeans", "clusters", options.clusters, 1);
  const seed = checkWhole("kMeans", "seed", options.seed, 0);
  const restarts = checkWhole("kMeans", "restarts", options.restarts ?? 5, 1);
  const maxIter = checkWhole("kMeans", "maxIter", options.maxIter ?? 100, 1);
  const points = pointsOf(features, "kMeans");
  if (points.rows < clusters) {
    throw dataError(`kMeans: ${points.rows} rows cannot fill ${clusters} clusters; ask for fewer.`, {
      rows: points.rows,
      clusters,
    });
  }
  let best: KMeans | undefined;
  for (let start = 0; start < restarts; start++) {
    const model = lloyd(points, startCentres(points, clusters, stream(seed, "info.kmeans", start)), clusters, maxIter);
    if (best === undefined || model.inertia < best.inertia) best = model;
  }
  return best!;
}

/**
 * The nearest centre of each row of features [N, D], [N] numbers from 0.
 * @throws DataError for NaN or features of another width.
 * @example assignClusters(kMeans(features, { clusters: 10, seed: 0 }), features)
 */
export function assignClusters(model: KMeans, features: Features): Int32Array {
  const points = pointsOf(features, "assignClusters");
  if (points.width !== model.width) {
    throw dataError(`assignClusters: features of width ${points.width}; the centres have ${model.width}.`);
  }
  const out = new Int32Array(points.rows);
  assign(points, model.centres, model.clusters, out);
  return out;
}

/** Rows drawn with probability proportional to their squared distance to those drawn before, [clusters, width]. */
export function startCentres({ rows, width, data }: Points, clusters: number, draw: Stream): Float64Array {
  const centres = new Float64Array(clusters * width);
  const distance = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let row = draw.below(rows);
  for (let c = 0; c < clusters; c++) {
    centres.set(data.subarray(row * width, (row + 1) * width), c * width);
    let total = 0;
    for (let i = 0; i < rows; i++) {
      distance[i] = Math.min(distance[i]!, squared(data, i * width, centres, c * width, width));
      total += distance[i]!;
    }
    // All rows are centres already, so any row can be used.
    if (total === 0) row = draw.below(rows);
    else {
      let left = draw.uniform() * total;
      for (row = 0; row < rows - 1 && (left -= distance[row]!) >= 0; ) row++;
    }
  }
  return centres;
}

function lloyd(points: Points, centres: Float64Array, clusters: number, maxIter: number): KMeans {
  const { rows, width, data } = points;
  const assigned = new Int32Array(rows).fill(-1);
  const counts = new Float64Array(clusters);
  let inertia = 0;
  for (let pass = 0; pass < maxIter; pass++) {
    const before = inertia;
    const { sum, changed } = assign(points, centres, clusters, assigned);
    inertia = sum / rows;
    if (changed === 0 || (pass > 0 && before - inertia < 1e-9 * inertia)) break;
    const sums = new Float64Array(clusters * width);
    counts.fill(0);
    for (let i = 0; i < rows; i++) {
      const c = assigned[i]!;
      counts[c]!++;
      for (let f = 0; f < width; f++) sums[c * width + f]! += data[i * width + f]!;
    }
    // An empty cluster keeps its centre.
    for (let c = 0; c < clusters; c++) {
      for (let f = 0; counts[c]! > 0 && f < width; f++) centres[c * width + f] = sums[c * width + f]! / counts[c]!;
    }
  }
  return { centres, clusters, width, inertia };
}

function assign(
  { rows, width, data }: Points,
  centres: Float64Array,
  clusters: number,
  assigned: Int32Array,
): { sum: number; changed: number } {
  let sum = 0;
  let changed = 0;
  for (let i = 0; i < rows; i++) {
    let best = 0;
    let smallest = Number.POSITIVE_INFINITY;
    for (let c = 0; c < clusters; c++) {
      const distance = squared(data, i * width, centres, c * width, width);
      if (distance < smallest) [best, smallest] = [c, distance];
    }
    if (assigned[i] !== best) changed++;
    assigned[i] = best;
    sum += smallest;
  }
  return { sum, changed };
}

function squared(a: Float64Array, i: number, b: Float64Array, j: number, width: number): number {
  let sum = 0;
  for (let f = 0; f < width; f++) {
    const apart = a[i + f]! - b[j + f]!;
    sum += apart * apart;
  }
  return sum;
}
