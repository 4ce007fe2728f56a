/**
 * @file Information sample by sample, from model predictions: pointwise informations, their split into four parts by the
 * pointwise minimum or by specificity and ambiguity (LSMI), and what depends on the choice of units. Bits throughout.
 */
import { dataError, shapeError } from "../core/errors.ts";
import { checkKeys, checkPositive, NATS_PER_BIT } from "./options.ts";
import type { Atoms } from "./sources.ts";

/** Log-probabilities below this (nats) count as this: one confident error must not dominate a mean. */
export const LEAST_LOG = -30;

/** Pointwise informations of N samples about their labels, bits, [N] each: i(x1; y), i(x2; y), i(x1, x2; y). */
export interface SampleInformation {
  readonly i1: Float64Array;
  readonly i2: Float64Array;
  readonly i12: Float64Array;
}

/** The four parts of N samples, bits, [N] each; r + u1 + u2 + s = i12, r + u1 = i1, r + u2 = i2. May be negative. */
export interface SampleScores {
  readonly r: Float64Array;
  readonly u1: Float64Array;
  readonly u2: Float64Array;
  readonly s: Float64Array;
}

/**
 * i(x; y) = log2 p(y | x) - log2 p(y) of each sample, [N], from log-probabilities [N, K] in nats and the prior's [K] in nats,
 * taken from counts and never assumed uniform. Negative where x misleads. Source: Fano 1961.
 *
 * @throws ShapeError when the sizes do not fit; DataError for a NaN or positive log-probability of a label.
 * @example pointwiseInformation(logs, labels, logPrior)
 */
export function pointwiseInformation(
  logs: ArrayLike<number>,
  labels: ArrayLike<number>,
  logPrior: ArrayLike<number>,
): Float64Array {
  const classes = logPrior.length;
  if (logs.length !== labels.length * classes) {
    throw shapeError(
      `pointwiseInformation: ${logs.length} log-probabilities for ${labels.length} labels and ${classes} classes; [N, K] is needed.`,
    );
  }
  const out = new Float64Array(labels.length);
  for (let i = 0; i < out.length; i++) {
    const label = labels[i]!;
    const log = logs[i * classes + label]!;
    if (!(log <= 1e-6)) {
      throw dataError(
        `pointwiseInformation: row ${i} (from 0) has the log-probability ${log} at label ${label}; labels are 0..${classes - 1} and log-probabilities at most 0.`,
        { row: i, label },
      );
    }
    out[i] = (Math.max(log, LEAST_LOG) - logPrior[label]!) / NATS_PER_BIT;
  }
  return out;
}

/**
 * The pointwise minimum: r = min(i1, i2), u_k = i_k - r, s = i12 - max(i1, i2). Needs no density, and no invertible map of a
 * source changes it. Its mean R is at most the MMI and shares its defect: equal amounts count as the same information.
 * Source: ours, the sample-wise form of MMI.
 * @example pminScores({ i1: [1], i2: [0], i12: [1] })  // u1 = 1, the rest 0
 */
export function pminScores({ i1, i2, i12 }: SampleInformation): SampleScores {
  const scores = emptyScores(checkSameLength("pminScores", { i1, i2, i12 }));
  for (let i = 0; i < i1.length; i++) {
    const [a, b] = [i1[i]!, i2[i]!];
    const r = Math.min(a, b);
    scores.r[i] = r;
    scores.u1[i] = a - r;
    scores.u2[i] = b - r;
    scores.s[i] = i12[i]! - Math.max(a, b);
  }
  return scores;
}

/** Input of lsmi: pointwise informations and the surprisals h_k = -log2 p(x_k) from a density model, bits, [N] each. */
export interface LsmiTerms extends SampleInformation {
  readonly h1: Float64Array;
  readonly h2: Float64Array;
}

/** LSMI's scores with their means. */
export interface LsmiResult {
  /** Scores; shifted by `shift` when `project` was asked for. */
  readonly scores: SampleScores;
  /** Means of the unshifted scores. */
  readonly means: Atoms;
  /** Means after projection: R moved to the nearest value for which no mean is negative, if there is one. */
  readonly projected: Atoms;
  /** What the projection adds to r and s and takes from u1 and u2 of every sample. */
  readonly shift: number;
}

/**
 * Specificity minus ambiguity of N samples, bits: r = min(h1, h2) - min(h1 - i1, h2 - i2), u_k = i_k - r, s = i12 - i1 - i2 +
 * r. The densities enter, so both sources need the same number of dimensions and one fixed normalisation; see
 * unitSensitivity. The published mean adjustment is the projection of R on the interval that keeps all means 0 or more; it
 * is off unless `project` is set. Source: LSMI, ICML 2025, in the measure of Finn and Lizier 2018.
 *
 * @throws ShapeError when the terms differ in length; ConfigError for unknown options.
 * @example lsmi({ i1, i2, i12, h1, h2 }).means.R
 */
