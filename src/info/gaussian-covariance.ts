/** @file A covariance of two sources and a target, validated and converted to the target's posterior covariances. */
import { configError, dataError, listing, shapeError } from "../core/errors.ts";
import { formatShape } from "../core/shape.ts";
import { type Factor, factorOf, gramOf, type Rows, solveBelow } from "./linear/symmetric.ts";

/** A covariance or correlation matrix [n, n]: rows, or a tensor. */
export type CovarianceInput =
  | readonly (readonly number[])[]
  | { readonly shape: readonly number[]; readonly data: ArrayLike<number> };

/** Which columns of the covariance are what, from 0. */
export interface GaussianRoles {
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly target: readonly number[];
}

/** Ranks of the sources' covariances, of theirs together, and of the target's. */
export interface Widths {
  readonly first: number;
  readonly second: number;
  readonly both: number;
  readonly target: number;
}

/** Explained covariances of a target with covariance I, without dependent columns. */
interface Explained {
  /** W = I - Cov(Y | X), [width, width], of the first source, the second and both. */
  readonly first: Rows;
  readonly second: Rows;
  readonly both: Rows;
  /** Columns that are constant or a linear function of others of the same role. */
  readonly dropped: readonly number[];
  /** How many columns were kept, of each and of both sources together. */
  readonly widths: Widths;
  /** Factor by which errors of W can exceed rounding, for sources and target together. */
  readonly condition: number;
}

/** Share of a column's variance at which it counts as a linear function of others. */
export const DEPENDENT = 1e-12;
/** Tolerance for negative eigenvalues due to matrices written with few digits. */
const IMPOSSIBLE = 1e-10;
/** Tolerated relative difference of two entries that should be equal. */
const SYMMETRIC = 1e-8;

/** Reads a covariance. @throws ShapeError, ConfigError for roles, DataError for a matrix that is no covariance. */
export function explained(
  input: CovarianceInput,
  roles: GaussianRoles,
  where: string,
  name: (column: number) => string,
): Explained {
  const { size, at } = matrixOf(input, where, name);
  checkRoles(roles, size, where, name);
  const scale = scalesOf(size, at, where, name);
  const correlation = (i: number, j: number): number => at(i, j) * scale[i]! * scale[j]!;
  const factor = (columns: readonly number[]): Factor =>
    factorOf(columns.length, (i, j) => correlation(columns[i]!, columns[j]!), DEPENDENT);

  const sources = [...roles.first, ...roles.second];
  const whole = factor([...sources, ...roles.target]);
  if (whole.impossible > IMPOSSIBLE) {
    throw dataError(
      `${where}: the matrix is no covariance: it has an eigenvalue below 0. ` +
        "If it was written as text, write all digits; if entries were estimated one by one, from rows with gaps, take complete rows.",
      { impossible: whole.impossible },
    );
  }
  // Columns are taken in order, so the factors of the first source and of both are leading blocks of the whole's.
  const [x1, x12] = [leading(whole, roles.first.length), leading(whole, sources.length)];
  const [x2, y] = [factor(roles.second), factor(roles.target)];
  if (y.kept.length === 0)
    throw dataError(`${where}: the target is constant, so no source has information about it. Choose another target.`);
  const target = y.kept.map((k) => roles.target[k]!);
  const whitened = (source: Factor, columns: readonly number[]): Float64Array[] => {
    const rows = source.kept.map((k) => Float64Array.from(target, (t) => correlation(columns[k]!, t)));
    for (let i = 0; i < rows.length; i++) {
      const [row, lower] = [rows[i]!, source.lower[i]!];
      for (let k = 0; k < i; k++) for (let t = 0; t < row.length; t++) row[t]! -= lower[k]! * rows[k]![t]!;
      for (let t = 0; t < row.length; t++) row[t]! /= lower[i]!;
    }
    return rows.map((row) => solveBelow(y.lower, row));
  };
  const both = whitened(x12, sources);
  const dropped = [x1, x2, y].flatMap((factor, r) =>
    factor.dropped.map((k) => [roles.first, roles.second, roles.target][r]![k]!),
  );
  return {
    widths: { first: x1.kept.length, second: x2.kept.length, both: x12.kept.length, target: target.length },
    first: gramOf(transposed(both.slice(0, x1.kept.length), target.length)),
    second: gramOf(transposed(whitened(x2, roles.second), target.length)),
    both: gramOf(transposed(both, target.length)),
    dropped: dropped.sort((a, b) => a - b),
    condition: 1 / Math.min(1, ...x1.pivots, ...x2.pivots) + 1 / Math.min(...y.pivots),
  };
}

