/** @file Measures of single realisations: I_± (specificity and ambiguity), shared exclusions, the pointwise minimum. */
import { checkChoice, checkKeys, inUnit, type UnitOption } from "../options.ts";
import { type Sources, sources } from "../sources.ts";
import { Sum } from "../sum.ts";
import type { TableInput } from "../table.ts";

/** Redundancy measures with a value per realisation. */
export type PointwiseMeasure = "pm" | "sx" | "pmin";
export const POINTWISE_MEASURES: readonly PointwiseMeasure[] = ["pm", "sx", "pmin"];

/** One entry per realisation with p > 0, in the order of (x1, x2, y); a column each. Informations may be negative. */
export interface PointwiseTable {
  readonly x1: Uint32Array;
  readonly x2: Uint32Array;
  readonly y: Uint32Array;
  /** Probability of the realisation. */
  readonly p: Float64Array;
  /** log p(x1, y) / (p(x1) p(y)); its mean is I(X1; Y). */
  readonly i1: Float64Array;
  readonly i2: Float64Array;
  readonly i12: Float64Array;
  /** Redundant part; u1 = i1 - r, u2 = i2 - r, s = i12 - i1 - i2 + r. */
  readonly r: Float64Array;
  readonly u1: Float64Array;
  readonly u2: Float64Array;
  readonly s: Float64Array;
  /** For "pm" alone: specificity min(h1, h2) and ambiguity min(h1|y, h2|y), whose difference is r. */
  readonly rPlus?: Float64Array;
  readonly rMinus?: Float64Array;
}

/** Options of pointwise: the measure (the pointwise minimum by default) and the unit. */
export interface PointwiseOptions extends UnitOption {
  readonly measure?: PointwiseMeasure;
}

/**
 * Informations and atoms of every realisation of a table [x1, x2, y]; in bits, or `unit: "nats"`.
 * - "pmin": r = min(i1, i2). The default for typing samples; invariant to relabelling of a source. Source: ours.
 * - "pm": r = min(h1, h2) - min(h1|y, h2|y), h = -log p. Source: Finn and Lizier 2018.
 * - "sx": r = log P(y | x1 or x2) / P(y), shared exclusions. Source: Makkeh, Gutknecht, Wibral 2021.
 * @example pointwise(xor).s  // [1, 1, 1, 1]
 */
export function pointwise(input: TableInput, options: PointwiseOptions = {}): PointwiseTable {
  checkKeys("pointwise", options, ["measure", "unit"]);
  const measure = checkChoice("pointwise", "measure", options.measure ?? "pmin", POINTWISE_MEASURES);
  const rows = realisations(sources(input, "pointwise"), measure);
  const columns = [rows.i1, rows.i2, rows.i12, rows.r, rows.u1, rows.u2, rows.s, rows.rPlus, rows.rMinus];
  for (const column of columns) {
    if (column !== undefined) for (let i = 0; i < column.length; i++) column[i] = inUnit(column[i]!, options);
  }
  return rows;
}

/** The mean of a pointwise redundancy over a table, in nats; for "pm" also of its two parts. */
export function meanRedundancy(
  marginals: Sources,
  measure: PointwiseMeasure,
): { r: number; plus: number; minus: number } {
  const rows = realisations(marginals, measure);
  return { r: mean(rows.p, rows.r), plus: mean(rows.p, rows.rPlus), minus: mean(rows.p, rows.rMinus) };
}

/** The columns in nats. */
function realisations(marginals: Sources, measure: PointwiseMeasure): PointwiseTable {
  const { table, n1, n2, ny, p1, p2, py, p12, p1y, p2y } = marginals;
  let rows = 0;
  for (const p of table.p) if (p > 0) rows++;
  const column = (): Float64Array => new Float64Array(rows);
  const [x1s, x2s, ys] = [new Uint32Array(rows), new Uint32Array(rows), new Uint32Array(rows)];
  const [ps, i1s, i2s, i12s, rs, u1s, u2s, ss] = Array.from({ length: 8 }, column) as Columns;
  const plus = measure === "pm" ? column() : undefined;
  const minus = measure === "pm" ? column() : undefined;
  let row = 0;
  for (let x1 = 0; x1 < n1; x1++) {
    for (let x2 = 0; x2 < n2; x2++) {
      const pair = x1 * n2 + x2;
      for (let y = 0; y < ny; y++) {
        const p = table.p[pair * ny + y]!;
        if (p === 0) continue;
        const [a, b] = [p1y[x1 * ny + y]!, p2y[x2 * ny + y]!];
        const i1 = Math.log(a / p1[x1]! / py[y]!);
        const i2 = Math.log(b / p2[x2]! / py[y]!);
        const i12 = Math.log(p / p12[pair]! / py[y]!);
        let r: number;
        if (plus !== undefined && minus !== undefined) {
          plus[row] = -Math.log(Math.max(p1[x1]!, p2[x2]!));
          minus[row] = -Math.log(Math.max(a, b) / py[y]!);
          r = plus[row]! - minus[row]!;
        } else if (measure === "sx") {
          r = Math.log((a + b - p) / (p1[x1]! + p2[x2]! - p12[pair]!) / py[y]!);
        } else {
          r = Math.min(i1, i2);
        }
        [x1s[row], x2s[row], ys[row], ps[row]] = [x1, x2, y, p];
        [i1s[row], i2s[row], i12s[row], rs[row]] = [i1, i2, i12, r];
        [u1s[row], u2s[row], ss[row]] = [i1 - r, i2 - r, i12 - i1 - i2 + r];
        row++;
      }
    }
  }
  const result = { x1: x1s, x2: x2s, y: ys, p: ps, i1: i1s, i2: i2s, i12: i12s, r: rs, u1: u1s, u2: u2s, s: ss };
  return plus === undefined || minus === undefined ? result : { ...result, rPlus: plus, rMinus: minus };
}

type Columns = [
  Float64Array,
  Float64Array,
  Float64Array,
  Float64Array,
  Float64Array,
  Float64Array,
  Float64Array,
  Float64Array,
];

function mean(p: Float64Array, values: Float64Array | undefined): number {
  if (values === undefined) return 0;
  const sum = new Sum();
  for (let i = 0; i < p.length; i++) sum.add(p[i]! * values[i]!);
  return sum.value;
}
