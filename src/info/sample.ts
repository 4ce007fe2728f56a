/** @file Rows: the counts behind a table, and rows drawn from one, in named seeded streams. */
import { dataError } from "../core/errors.ts";
import { type Stream, stream } from "../core/random.ts";
import { checkKeys, checkWhole } from "./options.ts";
import { sumOf } from "./sum.ts";
import { jointTable, type Table, type TableInput } from "./table.ts";

/** The most rows that resampling expands or draws, one by one. */
export const MAX_ROWS: number = 2 ** 25;

/**
 * The counts behind a table.
 * @throws DataError when its cells were not whole numbers (probabilities have no N), or for more than MAX_ROWS rows.
 */
export function countsOf(table: Table, where: string): Float64Array {
  if (table.total > MAX_ROWS) {
    throw dataError(
      `${where}: the table counts ${table.total} rows; at most ${MAX_ROWS} are resampled. ` +
        "So many rows need no correction; or give counts of a part of them.",
      { rows: table.total, most: MAX_ROWS },
    );
  }
  const counts = table.p.map((p) => Math.round(p * table.total));
  const whole = Math.round(table.total);
  const exact = table.p.every((p, i) => Math.abs(p * table.total - counts[i]!) <= 1e-6 * Math.max(1, counts[i]!));
  if (!exact || whole < 1 || sumOf(counts) !== whole) {
    throw dataError(
      `${where}: the cells sum to ${table.total} and are not all whole numbers; sample size is needed here. ` +
        "Give counts, not probabilities.",
      { total: table.total },
    );
  }
  return counts;
}

/** A seed (required) and the number of rows. */
export interface SampleOptions {
  readonly rows: number;
  readonly seed: number;
}

/**
 * Independent rows of a table: one column of symbols per axis. The same seed gives the same rows on every platform.
 * @throws ConfigError when rows or seed is not a whole number.
 * @example const [x1, x2, y] = sampleRows(xor, { rows: 1000, seed: 0 })
 */
export function sampleRows(input: TableInput, options: SampleOptions): Uint32Array[] {
  checkKeys("sampleRows", options, ["rows", "seed"]);
  const table = jointTable(input);
  const rows = checkWhole("sampleRows", "rows", options.rows, 1, MAX_ROWS);
  const draw = cellSampler(table.p, stream(checkWhole("sampleRows", "seed", options.seed, 0), "info.rows"));
  const columns = table.shape.map(() => new Uint32Array(rows));
  for (let row = 0; row < rows; row++) {
    let cell = draw();
    for (let axis = table.shape.length - 1; axis >= 0; axis--) {
      columns[axis]![row] = cell % table.shape[axis]!;
      cell = Math.floor(cell / table.shape[axis]!);
    }
  }
  return columns;
}

/** Counts of `rows` independent rows of a table, as a table; `draws` is used up by one uniform number a row. */
export function resample(table: Table, rows: number, draws: Stream): Table {
  const counts = new Float64Array(table.p.length);
  const draw = cellSampler(table.p, draws);
  for (let row = 0; row < rows; row++) counts[draw()]!++;
  return jointTable({ shape: table.shape, data: counts });
}

/** Draws cells with probabilities p in constant time each (alias method: Walker 1977, Vose 1991). */
function cellSampler(p: Float64Array, draws: Stream): () => number {
  const n = p.length;
  const share = p.map((value) => value * n);
  const alias = new Uint32Array(n);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < n; i++) (share[i]! < 1 ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const low = small.pop()!;
    const high = large[large.length - 1]!;
    alias[low] = high;
    share[high]! -= 1 - share[low]!;
    if (share[high]! < 1) small.push(large.pop()!);
  }
  // What is left has share 1 up to rounding; a cell of probability 0 must still never be drawn.
  const filled = p.findIndex((value) => value > 0);
  for (const i of [...small, ...large]) {
    alias[i] = p[i]! > 0 ? i : filled;
    share[i] = p[i]! > 0 ? 1 : 0;
  }
  return () => {
    const scaled = draws.uniform() * n;
    const i = Math.floor(scaled);
    return scaled - i < share[i]! ? i : alias[i]!;
  };
}
