/** @file Features: checked rows of numbers, the input of estimators. */
import { dataError, shapeError } from "../core/errors.ts";
import { formatShape } from "../core/shape.ts";

/** N rows of D numbers, row-major: shape [N, D], or [N] for one number a row. A tensor is one. */
export interface Features {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** Checked rows. */
export interface Points {
  readonly rows: number;
  readonly width: number;
  /** [rows, width] */
  readonly data: Float64Array;
}

/** Copies features for `where`. @throws ShapeError for another shape, DataError for no rows and for NaN or infinity. */
export function pointsOf({ shape, data }: Features, where: string): Points {
  const [rows = 0] = shape;
  const width = shape.slice(1).reduce((product, n) => product * n, 1);
  if (shape.length === 0 || rows * width !== data.length) {
    throw shapeError(
      `${where}: features of shape ${formatShape(shape)} hold ${data.length} numbers; [N, D] is needed.`,
      {
        shape,
        length: data.length,
      },
    );
  }
  if (rows === 0 || width === 0) {
    throw dataError(`${where}: features of shape ${formatShape(shape)}; at least one row and one number are needed.`);
  }
  const out = Float64Array.from(data);
  const bad = out.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw dataError(
      `${where}: row ${Math.floor(bad / width)} (from 0) holds ${out[bad]}; features are finite numbers. Take such rows out.`,
      { row: Math.floor(bad / width) },
    );
  }
  return { rows, width, data: out };
}

/** Some rows, in the order given. */
export function rowsOf({ width, data }: Points, rows: readonly number[]): Features {
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    out.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return { shape: [rows.length, width], data: out };
}

/** Checks class numbers [rows], whole from 0. Gives the number of classes. @throws DataError. */
export function checkLabels(labels: ArrayLike<number>, rows: number, where: string): number {
  if (labels.length !== rows) {
    throw dataError(`${where}: ${labels.length} labels for ${rows} rows; give one label a row.`);
  }
  let largest = 0;
  for (let i = 0; i < rows; i++) {
    const label = labels[i]!;
    if (!Number.isSafeInteger(label) || label < 0) {
      throw dataError(`${where}: the label of row ${i} (from 0) is ${label}; labels are whole numbers from 0.`, {
        row: i,
      });
    }
    if (label > largest) largest = label;
  }
  return largest + 1;
}

/** Each feature to mean 0 and standard deviation 1, in place; a constant feature becomes 0. */
export function standardisePoints({ rows, width, data }: Points): void {
  for (let f = 0; f < width; f++) {
    let mean = 0;
    for (let i = 0; i < rows; i++) mean += data[i * width + f]! / rows;
    let square = 0;
    for (let i = 0; i < rows; i++) square += (data[i * width + f]! - mean) ** 2 / rows;
    // A deviation below the rounding error of a large mean counts as 0.
    const scale = square > (1e-12 * Math.abs(mean)) ** 2 && square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let i = 0; i < rows; i++) data[i * width + f] = (data[i * width + f]! - mean) * scale;
  }
}
