/** @file CVX: continuous sources to a table of clusters, on which every discrete measure and test can be run. */
import { dataError } from "../core/errors.ts";
import { permutation } from "../core/random.ts";
import { rowsFor } from "./bias.ts";
import { checkLabels, type Features, pointsOf, standardisePoints } from "./features.ts";
import { assignClusters, kMeans } from "./kmeans.ts";
import { checkKeys, checkWhole } from "./options.ts";
import { countTable, type Table } from "./table.ts";

/** Options of cvxTable. */
export interface CvxOptions {
  readonly seed: number;
  /** Clusters of each source; left out: the most of 20, 10 and 5 for which the bias of I12 stays under 0.05 bit, else 5. */
  readonly clusters?: number;
  /** k-means starts; 5. */
  readonly restarts?: number;
}

/** Counts [x1, x2, y] of clusters, from rows that did not place the centres. */
export interface CvxTable {
  readonly table: Table;
  readonly clusters: number;
  /** Rows that placed the centres, and rows counted. */
  readonly fittedRows: number;
  readonly countedRows: number;
}

/** Bias of I12, in bits, that decides the number of clusters. */
const BIAS = 0.05;

/**
 * Clusters two sources [N, D1] and [N, D2] (each standardised) on half the rows, drawn at random, and counts the other half with
 * the labels [N]. Clusters lose information: I12 of the table is below the features', and S may go either way.
 * Source: Liang et al. 2023; feed the table to pid, bootstrap and synergyTest.
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
  const order = permutation(rows, seed, "info.cvx");
  const fittedRows = rows >> 1;
  const countedRows = rows - fittedRows;
  const clusters =
    options.clusters === undefined
      ? ([20, 10].find((k) => rowsFor([k, k, classes], BIAS) <= countedRows) ?? 5)
      : checkWhole("cvxTable", "clusters", options.clusters, 2);
  const columns = [first, second].map((points) => {
    standardisePoints(points);
    const part = (from: number, to: number): Features => {
      const data = new Float64Array((to - from) * points.width);
      for (let i = from; i < to; i++) {
        data.set(
          points.data.subarray(order[i]! * points.width, (order[i]! + 1) * points.width),
          (i - from) * points.width,
        );
      }
      return { shape: [to - from, points.width], data };
    };
    const model = kMeans(part(0, fittedRows), {
      clusters: Math.min(clusters, fittedRows),
      seed,
      restarts: options.restarts ?? 5,
    });
    return assignClusters(model, part(fittedRows, rows));
  });
  const counted = Int32Array.from({ length: countedRows }, (_, i) => labels[order[fittedRows + i]!]!);
  return {
    table: countTable([...columns, counted], [clusters, clusters, classes]),
    clusters,
    fittedRows,
    countedRows,
  };
}
