/**
 * @file Evidence: log p(y | x) - log p(y) of a classifier, scaled on rows it was not fitted to. A scale of 0 gives back the prior, so a
 * source that knows nothing is said to know nothing, which a temperature on the logits cannot do when classes are uneven.
 */

import { goldenSection } from "../../core/minimise.ts";

/** A classifier's log-probabilities [N, K], nats. */
export type Logs = Float64Array;

const MOST = 4;
/**
 * Nats that a scale costs for a step of 1 away from taking the last classifier as it is: a few dozen validation rows would
 * otherwise pick scales that a few held-out rows pay dearly for. Chosen on generated data (quad mixture, Gaussian classes).
 */
const PULL = 2;
/** Log-probabilities of a classifier that a scale is fitted on: with more, fewer rows do, or many classes would take minutes. */
const MOST_LOGS = 2 ** 20;

/**
 * Scales b >= 0, one a classifier, that minimise the log loss of p(y) prod_c (p_c(y | x) / p(y))^b_c, normalised, summed over
 * rows, plus a pull towards the last classifier alone. With one classifier this is temperature scaling towards the prior; with
 * several it stacks them. Convex: one coordinate at a time. Source: Guo et al. 2017; Wolpert 1992; scaling towards the prior
 * and the pull are ours.
 */
export function fitScales(all: readonly Logs[], known: ArrayLike<number>, logPrior: readonly number[]): number[] {
  const classes = logPrior.length;
  const rows = Math.min(known.length, Math.ceil(MOST_LOGS / classes));
  const chosen = Int32Array.from({ length: rows }, (_, i) => Math.floor((i * known.length) / rows));
  const labels = chosen.map((row) => known[row]!);
  const sources = rows === known.length ? all : all.map((logs) => rowsOf(logs, chosen, classes));
  const evidence = sources.map((logs) => logs.map((log, i) => log - logPrior[i % classes]!));
  const start = sources.map((_, c) => (c === sources.length - 1 ? 1 : 0));
  const scales: number[] = [...start];
  const base = new Float64Array(rows * classes);
  const loss = (own: Float64Array, scale: number): number => {
    let total = 0;
    for (let i = 0; i < rows; i++) {
      const at = i * classes;
      let top = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < classes; k++) top = Math.max(top, base[at + k]! + scale * own[at + k]!);
      let sum = 0;
      for (let k = 0; k < classes; k++) sum += Math.exp(base[at + k]! + scale * own[at + k]! - top);
      total += top + Math.log(sum) - base[at + labels[i]!]! - scale * own[at + labels[i]!]!;
    }
    return total / rows;
  };
  for (let sweep = 0; sweep < (sources.length === 1 ? 1 : 12); sweep++) {
    let moved = 0;
    evidence.forEach((own, c) => {
      for (let i = 0; i < base.length; i++) {
        base[i] = logPrior[i % classes]!;
        for (let other = 0; other < evidence.length; other++) {
          if (other !== c) base[i]! += scales[other]! * evidence[other]![i]!;
        }
      }
      const next = least((scale) => loss(own, scale) + (PULL * (scale - start[c]!) ** 2) / rows);
      moved = Math.max(moved, Math.abs(next - scales[c]!));
      scales[c] = next;
    });
    if (moved < 1e-3) break;
  }
  return scales;
}

/** Log-probabilities [N, K] in nats of scaled classifiers. */
export function applyScales(sources: readonly Logs[], scales: readonly number[], logPrior: readonly number[]): Logs {
  const classes = logPrior.length;
  const out = new Float64Array(sources[0]!.length);
  for (let start = 0; start < out.length; start += classes) {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      let value = logPrior[k]!;
      for (let c = 0; c < sources.length; c++) value += scales[c]! * (sources[c]![start + k]! - logPrior[k]!);
      out[start + k] = value;
      top = Math.max(top, value);
    }
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += Math.exp(out[start + k]! - top);
    const log = top + Math.log(sum);
    for (let k = 0; k < classes; k++) out[start + k]! -= log;
  }
  return out;
}

function rowsOf(logs: Logs, rows: Int32Array, width: number): Logs {
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    out.set(logs.subarray(row * width, (row + 1) * width), i * width);
  });
  return out;
}

/** The scale in [0, MOST] of least loss, by golden sections; exactly 0 where nothing better is found. */
function least(loss: (scale: number) => number): number {
  const found = goldenSection(loss, 0, MOST, 24);
  return loss(found) < loss(0) ? found : 0;
}