/** 1 / standard deviation of each column, 0 for a constant one. @throws DataError where variances and covariances disagree. */
function scalesOf(
  size: number,
  at: (i: number, j: number) => number,
  where: string,
  name: (column: number) => string,
): Float64Array {
  const spread = Float64Array.from({ length: size }, (_, i) => {
    if (!(at(i, i) >= 0))
      throw dataError(`${where}: column ${name(i)} has variance ${at(i, i)}; a variance is 0 or more.`);
    return Math.sqrt(at(i, i));
  });
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      const [one, other] = [at(i, j), at(j, i)];
      if (Math.abs(one - other) > SYMMETRIC * Math.max(Math.abs(one), spread[i]! * spread[j]!)) {
        throw dataError(
          `${where}: entry (${name(i)}, ${name(j)}) is ${one} and (${name(j)}, ${name(i)}) is ${other}; a covariance is symmetric.`,
        );
      }
      if (one !== 0 && spread[i]! * spread[j]! === 0) {
        const [constant, column] = spread[i] === 0 ? [i, j] : [j, i];
        throw dataError(
          `${where}: column ${name(constant)} has variance 0, yet its covariance with column ${name(column)} is ${one}; a constant column has covariance 0 with every column.`,
        );
      }
    }
  }
  return spread.map((value) => (value > 0 ? 1 / value : 0));
}

/** The factor of the first `columns` columns: a leading block of the whole factor. */
function leading({ kept, dropped, lower, pivots, impossible }: Factor, columns: number): Factor {
  const among = (list: readonly number[]): number[] => list.filter((column) => column < columns);
  const size = among(kept).length;
  return {
    kept: among(kept),
    dropped: among(dropped),
    lower: lower.slice(0, size),
    pivots: pivots.slice(0, size),
    impossible,
  };
}

function transposed(rows: Rows, columns: number): Float64Array[] {
  return Array.from({ length: columns }, (_, j) => Float64Array.from(rows, (row) => row[j]!));
}

function matrixOf(
  input: CovarianceInput,
  where: string,
  name: (column: number) => string,
): { size: number; at: (i: number, j: number) => number } {
  const rows = "data" in input ? undefined : input;
  const shape = "data" in input ? input.shape : [input.length, input[0]?.length ?? 0];
  const size = shape[0] ?? 0;
  const ragged = rows?.findIndex((row) => row.length !== size) ?? -1;
  const numbers = "data" in input ? input.data.length : size * size;
  if (size === 0 || shape.length !== 2 || shape[1] !== size || numbers !== size * size || ragged >= 0) {
    const given =
      ragged > 0
        ? `row ${ragged} holds ${rows![ragged]!.length} of ${size} numbers`
        : `its shape is ${formatShape(shape)}`;
    throw shapeError(`${where}: a covariance is square, [n, n]; ${given}.`, { shape });
  }
  const data = new Float64Array(size * size);
  if ("data" in input) data.set(input.data);
  else for (let i = 0; i < size; i++) data.set(input[i]!, i * size);
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) {
      throw dataError(
        `${where}: entry (${name(Math.floor(i / size))}, ${name(i % size)}) is ${data[i]}; a covariance holds finite numbers.`,
      );
    }
  }
  return { size, at: (i, j) => data[i * size + j]! };
}

function checkRoles(roles: GaussianRoles, size: number, where: string, name: (column: number) => string): void {
  const seen = new Map<number, string>();
  for (const role of ["first", "second", "target"] as const) {
    if (!Array.isArray(roles[role]) || roles[role].length === 0) {
      throw configError(`${where}: no column is the ${role}; name at least one, as in ${role}: [0].`, { role });
    }
    for (const column of roles[role]) {
      if (!Number.isSafeInteger(column) || column < 0 || column >= size) {
        throw configError(`${where}: ${role} names column ${column}; the covariance has columns 0 to ${size - 1}.`, {
          column,
        });
      }
      if (seen.has(column)) {
        const both = seen.get(column) === role ? `twice in ${role}` : `in ${seen.get(column)} and in ${role}`;
        throw configError(`${where}: column ${name(column)} is named ${both}; a column has one role.`, { column });
      }
      seen.set(column, role);
    }
  }
}

/** The error for infinite information about the target. */
export function endless(where: string, sources: readonly string[]): Error {
  return dataError(
    `${where}: ${listing(sources)} determine${sources.length === 1 ? "s" : ""} a direction of the target to 12 digits, which is no finite number of bits. ` +
      "A covariance of fewer rows than columns does so: take more rows or fewer columns. Else a column of the target is among the sources: leave it out, or add the noise it is measured with to its variance.",
    { sources },
  );
}
