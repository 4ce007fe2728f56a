/** @file CVX: clusters continuous sources into a table, for all discrete measures and tests. */
import { dataError } from "../core/errors.ts";
import { permutation } from "../core/random.ts";
import { rowsFor } from "./bias.ts";
import { checkLabels, type Features, pointsOf, rowsOf, standardisePoints } from "./features.ts";
import { assignClusters, kMeans } from "./kmeans.ts";
import { checkKeys, checkWhole } from "./options.ts";
import { type PidMeasure, type PidResult, pid } from "./pid.ts";
import { countTable, type Table } from "./table.ts";

/** Options of cvxTable. */
export interface CvxOptions {
  readonly seed: number;
  /** Clusters of each source; default: the largest of 20, 10 and 5 with a bias of I12 below 0.05 bit, else 5. */
  readonly clusters?: number;
  /** k-means starts; 5. */
  readonly restarts?: number;
}

/** Counts [x1, x2, y] of clusters, from rows that were not used to fit the centres. */
export interface CvxTable {
  readonly table: Table;
  readonly clusters: number;
  /** Rows that the centres were fitted to, and rows counted. */
  readonly fittedRows: number;
  readonly countedRows: number;
}

/** The decomposition of clusters, with the table it was made from. */
export interface CvxEstimate extends CvxTable, PidResult {}

/** Bias of I12, in bits, that decides the number of clusters. */
const BIAS = 0.05;

/**
 * Clusters two sources [N, D1] and [N, D2] (each standardised) on half the rows, drawn at random, and counts the other half with
 * the labels [N]. Clusters lose information: I12 of the table is below the features', and S may be larger or smaller.
 * Source: Liang et al. 2023; cvxEstimate decomposes it.
 *
 * @throws DataError for NaN, other labels, or fewer than 20 rows; ConfigError for bad options.
 * @example pid(cvxTable(audio, face, labels, { seed: 0 }).table).S
 */
export function cvxTable(x1: Features, x2: Features, labels: ArrayLike<number>, options: CvxOptions): CvxTable {
  checkKeys("cvxTable", options, ["seed", "clusters", "restarts"]);
  const seed = checkWhole("cvxTable", "seed", options.seed, 0);
  const [first, second] = [pointsOf(x1, "cvxTable"), pointsOf(x2, "cvxTable")];
  const { rows } = first;
  if (second.rows !== rows || rows < 20) {
    throw dataError(`cvxTable: ${rows} rows beside ${second.rows}; both sources need the same rows, at least 20.`);
  }
  const classes = checkLabels(labels, rows, "cvxTable");
  const fittedRows = rows >> 1;
  const countedRows = rows - fittedRows;
  const clusters =
    options.clusters === undefined
      ? ([20, 10].find((k) => rowsFor([k, k, classes], BIAS) <= countedRows) ?? 5)
      : checkWhole("cvxTable", "clusters", options.clusters, 2);
  const order = [...permutation(rows, seed, "info.cvx")];
  const [placing, counting] = [order.slice(0, fittedRows), order.slice(fittedRows)];
  const columns = [first, second].map((points) => {
    standardisePoints(points);
    const model = kMeans(rowsOf(points, placing), {
      clusters: Math.min(clusters, fittedRows),
      seed,
      restarts: options.restarts ?? 5,
    });
    return assignClusters(model, rowsOf(points, counting));
  });
  const counted = Int32Array.from(counting, (row) => labels[row]!);
  return {
    table: countTable([...columns, counted], [clusters, clusters, classes]),
    clusters,
    fittedRows,
    countedRows,
  };
}

/**
 * The decomposition of two sources by clusters: cvxTable, then pid on its counts; bits. There is no bias
 * correction: see correctedAtoms, bootstrap and synergyTest, which take the table. Source: Liang et al. 2023.
 *
 * @throws as cvxTable does; ConfigError for an unknown measure.
 * @example cvxEstimate(audio, face, labels, { seed: 0 }).S
 */
export function cvxEstimate(
  x1: Features,
  x2: Features,
  labels: ArrayLike<number>,
  options: CvxOptions & { readonly measure?: PidMeasure },
): CvxEstimate {
  const { measure = "broja", ...rest } = options;
  const made = cvxTable(x1, x2, labels, rest);
  return { ...made, ...pid(made.table, { measure }) };
}
