/** @file Finite-sample bias of plug-in information, and bias-corrected atoms. */

import { configError } from "../core/errors.ts";
import { permutation } from "../core/random.ts";
import { type Informations, informationsOf } from "./estimates.ts";
import { checkChoice, checkKeys, checkPositive, checkWhole, NATS_PER_BIT } from "./options.ts";
import { countsOf } from "./sample.ts";
import type { Atoms } from "./sources.ts";
import { jointTable, type Table, type TableInput, tableOfRank } from "./table.ts";

/** How bias is estimated. */
export type BiasMethod = "none" | "miller-madow" | "permutation" | "jackknife";

/** Options of correctedAtoms. */
export interface BiasOptions {
  readonly bias: BiasMethod;
  /** Shuffles for "permutation"; 100. */
  readonly rounds?: number;
  /** Required by "permutation". */
  readonly seed?: number;
  /** Widest certified gap of I*, in bits; 1e-9. */
  readonly tol?: number;
}

/** BROJA atoms formed from corrected informations, in bits. A corrected atom may be below 0: nothing is clipped. */
export interface CorrectedAtoms extends Atoms {
  /** I1, I2, I12 and I* after the correction. */
  readonly informations: Informations;
  /** What was subtracted from each. */
  readonly bias: Informations;
  /** Whether every I* that was needed converged. */
  readonly converged: boolean;
}

/**
 * Atoms of counts [x1, x2, y] with I1, I2, I12 and I* corrected alike, then formed by the sum rules; in bits.
 * - "miller-madow": (K_A - 1)(K_Y - 1) / (2 N ln 2) with K the occupied symbols (pairs for I12). Informations that are equal as one
 *   source adds nothing to the other get the same bias, the smaller: symbols without further information have none by chance either.
 *   I* has no such formula; ours: R = rho min(I1, I2) shrinks by the share rho of the bias of the information it is part of.
 * - "permutation": the mean over shuffles of y, which leave no information. Subtracts all of a small true value.
 * - "jackknife": (N - 1)(mean over rows left out - plug-in); one decomposition per occupied cell.
 * Source: Miller 1955; Quenouille 1956.
 *
 * @throws DataError when the cells are not counts; ConfigError for unknown options or a missing seed.
 * @example correctedAtoms(counts, { bias: "miller-madow" }).S
 */
export function correctedAtoms(input: TableInput, options: BiasOptions): CorrectedAtoms {
  checkKeys("correctedAtoms", options, ["bias", "rounds", "seed", "tol"]);
  const method = checkChoice<BiasMethod>("correctedAtoms", "bias", options.bias, [
    "none",
    "miller-madow",
    "permutation",
    "jackknife",
  ]);
  const tol = checkPositive("correctedAtoms", "tol", options.tol ?? 1e-9);
  const table = tableOfRank(input, 3, "correctedAtoms", "[x1, x2, y]");
  const plugIn = informationsOf(table, tol);
  const { values: bias, converged } = biasOf(table, method, plugIn.values, options, tol);
  const informations = {
    I1: plugIn.values.I1 - bias.I1,
    I2: plugIn.values.I2 - bias.I2,
    I12: plugIn.values.I12 - bias.I12,
    optimum: plugIn.values.optimum - bias.optimum,
  };
  const { I1, I2, I12, optimum } = informations;
  return {
    R: I1 + I2 - optimum,
    U1: optimum - I2,
    U2: optimum - I1,
    S: I12 - optimum,
    informations,
    bias,
    converged: converged && plugIn.converged,
  };
}

/**
 * Miller and Madow's bias of I(A; B) in bits, from the occupied symbols of A and B and the number of rows. Source: Miller 1955.
 * @example millerMadow(64, 4, 1000)  // 0.136: chance information of 64 pairs and 4 classes
 */
export function millerMadow(occupiedA: number, occupiedB: number, rows: number): number {
  return ((occupiedA - 1) * (occupiedB - 1)) / (2 * rows * NATS_PER_BIT);
}

/**
 * Rows needed for the bias of I(X1, X2; Y) to be at most `bias` bits: (K1 K2 - 1)(K_Y - 1) / (2 bias ln 2). Source: Miller 1955.
 * @example rowsFor([8, 8, 4], 0.01)  // 13634
 */
export function rowsFor(symbols: readonly [number, number, number], bias: number): number {
  checkPositive("rowsFor", "bias", bias);
  return Math.ceil(millerMadow(symbols[0] * symbols[1], symbols[2], 1) / bias);
}

/** Miller-Madow biases of I1, I2 and I12 of a table with counts. */
export function millerMadowOf(table: Table): { I1: number; I2: number; I12: number } {
  const [n1, n2, ny] = table.shape as [number, number, number];
  const [seen1, seen2, seenY, seen12] = [new Set<number>(), new Set<number>(), new Set<number>(), new Set<number>()];
  for (let cell = 0; cell < table.p.length; cell++) {
    if (table.p[cell] === 0) continue;
    const pair = Math.floor(cell / ny);
    seenY.add(cell % ny);
    seen12.add(pair);
    seen1.add(Math.floor(pair / n2) % n1);
    seen2.add(pair % n2);
  }
  return {
    I1: millerMadow(seen1.size, seenY.size, table.total),
    I2: millerMadow(seen2.size, seenY.size, table.total),
    I12: millerMadow(seen12.size, seenY.size, table.total),
  };
}

