/** @file Null distributions: permuted targets, and distributions without synergy or without D3. */
import { stream } from "../core/random.ts";
import { millerMadowOf, shuffledTarget } from "./bias.ts";
import { brojaLaw } from "./broja/broja.ts";
import { ESTIMATES, type Estimates, estimatesOf, quantile } from "./estimates.ts";
import { maxent } from "./maxent.ts";
import { checkChoice, checkKeys, checkWhole } from "./options.ts";
import { PID_MEASURES, type PidMeasure, pid } from "./pid.ts";
import { countsOf, resample } from "./sample.ts";
import { type Table, type TableInput, tableOfRank } from "./table.ts";

/** A seed (required) and the number of null tables; 200. */
export interface NullOptions {
  readonly seed: number;
  readonly rounds?: number;
}

/** An observed value against its null distribution; bits. */
export interface NullValue {
  readonly value: number;
  /** Mean under the null: the bias due to the sample size. */
  readonly mean: number;
  /** 95 % quantile under the null. */
  readonly quantile95: number;
  /** (1 + null values at least as large) / (1 + rounds). */
  readonly p: number;
}

/**
 * Informations and atoms of counts [x1, x2, y] against shuffles of the target, which keep p(x1, x2) and p(y) and no
 * information at all; bits. Not a null for S alone: conditionally independent sources may have S > 0, see synergyTest.
 *
 * @throws DataError when the cells are not counts; ConfigError for unknown options or a seed that is no whole number.
 * @example permutationNull(counts, { seed: 0 }).I12.p
 */
export function permutationNull(
  input: TableInput,
  options: NullOptions & { readonly measure?: PidMeasure },
): Readonly<Record<keyof Estimates, NullValue>> {
  checkKeys("permutationNull", options, ["seed", "rounds", "measure"]);
  const measure = checkChoice("permutationNull", "measure", options.measure ?? "broja", PID_MEASURES);
  const { table, seed, rounds } = checked(input, options, "permutationNull");
  const observed = estimatesOf(table, measure).values;
  const drawn = Array.from(
    { length: rounds },
    (_, round) => estimatesOf(shuffledTarget(table, seed, "info.permutation", round), measure).values,
  );
  const entries = ESTIMATES.map((name) => [
    name,
    against(
      observed[name],
      drawn.map((values) => values[name]),
    ),
  ]);
  return Object.fromEntries(entries) as Record<keyof Estimates, NullValue>;
}

/** Test result for S or connected information; bits. */
export interface ExcessTest extends NullValue {
  /** The Miller-Madow bias of this value. */
  readonly millerMadow: number;
  /** Whether the value is above its 95 % null quantile and its bias: only then call it positive. */
  readonly positive: boolean;
}

/** Test result for S, with one more condition. */
export interface SynergyTest extends ExcessTest {
  /** 95 % quantile of S with the target shuffled; `positive` requires S to be above this too. */
  readonly shuffled95: number;
}

/**
 * Is there synergy (BROJA) in counts [x1, x2, y]? The null draws tables of N rows from BROJA's optimal law, which has the
 * data's source-target margins and S = 0 exactly. With few rows that law is concentrated on few pairs and its tables have too
 * little S, so S must also be above its bias and above that of shuffled targets. Source: ours.
 *
 * @throws DataError when the cells are not counts; ConfigError for unknown options or a seed that is no whole number.
 * @example synergyTest(counts, { seed: 0 }).positive
 */
export function synergyTest(input: TableInput, options: NullOptions): SynergyTest {
  checkKeys("synergyTest", options, ["seed", "rounds"]);
  const { table, seed, rounds } = checked(input, options, "synergyTest");
  return synergyAgainst(table, permutationNull(table, { seed, rounds }).S.quantile95, seed, rounds);
}

/** synergyTest of checked counts, where the 95 % quantile of shuffled targets is known. */
export function synergyAgainst(table: Table, shuffled95: number, seed: number, rounds: number): SynergyTest {
  const { law, result } = brojaLaw(table);
  const drawn = drawFrom(law, table, seed, rounds, "info.synergy-null").map((other) => pid(other).S);
  const test = excess(result.S, drawn, millerMadowOf(table).I12);
  return { ...test, shuffled95, positive: test.positive && result.S > shuffled95 };
}

/**
 * Do counts [x1, x2, y] hold more than their three pair margins? The null draws tables of N rows from the maximum entropy
 * distribution with those margins, whose connected information is 0. Source: ours.
 *
 * @throws DataError when the cells are not counts; ConfigError for unknown options or a seed that is no whole number.
 * @example connectedTest(counts, { seed: 0 }).positive
 */
export function connectedTest(input: TableInput, options: NullOptions): ExcessTest {
  checkKeys("connectedTest", options, ["seed", "rounds"]);
  const { table, seed, rounds } = checked(input, options, "connectedTest");
  const { law, connectedInformation } = maxent(table);
  const drawn = drawFrom(law, table, seed, rounds, "info.connected-null").map(
    (other) => maxent(other).connectedInformation,
  );
  // I12 less both pairwise terms: (K1 - 1)(K2 - 1)(K_Y - 1) degrees of freedom when every pair is occupied.
  const { I1, I2, I12 } = millerMadowOf(table);
  return excess(connectedInformation, drawn, Math.max(0, I12 - I1 - I2));
}

function drawFrom(law: Table, table: Table, seed: number, rounds: number, name: string): Table[] {
  const rows = Math.round(table.total);
  return Array.from({ length: rounds }, (_, round) => resample(law, rows, stream(seed, name, round)));
}

function excess(value: number, drawn: readonly number[], millerMadow: number): ExcessTest {
  const result = against(value, drawn);
  return { ...result, millerMadow, positive: value > result.quantile95 && value > millerMadow };
}

function checked(
  input: TableInput,
  options: NullOptions,
  where: string,
): { table: Table; seed: number; rounds: number } {
  const table = tableOfRank(input, 3, where, "[x1, x2, y]");
  countsOf(table, where);
  return {
    table,
    seed: checkWhole(where, "seed", options.seed, 0),
    rounds: checkWhole(where, "rounds", options.rounds ?? 200, 1),
  };
}

function against(value: number, drawn: readonly number[]): NullValue {
  const sorted = Float64Array.from(drawn).sort();
  const reached = drawn.reduce((count, other) => count + (other >= value - 1e-9 ? 1 : 0), 0);
  return {
    value,
    mean: drawn.reduce((sum, other) => sum + other, 0) / drawn.length,
    quantile95: quantile(sorted, 0.95),
    p: (1 + reached) / (1 + drawn.length),
  };
}
