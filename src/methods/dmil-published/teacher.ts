/** @file Training targets of the purified form: each component's share of the information in a sample, computed from detached predictions. */
import type { Expr } from "../../graph/expr.ts";
import {
  add,
  div,
  greater,
  max,
  maximum,
  mean,
  minimum,
  mul,
  reshape,
  softmax,
  stack,
  stopGradient,
  sub,
  sum,
  transpose,
  unstack,
  where,
} from "../../graph/ops/index.ts";
import type { Task } from "../kit.ts";

/** Added to every atom, in nats, before shares are computed, so that no sum is 0. */
const FLOOR = 1e-3;

/** Lower bound of the mean normalised entropy by which the loss is divided. */
const MIN_OPEN = 0.05;

/** Evidence, in nats, of a missing modality: its weight in the mixture is 0. */
const NO_PART = -1e4;

export interface Teaching {
  /** Combined prediction of single modalities plus synergy, as `Task.logProbs`, [B, K]: its error trains the synergy. */
  readonly residual: Expr;
  /** Normalised entropy of the combined prediction of single modalities, [B] (`Task.normalizedEntropy`). Detached. */
  readonly open: Expr;
  /**
   * Information in R, U_1.., U_M, S as a portion of `Task.maxInformation`, [C, B]. Detached. The unexplained portion is in no component. All are zero
   * for samples with one modality, because their redundancy cannot be determined.
   */
  readonly portions: Expr;
  /** The information as shares that sum to 1 over components. */
  readonly shares: Expr;
}

/** Mask [1, B] of the samples with at least two modalities, from `mask` [M, B, 1]. */
function severalOf(mask: Expr): Expr {
  return greater(sum(reshape(mask, mask.shape.slice(0, 2)), 0, true), 1.5);
}

/** Options of `teach`. */
export interface TeachOptions {
  /** Whether there is a redundant component; without it the unique ones get equal parts of r. */
  readonly redundant: boolean;
  /** [M, B, 1]. A missing modality, whose unimodal prediction is the prior, has no information and no weight in the mixture. */
  readonly mask?: Expr | undefined;
  /** For values: trained weights [M, 1, K] of the unimodal predictions in their sum. */
  readonly additive?: Expr | undefined;
}

/**
 * Combines unimodal predictions [M, B, K] to outputs [B, K] by a mixture with weights softmax(4 d_m) of the evidence d_m, separately for each
 * label (a product would count redundant evidence twice). Values are summed with weights that the squared error fits: 1 if modalities are
 * independent, 1 / M if their predictions are equal.
 */
function combined(task: Task, predictions: Expr, evidence: Expr, { mask, additive }: TeachOptions): Expr {
  if (additive !== undefined) return sum(mul(additive, predictions), 0);
  const scores = mul(mask === undefined ? evidence : where(mask, evidence, NO_PART), 4);
  const weights = transpose(softmax(transpose(scores, [1, 2, 0])), [2, 0, 1]); // [M, B, 1 or K]
  return task.fromMean(sum(mul(task.mean(predictions), weights), 0));
}

/** The second largest of several, element by element: the minimum over m of the maximum of the others. */
export function secondLargest(parts: readonly Expr[]): Expr {
  const others = parts.map((_, m) => parts.filter((_, n) => n !== m).reduce((a, b) => maximum(a, b)));
  return others.reduce((a, b) => minimum(a, b));
}

/**
 * Computes the training targets from unimodal logits [M, B, K] and purified synergy logits [B, K]. With d_m the information in the prediction
 * of m, the atoms are r = second largest d, u_m = d_m - r for the largest, s = d_all - largest, clipped at 0; for values s = d of the synergy.
 */
export function teach(task: Task, unimodal: Expr, pure: Expr, prior: Expr, options: TeachOptions): Teaching {
  const { redundant, mask } = options;
  const [modalities, batch, outputs] = unimodal.shape as [number, number, number];
  const predictions = stopGradient(task.logProbs(unimodal));
  const d = task.information(predictions, prior); // [M, B]
  const mixed = combined(task, predictions, task.evidence(predictions, prior), options);
  const base = options.additive === undefined ? stopGradient(mixed) : mixed;
  const residual = task.logProbs(add(base, pure));
  // A sum of values with one term cannot have synergy.
  const hasSeveral =
    options.additive === undefined || mask === undefined ? undefined : reshape(severalOf(mask), [batch]);
  const open = stopGradient(
    hasSeveral === undefined ? task.normalizedEntropy(base) : mul(task.normalizedEntropy(base), hasSeveral),
  );

  const parts = unstack(d);
  const largest = max(d, 0); // [B]
  const r = secondLargest(parts);
  const unique = parts.map((part) => maximum(sub(part, r), 0));
  const lower = redundant ? [r, ...unique] : unique.map((u) => add(u, mul(r, 1 / modalities)));
  // For values the additive part and the synergy are orthogonal, so the information of synergy is that of its own output.
  const s =
    options.additive === undefined
      ? maximum(sub(task.information(stopGradient(residual), prior), largest), 0)
      : task.information(stopGradient(pure), prior);
  const allAtoms = stack([...lower, s]); // [C, B]
  const atoms = mask === undefined ? allAtoms : mul(allAtoms, severalOf(mask));
  const floored = add(atoms, FLOOR);
  return {
    residual,
    open,
    portions: stopGradient(mul(atoms, 1 / task.maxInformation(outputs))),
    shares: stopGradient(div(floored, sum(floored, 0, true))),
  };
}

/**
 * Loss of the residual prediction, []: a mean over samples, weighted by the normalised entropy `open` of the prediction from single
 * modalities. With an unweighted mean the gradient would shrink with the share of samples that have synergy (at 10 % training was
 * unreliable), and synergy would also sharpen predictions that single modalities already make.
 */
export function residualError(task: Task, { residual, open }: Pick<Teaching, "residual" | "open">, target: Expr): Expr {
  return div(mean(mul(task.lossPerSample(residual, target), open)), maximum(mean(open), MIN_OPEN));
}
