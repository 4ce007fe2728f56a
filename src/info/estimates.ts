/** @file Estimates of a table that resampling repeats: informations and atoms under one measure. */
import { brojaOf } from "./broja/broja.ts";
import { NATS_PER_BIT } from "./options.ts";
import { type PidMeasure, pid } from "./pid.ts";
import { type Atoms, sources } from "./sources.ts";
import type { Table } from "./table.ts";

/** Informations and atoms of a table, in bits. */
export interface Estimates extends Atoms {
  readonly I1: number;
  readonly I2: number;
  readonly I12: number;
  /** I1 + I2 - I12 = R - S, whatever the measure. */
  readonly coI: number;
}

/** Names of the estimates, in the order of reports. */
export const ESTIMATES: readonly (keyof Estimates)[] = ["I1", "I2", "I12", "coI", "R", "U1", "U2", "S"];

/** Estimates of one table, and whether the atoms converged. */
export function estimatesOf(table: Table, measure: PidMeasure): { values: Estimates; converged: boolean } {
  const { R, U1, U2, S, converged } = pid(table, { measure });
  return { values: { I1: R + U1, I2: R + U2, I12: R + U1 + U2 + S, coI: R - S, R, U1, U2, S }, converged };
}

/** The four informations that determine BROJA's atoms, in bits: optimum is I* = min I_q(X1, X2; Y). */
export interface Informations {
  readonly I1: number;
  readonly I2: number;
  readonly I12: number;
  readonly optimum: number;
}

/** The informations of one table, and whether I* converged. */
export function informationsOf(table: Table, tol?: number): { values: Informations; converged: boolean; gap: number } {
  const given = sources(table, "informationsOf");
  const { result } = brojaOf(given, tol === undefined ? {} : { tol });
  const [I1, I2, I12] = [given.I1, given.I2, given.I12].map((nats) => nats / NATS_PER_BIT) as [number, number, number];
  return { values: { I1, I2, I12, optimum: result.U1 + I2 }, converged: result.converged, gap: result.gap };
}

/** The share `level` quantile of sorted values, linear between neighbours. */
export function quantile(sorted: Float64Array, level: number): number {
  const at = level * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}
