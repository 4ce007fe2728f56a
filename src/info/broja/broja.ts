/** @file Public interface of BROJA: atoms and a certified bracket in bits. */

import { factorCost } from "../linear/pair-system.ts";
import { checkChoice, checkKeys, checkPositive, checkWhole, NATS_PER_BIT } from "../options.ts";
import { type Atoms, type Sources, sources } from "../sources.ts";
import type { Table, TableInput } from "../table.ts";
import { interiorPoint } from "./interior-point.ts";
import { type Program, program } from "./program.ts";
import { alternatingScaling } from "./scaling.ts";

/** How the optimum is found. "auto" takes the interior point unless its linear system is too large. */
export type BrojaMethod = "auto" | "interior-point" | "scaling";

/** Options of broja; all may be left out. */
export interface BrojaOptions {
  /** Maximal gap in bits that counts as converged; 1e-9. */
  readonly tol?: number;
  /** Maximal number of steps of the interior point (200) or sweeps of the scaling (10 000). */
  readonly maxIter?: number;
  readonly method?: BrojaMethod;
}

/** An optimum with its certificate, in bits. */
export interface Certificate {
  /** The optimum is not below this. */
  readonly lower: number;
  /** The optimum is not above this. */
  readonly upper: number;
  /** upper - lower. */
  readonly gap: number;
  /** Whether the gap is at most `tol`; never true without a bracket that proves it. */
  readonly converged: boolean;
  readonly iterations: number;
}

/** Atoms of BROJA; lower and upper bracket min I_q(X1, X2; Y), which every atom is one or two informations away from. */
export interface BrojaResult extends Atoms, Certificate {}

const DEFAULT_TOL = 1e-9;
/** Multiply-adds of one interior point step (one or two seconds) and numbers in its matrices (half a GiB), at most. */
const MOST_WORK = 2e9;
const MOST_NUMBERS = 2 ** 26;

/**
 * The decomposition of Bertschinger, Rauh, Olbrich, Jost and Ay (2014) for a table [x1, x2, y], in bits:
 * U1 = min I_q(X1; Y | X2) over all distributions q with the table's p(x1, y) and p(x2, y). All atoms are 0 or more.
 * The bracket is repaired and allows for rounding; the atoms use its midpoint, at most gap / 2 from the truth.
 *
 * @throws ShapeError, DataError for a table that jointTable refuses; ConfigError for unknown options.
 * @example broja(xor)  // { R: 0, U1: 0, U2: 0, S: 1, lower: 0, upper: 0, gap: 0, converged: true, iterations: 0 } to 1e-9
 */
export function broja(input: TableInput, options: BrojaOptions = {}): BrojaResult {
  return brojaOf(sources(input, "broja"), options).result;
}

/**
 * The optimal law q of BROJA as a table [x1, x2, y] of the same shape, with its bracket: it has the table's source-target
 * margins and no synergy, so rows drawn from it are the null of a test for synergy. Source: Bertschinger et al. 2014.
 * @example brojaLaw(xor).law.p  // 1/8 in each cell
 */
export function brojaLaw(input: TableInput, options: BrojaOptions = {}): { law: Table; result: BrojaResult } {
  const marginals = sources(input, "brojaLaw");
  const { q, cells, result } = brojaOf(marginals, options);
  const { shape, total, p: cellsOfTable } = marginals.table;
  const p = new Float64Array(cellsOfTable.length);
  for (let c = 0; c < q.length; c++) p[cells.index[c]!] = q[c]!;
  return { law: { shape, p, total }, result };
}

/** BROJA of checked sources, with the optimal distribution by cell. */
export function brojaOf(
  marginals: Sources,
  options: BrojaOptions,
): { result: BrojaResult; q: Float64Array; cells: Program["cells"] } {
  checkKeys("broja", options, ["tol", "maxIter", "method"]);
  const tol = checkPositive("broja", "tol", options.tol ?? DEFAULT_TOL);
  const method = checkChoice("broja", "method", options.method ?? "auto", ["auto", "interior-point", "scaling"]);
  const posed = program(marginals);
  const scaling = method === "scaling" || (method === "auto" && tooLarge(posed));
  const maxIter = checkWhole("broja", "maxIter", options.maxIter ?? (scaling ? 10_000 : 200), 0);
  // Each of the last steps gains a factor of ten: aiming below `tol` costs one step and keeps the midpoint well inside.
  const aim = (tol / 10) * NATS_PER_BIT;
  const { bracket, q, iterations } = (scaling ? alternatingScaling : interiorPoint)(posed, aim, maxIter);

  const { I1, I2, I12 } = marginals;
  // No atom is negative, so I* lies in [max(I1, I2), min(I12, I1 + I2)]; rounding of these is a few units.
  const rounding = 32 * Number.EPSILON * (1 + posed.hy);
  const min = Math.max(I1, I2);
  const max = Math.max(min, Math.min(I12, I1 + I2));
  const lower = Math.max(bracket.lower, min - rounding);
  const upper = Math.max(lower, Math.min(bracket.upper, max + rounding));
  const optimum = Math.min(max, Math.max(min, (lower + upper) / 2));
  const gap = (upper - lower) / NATS_PER_BIT;
  const result = {
    R: (I1 + I2 - optimum) / NATS_PER_BIT,
    U1: (optimum - I2) / NATS_PER_BIT,
    U2: (optimum - I1) / NATS_PER_BIT,
    S: (I12 - optimum) / NATS_PER_BIT,
    lower: lower / NATS_PER_BIT,
    upper: upper / NATS_PER_BIT,
    gap,
    converged: gap <= tol,
    iterations,
  };
  return { result, q, cells: posed.cells };
}

function tooLarge({ cells: { rows1, rows2 } }: Program): boolean {
  const numbers = rows1.size * rows2.size + rows2.size ** 2;
  return factorCost(rows1.size, rows2.size) > MOST_WORK || numbers > MOST_NUMBERS;
}
