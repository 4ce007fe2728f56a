/** @file The teacher: how much each component is responsible for a sample, read off predictors that are held constant. */
import type { Expr } from "../../graph/expr.ts";
import {
  add,
  div,
  greater,
  max,
  maximum,
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
import type { Task } from "../method.ts";

/** Nothing is divided by less than this many nats. */
const FLOOR = 1e-3;

/** Evidence, in nats, of what has no part in the mixture. */
const NO_PART = -1e4;

export interface Teaching {
  /** What single modalities say together, and synergy on top, as `Task.spoken`, [B, K]: the prediction whose error trains the synergy. */
  readonly residual: Expr;
  /** What single modalities leave open of a sample, [B] (`Task.open`). Constant for gradients. */
  readonly open: Expr;
  /**
   * Information in R, U_1.., U_M, S as a portion of the most there can be, [C, B]: constant for gradients. What nothing explains is in none; nor is what
   * a sample says that has one modality only: whether others would have said the same, nobody knows.
   */
  readonly portions: Expr;
  /** The same as shares that sum to 1 over components. */
  readonly shares: Expr;
}

/** Which samples have two modalities or more, [1, B], from `mask` [M, B, 1]. */
function severalOf(mask: Expr): Expr {
  return greater(sum(reshape(mask, mask.shape.slice(0, 2)), 0, true), 1.5);
}

/** What a teacher is told besides predictions. */
export interface TeachOptions {
  /** Is there a redundant component? Without it the unique ones share r evenly. */
  readonly redundant: boolean;
  /** [M, B, 1]. A missing modality, whose unimodal prediction is the prior, has no information and no part in the mixture. */
  readonly mask?: Expr | undefined;
  /** Weights [M, 1, K] of the modalities' predictions in an additive part, trained with the synergy: for values. */
  readonly additive?: Expr | undefined;
}

/**
 * What single modalities say together, in outputs [B, K], from what they say, [M, B, K]: an evidence-weighted mixture (a product would
 * count redundant evidence twice), the weights softmax(4 d_m) of evidence d_m; of labels one for each. Values are added up, with
 * weights that least squares find: 1 where modalities are independent, 1 / M where they say the same.
 */
function together(task: Task, said: Expr, evidence: Expr, { mask, additive }: TeachOptions): Expr {
  if (additive !== undefined) return sum(mul(additive, said), 0);
  const heard = mul(mask === undefined ? evidence : where(mask, evidence, NO_PART), 4);
  const weights = transpose(softmax(transpose(heard, [1, 2, 0])), [2, 0, 1]); // [M, B, 1 or K]
  return task.fromMean(sum(mul(task.mean(said), weights), 0));
}

/** The second largest of several, element by element: the smallest, over m, of the largest among the others. */
export function secondLargest(parts: readonly Expr[]): Expr {
  const others = parts.map((_, m) => parts.filter((_, n) => n !== m).reduce((a, b) => maximum(a, b)));
  return others.reduce((a, b) => minimum(a, b));
}

/**
 * From unimodal logits [M, B, K] and purified synergy logits [B, K]. With d_m the information in what m says, shares are
 * r = second largest d, u_m = d_m - r for the largest, s = d_all - largest, cut at 0; of values s = d of the synergy itself.
 */
export function teach(task: Task, unimodal: Expr, pure: Expr, prior: Expr, options: TeachOptions): Teaching {
  const { redundant, mask } = options;
  const [modalities, batch, outputs] = unimodal.shape as [number, number, number];
  const said = stopGradient(task.logProbs(unimodal));
  const d = task.information(said, prior); // [M, B]
  const mixed = together(task, said, task.evidence(said, prior), options);
  const base = options.additive === undefined ? stopGradient(mixed) : mixed;
  const residual = task.logProbs(add(base, pure));
  // A sum with one term has no synergy to learn from.
  const counted = options.additive === undefined || mask === undefined ? undefined : reshape(severalOf(mask), [batch]);
  const open = stopGradient(
    counted === undefined ? task.normalizedEntropy(base) : mul(task.normalizedEntropy(base), counted),
  );

  const parts = unstack(d);
  const largest = max(d, 0); // [B]
  const r = secondLargest(parts);
  const own = parts.map((part) => maximum(sub(part, r), 0));
  const lower = redundant ? [r, ...own] : own.map((u) => add(u, mul(r, 1 / modalities)));
  // Of values the additive part and the synergy are orthogonal: squared error falls by what the synergy itself says.
  const s =
    options.additive === undefined
      ? maximum(sub(task.information(stopGradient(residual), prior), largest), 0)
      : task.information(stopGradient(pure), prior);
  const found = stack([...lower, s]); // [C, B]
  const atoms = mask === undefined ? found : mul(found, severalOf(mask));
  const floored = add(atoms, FLOOR);
  return {
    residual,
    open,
    portions: stopGradient(mul(atoms, 1 / task.maxInformation(outputs))),
    shares: stopGradient(div(floored, sum(floored, 0, true))),
  };
}