/** Counts with the target shuffled against the pairs of sources: the same margins, no information. */
export function shuffledTarget(table: Table, seed: number, name: string, round: number): Table {
  const counts = countsOf(table, "shuffle the target");
  const ny = table.shape[2]!;
  const rows = Math.round(table.total);
  const pairOf = new Uint32Array(rows);
  const yOf = new Uint32Array(rows);
  let row = 0;
  for (let cell = 0; cell < counts.length; cell++) {
    for (let i = 0; i < counts[cell]!; i++, row++) {
      pairOf[row] = Math.floor(cell / ny);
      yOf[row] = cell % ny;
    }
  }
  const order = permutation(rows, seed, name, round);
  const data = new Float64Array(counts.length);
  for (let i = 0; i < rows; i++) data[pairOf[i]! * ny + yOf[order[i]!]!]!++;
  return jointTable({ shape: table.shape, data });
}

const NONE: Informations = { I1: 0, I2: 0, I12: 0, optimum: 0 };

function biasOf(
  table: Table,
  method: BiasMethod,
  plugIn: Informations,
  options: BiasOptions,
  tol: number,
): { values: Informations; converged: boolean } {
  if (method === "none") return { values: NONE, converged: true };
  const counts = countsOf(table, "correctedAtoms");
  if (method === "miller-madow") {
    const { I1, I2, I12 } = evened(millerMadowOf(table), plugIn);
    const [least, bias] = plugIn.I1 <= plugIn.I2 ? [plugIn.I1, I1] : [plugIn.I2, I2];
    const shared = least > 0 ? Math.min(1, Math.max(0, (plugIn.I1 + plugIn.I2 - plugIn.optimum) / least)) : 0;
    return { values: { I1, I2, I12, optimum: I1 + I2 - shared * bias }, converged: true };
  }
  if (method === "permutation") {
    if (options.seed === undefined)
      throw configError('correctedAtoms: bias "permutation" draws shuffles; give a seed.');
    const seed = checkWhole("correctedAtoms", "seed", options.seed, 0);
    const rounds = checkWhole("correctedAtoms", "rounds", options.rounds ?? 100, 1);
    const shuffles = Array.from({ length: rounds }, (_, round) => shuffledTarget(table, seed, "info.bias", round));
    return weightedMean(shuffles.map((shuffled) => ({ ...informationsOf(shuffled, tol), weight: 1 / rounds })));
  }
  const rows = Math.round(table.total);
  if (rows < 2) throw configError('correctedAtoms: bias "jackknife" leaves rows out; one row is too few.', { rows });
  const parts: Part[] = [];
  for (let cell = 0; cell < counts.length; cell++) {
    if (counts[cell] === 0) continue;
    const data = counts.slice();
    data[cell]!--;
    parts.push({ ...informationsOf(jointTable({ shape: table.shape, data }), tol), weight: counts[cell]! / rows });
  }
  const left = weightedMean(parts);
  const scaled = (mean: number, value: number): number => (rows - 1) * (mean - value);
  return {
    values: {
      I1: scaled(left.values.I1, plugIn.I1),
      I2: scaled(left.values.I2, plugIn.I2),
      I12: scaled(left.values.I12, plugIn.I12),
      optimum: scaled(left.values.optimum, plugIn.optimum),
    },
    converged: left.converged,
  };
}

/** Tolerance in bits for equal informations: the certified gap of I*, and rounding. */
export const EQUAL = 1e-8;

/** Biases, made equal for equal informations. */
function evened(bias: Omit<Informations, "optimum">, plugIn: Informations): Omit<Informations, "optimum"> {
  const same = (a: number, b: number): boolean => Math.abs(a - b) <= EQUAL;
  const { optimum } = plugIn;
  // Neither source has unique information: they are equivalent for the target.
  const one = same(plugIn.I1, optimum) && same(plugIn.I2, optimum);
  const least = Math.min(bias.I1, bias.I2);
  const [I1, I2] = one ? [least, least] : [bias.I1, bias.I2];
  const whole = [...(same(plugIn.I1, plugIn.I12) ? [I1] : []), ...(same(plugIn.I2, plugIn.I12) ? [I2] : []), bias.I12];
  return { I1, I2, I12: Math.min(...whole) };
}

interface Part {
  readonly values: Informations;
  readonly converged: boolean;
  readonly weight: number;
}

function weightedMean(parts: readonly Part[]): { values: Informations; converged: boolean } {
  const mean = (name: keyof Informations): number =>
    parts.reduce((sum, { values, weight }) => sum + weight * values[name], 0);
  return {
    values: { I1: mean("I1"), I2: mean("I2"), I12: mean("I12"), optimum: mean("optimum") },
    converged: parts.every((part) => part.converged),
  };
}
