/** @file Decompositions of I(X1, X2; Y) into redundant, unique and synergistic parts: one call, seven measures. */
import { type BrojaMethod, type BrojaResult, brojaOf } from "./broja/broja.ts";
import { maxentOf } from "./maxent.ts";
import { ccsRedundancy } from "./measures/ccs.ts";
import { iminRedundancy, mmiRedundancy } from "./measures/imin.ts";
import { meanRedundancy } from "./measures/pointwise.ts";
import { checkChoice, checkKeys, NATS_PER_BIT } from "./options.ts";
import { type Atoms, atomsOf, sources } from "./sources.ts";
import type { TableInput } from "./table.ts";

/** The measures of pid, each named by its redundancy. */
export type PidMeasure = "broja" | "imin" | "mmi" | "ccs" | "pm" | "sx" | "pmin";
export const PID_MEASURES: readonly PidMeasure[] = ["broja", "imin", "mmi", "ccs", "pm", "sx", "pmin"];

/** Options of pid; `tol`, `maxIter` matter to "broja" and "ccs", `method` to "broja". */
export interface PidOptions {
  /** "broja" by default. */
  readonly measure?: PidMeasure;
  /** Widest certified gap, in bits, that counts as converged; 1e-9. */
  readonly tol?: number;
  readonly maxIter?: number;
  readonly method?: BrojaMethod;
}

/** Atoms in bits with their certificate. */
export interface PidResult extends Atoms {
  readonly measure: PidMeasure;
  /** For "broja" of I* = min I_q(X1, X2; Y), for "ccs" of the maximum entropy: the certified bracket, in bits. */
  readonly lower?: number;
  readonly upper?: number;
  readonly gap?: number;
  /** True for closed forms; for "broja" and "ccs" if the bracket is at most `tol` wide. */
  readonly converged: boolean;
  /** 0 for closed forms. */
  readonly iterations: number;
  /** For "pm" alone: mean specificity and ambiguity, R = Rplus - Rminus. */
  readonly Rplus?: number;
  readonly Rminus?: number;
}

/**
 * Redundant, unique and synergistic information of a table [x1, x2, y] (counts or probabilities), in bits.
 * R + U1 = I(X1; Y), R + U2 = I(X2; Y), R + U1 + U2 + S = I(X1, X2; Y) for every measure.
 * - "broja": Bertschinger et al. 2014, certified; atoms 0 or more. The default.
 * - "imin": Williams and Beer 2010; "mmi": R = min(I(X1; Y), I(X2; Y)). Atoms 0 or more.
 * - "ccs": Ince 2017, on the maximum entropy distribution. Atoms may be negative.
 * - "pm", "sx", "pmin": means of pointwise measures, see pointwise. Atoms may be negative.
 *
 * @throws ShapeError, DataError for a table that jointTable refuses; ConfigError for unknown options.
 * @example pid([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], { measure: "broja" }).S  // 1
 */
export function pid(input: TableInput, options?: PidOptions & { readonly measure?: "broja" }): PidResult & BrojaResult;
export function pid(input: TableInput, options: PidOptions): PidResult;
export function pid(input: TableInput, options: PidOptions = {}): PidResult {
  checkKeys("pid", options, ["measure", "tol", "maxIter", "method"]);
  const { measure: asked = "broja", ...rest } = options;
  const measure = checkChoice("pid", "measure", asked, PID_MEASURES);
  const given = sources(input, "pid");
  if (measure === "broja") return { measure, ...brojaOf(given, rest).result };
  const { method: _, ...fitting } = rest;
  if (measure === "ccs") {
    const fit = maxentOf(given, fitting);
    const { lower, upper, gap, converged, iterations } = fit;
    return { measure, ...atomsOf(given, ccsRedundancy(fit)), lower, upper, gap, converged, iterations };
  }
  const closed = { measure, converged: true, iterations: 0 };
  if (measure === "imin") return { ...closed, ...atomsOf(given, iminRedundancy(given)) };
  if (measure === "mmi") return { ...closed, ...atomsOf(given, mmiRedundancy(given)) };
  const { r, plus, minus } = meanRedundancy(given, measure);
  const atoms = { ...closed, ...atomsOf(given, r) };
  return measure === "pm" ? { ...atoms, Rplus: plus / NATS_PER_BIT, Rminus: minus / NATS_PER_BIT } : atoms;
}
