/** @file Mutual information from distances to nearest neighbours: no model, no training, for a few dimensions. */
import { dataError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { checkLabels, type Features, type Points, pointsOf, standardisePoints } from "./features.ts";
import { checkKeys, checkWhole, inUnit, type UnitOption } from "./options.ts";
import { digamma } from "./special.ts";

/** Options of the nearest-neighbour estimators. */
export interface NeighbourOptions extends UnitOption {
  /** Of the jitter (1e-10 of a standard deviation) that breaks ties. */
  readonly seed: number;
  /** Which neighbour's distance sets the scale; 3. More neighbours: less noise, more bias. */
  readonly k?: number;
}

/** An estimate with its terms. */
export interface NeighbourEstimate {
  /** The mean of `local`; may be below 0 where the truth is near 0: values are not clipped. */
  readonly value: number;
  /** Standard deviation of `local` over the root of the rows used; neighbours overlap, so it is approximate. */
  readonly se: number;
  /** By row [N]; NaN for rows of a class with a single member, which are left out. */
  readonly local: Float64Array;
}

const JITTER = 1e-10;

/**
 * I(X; Y) of features [N, D] and class numbers [N], in bits or `unit: "nats"`, for D up to about 10. Features are standardised;
 * a row's k-th neighbour within its class is at distance d (largest difference of a coordinate), m - 1 rows of any class are
 * closer: psi(N) + psi(k) - psi(N_class) - psi(m), mean over rows. Compares all pairs: time grows with N^2 D.
 * Source: Ross 2014.
 *
 * @throws DataError for NaN, labels that do not fit, or no class with two rows; ConfigError for bad options.
 * @example miKsg({ shape: [N, 2], data }, labels, { seed: 0 }).value
 */
export function miKsg(features: Features, labels: ArrayLike<number>, options: NeighbourOptions): NeighbourEstimate {
  const { k, points } = prepared(features, options, "miKsg", "info.ksg");
  const classes = checkLabels(labels, points.rows, "miKsg");
  const members: number[][] = Array.from({ length: classes }, () => []);
  for (let i = 0; i < points.rows; i++) members[labels[i]!]!.push(i);
  const kept = members.filter((rows) => rows.length > 1).flat();
  if (kept.length === 0) {
    throw dataError("miKsg: no class has two rows, so no row has a neighbour of the same class. Give more rows.");
  }
  const local = new Float64Array(points.rows).fill(Number.NaN);
  for (const i of kept) {
    const sameClass = members[labels[i]!]!;
    const rank = Math.min(k, sameClass.length - 1);
    const distance = nearest(points, i, sameClass, rank);
    const closer = countCloser(points, i, kept, distance);
    local[i] = inUnit(digamma(kept.length) + digamma(rank) - digamma(sameClass.length) - digamma(1 + closer), options);
  }
  return summary(local, kept);
}

/**
 * I(X; Y) of two sets of features [N, D1] and [N, D2], in bits or `unit: "nats"`: d is the distance to the k-th neighbour in the
 * joint space, n_x and n_y count closer rows in each alone; psi(k) + psi(N) - psi(n_x + 1) - psi(n_y + 1), mean over rows.
 * Source: Kraskov, Stögbauer and Grassberger 2004, first form.
 *
 * @throws DataError for NaN, different numbers of rows or fewer than two; ConfigError for bad options.
 * @example miKsgContinuous({ shape: [N], data: x }, { shape: [N], data: y }, { seed: 0 }).value
 */
export function miKsgContinuous(x: Features, y: Features, options: NeighbourOptions): NeighbourEstimate {
  const first = prepared(x, options, "miKsgContinuous", "info.ksg.x");
  const second = prepared(y, options, "miKsgContinuous", "info.ksg.y");
  const { rows } = first.points;
  if (rows !== second.points.rows || rows < 2) {
    throw dataError(
      `miKsgContinuous: ${rows} rows beside ${second.points.rows}; both sides need the same rows, at least two.`,
    );
  }
  const width = first.points.width + second.points.width;
  const data = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    data.set(first.points.data.subarray(i * first.points.width, (i + 1) * first.points.width), i * width);
    data.set(
      second.points.data.subarray(i * second.points.width, (i + 1) * second.points.width),
      i * width + first.points.width,
    );
  }
  const joint = { rows, width, data };
  const all = Array.from({ length: rows }, (_, i) => i);
  const rank = Math.min(first.k, rows - 1);
  const local = Float64Array.from(all, (i) => {
    const distance = nearest(joint, i, all, rank);
    const nx = countCloser(first.points, i, all, distance);
    const ny = countCloser(second.points, i, all, distance);
    return inUnit(digamma(rank) + digamma(rows) - digamma(nx + 1) - digamma(ny + 1), options);
  });
  return summary(local, all);
}

function prepared(
  features: Features,
  options: NeighbourOptions,
  where: string,
  name: string,
): { k: number; points: Points } {
  checkKeys(where, options, ["seed", "k", "unit"]);
  const k = checkWhole(where, "k", options.k ?? 3, 1);
  const draw = stream(checkWhole(where, "seed", options.seed, 0), name);
  const points = pointsOf(features, where);
  standardisePoints(points);
  for (let i = 0; i < points.data.length; i++) points.data[i]! += JITTER * draw.normal();
  return { k, points };
}

/** Distance of row i to its k-th nearest among `others`, itself left out. */
function nearest({ data, width }: Points, i: number, others: readonly number[], k: number): number {
  const best = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  for (const j of others) {
    if (j === i) continue;
    const limit = best[k - 1]!;
    let distance = 0;
    for (let f = 0; f < width && distance < limit; f++) {
      const difference = Math.abs(data[i * width + f]! - data[j * width + f]!);
      if (difference > distance) distance = difference;
    }
    if (distance >= limit) continue;
    let at = k - 1;
    for (; at > 0 && best[at - 1]! > distance; at--) best[at] = best[at - 1]!;
    best[at] = distance;
  }
  return best[k - 1]!;
}

/** How many of `others` besides row i are strictly closer to it than `distance`. */
function countCloser({ data, width }: Points, i: number, others: readonly number[], distance: number): number {
  let count = 0;
  for (const j of others) {
    let f = 0;
    while (f < width && Math.abs(data[i * width + f]! - data[j * width + f]!) < distance) f++;
    if (f === width && j !== i) count++;
  }
  return count;
}

function summary(local: Float64Array, kept: readonly number[]): NeighbourEstimate {
  const value = kept.reduce((sum, i) => sum + local[i]!, 0) / kept.length;
  const square = kept.reduce((sum, i) => sum + (local[i]! - value) ** 2, 0) / Math.max(1, kept.length - 1);
  return { value, se: Math.sqrt(square / kept.length), local };
}
