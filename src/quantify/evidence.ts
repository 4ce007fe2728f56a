/**
 * @file Evidence: log p(y | x) - log p(y) of a classifier, scaled on rows it was not fitted to. A scale of 0 gives the prior, so an
 * uninformative source gets 0 bits; a temperature on the logits cannot give the prior when classes are imbalanced.
 */

import { goldenSection } from "../core/minimise.ts";

/** A classifier's log-probabilities [N, K], nats. */
export type Logs = Float64Array;

const MAX_SCALE = 4;
/**
 * Penalty in nats on the squared distance of a scale from its start (1 for the last classifier, 0 for the others). Without it a few
 * dozen validation rows can select scales that are costly on held-out rows. Chosen on generated data (quad mixture, Gaussian classes).
 */
const PENALTY = 2;
/** Maximum log-probabilities per classifier that a scale is fitted on. Rows are subsampled to it: many classes would take minutes. */
const MAX_LOGS = 2 ** 20;

/**
 * Scales b >= 0, one per classifier, that minimise the log-loss of p(y) prod_c (p_c(y | x) / p(y))^b_c, normalised, summed over rows,
 * plus a penalty (`PENALTY`) towards the last classifier alone. With one classifier this is temperature scaling towards the prior; with
 * several it is stacking. The problem is convex and is solved by coordinate descent. Source: Guo et al. 2017; Wolpert 1992; scaling
 * towards the prior and the penalty are ours.
 */
export function fitScales(all: readonly Logs[], allLabels: ArrayLike<number>, logPrior: readonly number[]): number[] {
  const classes = logPrior.length;
  const rows = Math.min(allLabels.length, Math.ceil(MAX_LOGS / classes));
  const chosen = Int32Array.from({ length: rows }, (_, i) => Math.floor((i * allLabels.length) / rows));
  const labels = chosen.map((row) => allLabels[row]!);
  const sources = rows === allLabels.length ? all : all.map((logs) => rowsOf(logs, chosen, classes));
  const evidence = sources.map((logs) => logs.map((log, i) => log - logPrior[i % classes]!));
  const start = sources.map((_, c) => (c === sources.length - 1 ? 1 : 0));
  const scales: number[] = [...start];
  const base = new Float64Array(rows * classes);
  const loss = (values: Float64Array, scale: number): number => {
    let total = 0;
    for (let i = 0; i < rows; i++) {
      const at = i * classes;
      let top = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < classes; k++) top = Math.max(top, base[at + k]! + scale * values[at + k]!);
      let sum = 0;
      for (let k = 0; k < classes; k++) sum += Math.exp(base[at + k]! + scale * values[at + k]! - top);
      total += top + Math.log(sum) - base[at + labels[i]!]! - scale * values[at + labels[i]!]!;
    }
    return total / rows;
  };
  for (let sweep = 0; sweep < (sources.length === 1 ? 1 : 12); sweep++) {
    let moved = 0;
    evidence.forEach((values, c) => {
      for (let i = 0; i < base.length; i++) {
        base[i] = logPrior[i % classes]!;
        for (let other = 0; other < evidence.length; other++) {
          if (other !== c) base[i]! += scales[other]! * evidence[other]![i]!;
        }
      }
      const next = minimise((scale) => loss(values, scale) + (PENALTY * (scale - start[c]!) ** 2) / rows);
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

/** The scale in [0, MAX_SCALE] of lowest loss, by golden-section search; exactly 0 unless the result is better. */
function minimise(loss: (scale: number) => number): number {
  const scale = goldenSection(loss, 0, MAX_SCALE, 24);
  return loss(scale) < loss(0) ? scale : 0;
}
