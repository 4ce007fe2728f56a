/**
 * @file Blocks: two noisy fair signs and a class, made so that every decomposition's atoms are known exactly.
 * x1 = a + sigma e1, x2 = a or b + sigma e2 with fair signs a, b and standard normal e; y follows from the signs.
 */
import { differenceInformation, signInformation } from "../../core/noisy-signs.ts";
import { stream } from "../../core/random.ts";
import { checkChoice, checkKeys, checkPositive, checkWhole } from "../options.ts";
import { MAX_ROWS } from "../sample.ts";
import type { Atoms } from "../sources.ts";
import { normalCdf } from "../special.ts";

/**
 * - "R0": both sources are the same number about a, y = a; "R": each sees a through noise of its own, y = a.
 * - "U1", "U2": x1 sees a and x2 sees b, y = a or y = b. "S": the same sources, y is whether a and b differ.
 */
export type BlockName = "R0" | "R" | "U1" | "U2" | "S";
export const BLOCKS: readonly BlockName[] = ["R0", "R", "U1", "U2", "S"];

/** Settings of a block. */
export interface BlockOptions {
  /** Standard deviation of the noise; 0.5. */
  readonly sigma?: number;
}

/** Exact atoms in bits and accuracies, shares of 1, of the Bayes rules of x1, of x2 and of both. */
export interface Block extends Atoms {
  readonly accuracy: { readonly x1: number; readonly x2: number; readonly joint: number };
}

/**
 * Exact values of a block; bits. The atoms of "R0", "U1", "U2" and "S" follow from the sum rules for every decomposition
 * without negative atoms, those of "R" hold for BROJA, MMI and I_min. Source: ours; the sufficient statistics are textbook.
 *
 * @throws ConfigError for an unknown block or a sigma that is not above 0.
 * @example block("S", { sigma: 0.5 }).S  // 0.8351827494
 */
export function block(name: BlockName, options: BlockOptions = {}): Block {
  checkKeys("block", options, ["sigma"]);
  const sigma = checked("block", name, options.sigma);
  const one = signInformation(sigma);
  const p = normalCdf(1 / sigma);
  const nothing = { R: 0, U1: 0, U2: 0, S: 0 };
  if (name === "R0") return { ...nothing, R: one, accuracy: { x1: p, x2: p, joint: p } };
  if (name === "U1") return { ...nothing, U1: one, accuracy: { x1: p, x2: 0.5, joint: p } };
  if (name === "U2") return { ...nothing, U2: one, accuracy: { x1: 0.5, x2: p, joint: p } };
  if (name === "S") {
    const accuracy = { x1: 0.5, x2: 0.5, joint: p * p + (1 - p) * (1 - p) };
    return { ...nothing, S: differenceInformation(sigma), accuracy };
  }
  // The mean of two looks at a has the noise sigma / sqrt 2 and is sufficient for both.
  const both = signInformation(sigma / Math.SQRT2);
  return { ...nothing, R: one, S: both - one, accuracy: { x1: p, x2: p, joint: normalCdf(Math.SQRT2 / sigma) } };
}

/** Rows of a block: sources [N] and class numbers [N], 0 or 1. */
export interface BlockRows {
  readonly x1: Float32Array;
  readonly x2: Float32Array;
  readonly labels: Int32Array;
  /** Exact log p(y | x_k) and log p(y | x1, x2), [N, 2], nats; both classes are equally frequent. */
  readonly exact: { readonly first: Float64Array; readonly second: Float64Array; readonly both: Float64Array };
}

/**
 * Draws rows [N] of a block in the seed's own stream.
 * @throws ConfigError as block does, and for rows or a seed that is no whole number.
 * @example blockRows("U1", { rows: 1000, seed: 0 }).labels
 */
export function blockRows(
  name: BlockName,
  options: BlockOptions & { readonly rows: number; readonly seed: number },
): BlockRows {
  checkKeys("blockRows", options, ["sigma", "rows", "seed"]);
  const sigma = checked("blockRows", name, options.sigma);
  const rows = checkWhole("blockRows", "rows", options.rows, 1, MAX_ROWS);
  const draw = stream(checkWhole("blockRows", "seed", options.seed, 0), `info.block.${name}`);
  const [x1, x2, labels] = [new Float32Array(rows), new Float32Array(rows), new Int32Array(rows)];
  const exact = {
    first: new Float64Array(2 * rows),
    second: new Float64Array(2 * rows),
    both: new Float64Array(2 * rows),
  };
  for (let i = 0; i < rows; i++) {
    const [a, b] = [draw.below(2), draw.below(2)];
    const [first, second] = [2 * a - 1 + sigma * draw.normal(), sigma * draw.normal()];
    x1[i] = first;
    x2[i] = name === "R0" ? first : second + (name === "R" ? 2 * a - 1 : 2 * b - 1);
    labels[i] = name === "S" ? a ^ b : name === "U2" ? b : a;
    const odds = logOdds(name, (2 * first) / sigma ** 2, (2 * x2[i]!) / sigma ** 2);
    for (const part of ["first", "second", "both"] as const) {
      exact[part][2 * i] = -Math.log1p(Math.exp(odds[part]));
      exact[part][2 * i + 1] = -Math.log1p(Math.exp(-odds[part]));
    }
  }
  return { x1, x2, labels, exact };
}

/** Log-odds of y = 1 given each source and both, from the log-odds of the signs they carry. */
function logOdds(name: BlockName, a: number, b: number): { first: number; second: number; both: number } {
  if (name === "R0") return { first: a, second: a, both: a };
  if (name === "R") return { first: a, second: b, both: a + b };
  if (name === "U1") return { first: a, second: 0, both: a };
  if (name === "U2") return { first: 0, second: b, both: b };
  // tanh of half the log-odds of a and b differing is minus the product of those of a and of b.
  const product = Math.tanh(a / 2) * Math.tanh(b / 2);
  return { first: 0, second: 0, both: -2 * Math.atanh(Math.max(-1 + 1e-15, Math.min(1 - 1e-15, product))) };
}

function checked(where: string, name: BlockName, sigma = 0.5): number {
  checkChoice(where, "name", name, BLOCKS);
  return checkPositive(where, "sigma", sigma);
}
