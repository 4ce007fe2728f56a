/** @file Input of every two-source measure: the margins of [x1, x2, y] and the three informations, in nats. */
import { NATS_PER_BIT } from "./options.ts";
import { Sum } from "./sum.ts";
import { marginal, type Table, type TableInput, tableOfRank } from "./table.ts";

/** A table [x1, x2, y] with its margins; informations in nats. */
export interface Sources {
  readonly table: Table;
  readonly n1: number;
  readonly n2: number;
  readonly ny: number;
  /** p(x1) [n1]. */
  readonly p1: Float64Array;
  /** p(x2) [n2]. */
  readonly p2: Float64Array;
  /** p(y) [ny]. */
  readonly py: Float64Array;
  /** p(x1, x2) [n1, n2]. */
  readonly p12: Float64Array;
  /** p(x1, y) [n1, ny]. */
  readonly p1y: Float64Array;
  /** p(x2, y) [n2, ny]. */
  readonly p2y: Float64Array;
  /** I(X1; Y). */
  readonly I1: number;
  /** I(X2; Y). */
  readonly I2: number;
  /** I(X1, X2; Y). */
  readonly I12: number;
}

/** Reads a table [x1, x2, y] for `where`. @throws ShapeError, DataError as jointTable does. */
export function sources(input: TableInput, where: string): Sources {
  const table = tableOfRank(input, 3, where, "[x1, x2, y]");
  const [n1, n2, ny] = table.shape as [number, number, number];
  const m12 = marginal(table, [0, 1]);
  const m1y = marginal(table, [0, 2]);
  const m2y = marginal(table, [1, 2]);
  const p1 = marginal(m1y, [0]).p;
  const p2 = marginal(m2y, [0]).p;
  const py = marginal(m1y, [1]).p;
  return {
    table,
    n1,
    n2,
    ny,
    p1,
    p2,
    py,
    p12: m12.p,
    p1y: m1y.p,
    p2y: m2y.p,
    I1: divergence(m1y.p, p1, py),
    I2: divergence(m2y.p, p2, py),
    I12: divergence(table.p, m12.p, py),
  };
}

/** I(A; Y) in nats from p(a, y), p(a) and p(y). */
function divergence(joint: Float64Array, pa: Float64Array, py: Float64Array): number {
  const sum = new Sum();
  const ny = py.length;
  for (let a = 0, i = 0; a < pa.length; a++) {
    for (let y = 0; y < ny; y++, i++) {
      const p = joint[i]!;
      if (p > 0) sum.add(p * Math.log(p / pa[a]! / py[y]!));
    }
  }
  return Math.max(0, sum.value);
}

/** The four parts of I(X1, X2; Y), in bits. Parts of signed measures may be negative. */
export interface Atoms {
  /** Redundant: given by either source. */
  readonly R: number;
  /** Unique to source 1. */
  readonly U1: number;
  /** Unique to source 2. */
  readonly U2: number;
  /** Synergistic: given only by both together. */
  readonly S: number;
}

/** The atoms determined by a redundancy in nats: U1 = I1 - R, U2 = I2 - R, S = I12 - I1 - I2 + R; in bits. */
export function atomsOf({ I1, I2, I12 }: Pick<Sources, "I1" | "I2" | "I12">, redundancy: number): Atoms {
  return {
    R: redundancy / NATS_PER_BIT,
    U1: (I1 - redundancy) / NATS_PER_BIT,
    U2: (I2 - redundancy) / NATS_PER_BIT,
    S: (I12 - I1 - I2 + redundancy) / NATS_PER_BIT,
  };
}