export function lsmi(terms: LsmiTerms, options: { readonly project?: boolean } = {}): LsmiResult {
  checkKeys("lsmi", options, ["project"]);
  const { i1, i2, i12, h1, h2 } = terms;
  const scores = emptyScores(checkSameLength("lsmi", { i1, i2, i12, h1, h2 }));
  for (let i = 0; i < i1.length; i++) {
    const [a, b] = [i1[i]!, i2[i]!];
    const r = Math.min(h1[i]!, h2[i]!) - Math.min(h1[i]! - a, h2[i]! - b);
    scores.r[i] = r;
    scores.u1[i] = a - r;
    scores.u2[i] = b - r;
    scores.s[i] = i12[i]! - a - b + r;
  }
  const means = meanScores(scores);
  const [I1, I2] = [means.R + means.U1, means.R + means.U2];
  // R - S = I1 + I2 - I12 for every redundancy: the least R with S >= 0.
  const R = Math.min(Math.max(means.R, 0, means.R - means.S), Math.min(I1, I2));
  const shift = R - means.R;
  const projected = { R, U1: means.U1 - shift, U2: means.U2 - shift, S: means.S + shift };
  return { scores: options.project === true ? shifted(scores, shift) : scores, means, projected, shift };
}

/**
 * Mean R of lsmi with the first source's unit changed: multiplying x1 [D] by a factor adds D log2(factor) to h1. A wide
 * range says that R is about units, not about the data. Bits. Source: ours.
 * @example unitSensitivity(terms, 16)  // { half: 0.41, own: 0.47, double: 0.52 }
 */
export function unitSensitivity(
  terms: LsmiTerms,
  dimensions: number,
): { readonly half: number; readonly own: number; readonly double: number } {
  checkPositive("unitSensitivity", "dimensions", dimensions);
  const scaled = (factor: number): number => {
    const shift = dimensions * Math.log2(factor);
    return lsmi({ ...terms, h1: terms.h1.map((h) => h + shift) }).means.R;
  };
  return { half: scaled(0.5), own: scaled(1), double: scaled(2) };
}

/**
 * Means of scores [N], bits, over all samples or over the rows given: the atoms of a data set, or of a class.
 * Source: ours.
 * @throws ShapeError for an empty list of rows.
 * @example meanScores(scores).S
 */
export function meanScores(scores: SampleScores, rows?: readonly number[]): Atoms {
  if (rows?.length === 0) throw shapeError("meanScores: no rows were named; name at least one, or leave rows out.");
  const mean = (values: Float64Array): number => {
    let sum = 0;
    if (rows === undefined) for (const value of values) sum += value;
    else for (const row of rows) sum += values[row]!;
    return sum / (rows === undefined ? values.length : rows.length);
  };
  return { R: mean(scores.r), U1: mean(scores.u1), U2: mean(scores.u2), S: mean(scores.s) };
}

function shifted({ r, u1, u2, s }: SampleScores, shift: number): SampleScores {
  return {
    r: r.map((v) => v + shift),
    u1: u1.map((v) => v - shift),
    u2: u2.map((v) => v - shift),
    s: s.map((v) => v + shift),
  };
}

function emptyScores(rows: number): SampleScores {
  const zeros = (): Float64Array => new Float64Array(rows);
  return { r: zeros(), u1: zeros(), u2: zeros(), s: zeros() };
}

/** How many samples the terms have. @throws ShapeError when they differ, or are none; DataError for one that is no number. */
export function checkSameLength(where: string, terms: Readonly<Record<string, Float64Array>>): number {
  const sizes = Object.entries(terms).map(([name, values]) => [name, values.length] as const);
  const odd = sizes.find(([, size]) => size !== sizes[0]![1]);
  if (odd !== undefined || sizes[0]![1] === 0) {
    const listed = sizes.map(([name, size]) => `${name} ${size}`).join(", ");
    throw shapeError(`${where}: terms of ${listed} samples; all need the same samples, at least one.`);
  }
  for (const [name, values] of Object.entries(terms)) {
    const row = values.findIndex((value) => !Number.isFinite(value));
    if (row >= 0)
      throw dataError(`${where}: ${name} of row ${row} (from 0) is ${values[row]}; terms are finite.`, { row });
  }
  return sizes[0]![1];
}
