/**
 * @file The contract of a method: read this first. A method defines its graph and, for each stage, which parameters it trains on which
 * losses. The training loop, the command line and the reports use methods only through this contract.
 */

import { configError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { State } from "../core/tensor.ts";
import type { Target } from "../data/dataset.ts";
import { kindWords, TARGET_KINDS, type TargetKind } from "../data/kinds.ts";
import { describeTarget } from "../data/target.ts";
import type { Expr } from "../graph/expr.ts";
import type { Module, Scope } from "../nn/module.ts";
import type { Selection } from "../targets/epoch-metrics.ts";
import { targetTypes } from "../targets/index.ts";
import type { Task } from "../targets/task.ts";

/** The arguments of `build`: named inputs [B, ...sample shape] in modality order, and the number of outputs K. */
export interface BuildInput {
  readonly scope: Scope;
  readonly inputs: Readonly<Record<string, Expr>>;
  /** Number of outputs K: classes, labels or values. */
  readonly classes: number;
  /** Losses and measures for the target's kind. */
  readonly task: Task;
  /**
   * The prior [K], a statistic that training sets: log-frequencies of the classes in the training data, log-odds of labels, 0 for
   * (standardised) values.
   */
  readonly prior: () => Expr;
  /**
   * Mask [B, M], in the order of `inputs`: 1 if the sample has the modality, 0 if it is missing. Absent if nothing is missing. Inputs of a
   * missing modality are zeros (the mean of the training data), and so are its embeddings (`embed`); its unimodal prediction is replaced by
   * the prior for every method. `presence` returns the mask as a stack.
   */
  readonly present?: Expr;
}

/** Outputs of every method. Stacks have one entry per modality (in order) or per component. */
export interface Outputs {
  /** Prediction [B, K]: logits or log-probabilities of classes, log-odds of labels, standardised values. */
  readonly logits: Expr;
  /** Unimodal predictions [M, B, K]; docs/methods.md says from which head. */
  readonly unimodal: Expr;
  readonly components?: Components;
  /**
   * In evaluation mode: quantities with one row per sample, by the name of the statistic (`scope.statistic`) that stores their mean over
   * training samples. Training recomputes it before each evaluation.
   */
  readonly statistics?: Readonly<Record<string, Statistic>>;
  /** Intermediate representations by name, each [B, E]: for probes. */
  readonly representations?: Readonly<Record<string, Expr>>;
}

/** Named components. Invariant: logits = prior + sum over components of contributions, for every method that has components. */
export interface Components {
  readonly names: readonly string[];
  /** Predictions of the single components, [C, B, K]. */
  readonly logits: Expr;
  /** Share of each component in the prediction, [B, C]; the shares sum to 1. */
  readonly gate: Expr;
  /** Additive contribution of each component to the prediction, [C, B, K]. */
  readonly contributions: Expr;
}

/** A quantity with one row per sample, [.., B, F], optionally with weights of the rows, [.., B, 1]. */
export type Statistic = Expr | { readonly value: Expr; readonly weight: Expr };

/** A vector of named loss terms: the stage's loss is the sum of weight_i * value_i over all its terms. */
export interface Terms {
  readonly names: readonly string[];
  /** Any shape with as many elements as there are names. */
  readonly value: Expr;
  readonly weights: readonly number[];
}

/** Numbers that a stage keeps besides parameters: from step to step, and for each training sample. */
export interface MemorySpec {
  readonly shape: Shape;
  /** Initial value. */
  readonly value: number;
}

/** What a step reads besides the batch. Nothing in it has a gradient. */
export interface StepContext {
  readonly task: Task;
  /** The target without label smoothing and sample weights, [B, K]: for terms that use it as class membership instead of as target probabilities. */
  readonly plain: Expr;
  /** The target that `Stage.terms` gets: for losses that `Stage.modulate` computes again. Equals `plain` without label smoothing and weights. */
  readonly smoothed: Expr;
  /** The name of a parameter's node, as in `trains` and the gradients. Other leaves have their own names; for computed nodes it is "". */
  nameOf(node: Expr): string;
  /** The epoch of the stage, [], counted from 1. */
  readonly epoch: Expr;
  /** `Stage.memory` by name, as the previous step left it. */
  readonly memory: Readonly<Record<string, Expr>>;
  /** `Stage.sampleMemory` of the samples of the batch, by name. */
  readonly samples: Readonly<Record<string, SampleMemory>>;
  /** Standard normals drawn for this step. */
  noise(name: string, shape: Shape): Expr;
}

/** Per-sample memory of a batch, [B, width], with its minimum and maximum over all training samples at the beginning of the epoch, [width]. */
export interface SampleMemory {
  readonly values: Expr;
  readonly min: Expr;
  readonly max: Expr;
}

/** A learning rate schedule as plain data. */
export type ScheduleOptions =
  | { readonly kind: "constant" }
  | { readonly kind: "step"; readonly every: number; readonly factor: number }
  | { readonly kind: "cosine"; readonly minimum?: number }
  | {
      readonly kind: "plateau";
      readonly factor: number;
      readonly patience: number;
      readonly threshold?: number;
      readonly minimum?: number;
    };

/** One stage of training. It starts from the best state of the previous stage, with a new optimiser state. */
export interface Stage<O extends Outputs> {
  readonly name: string;
  /** In a pool (pool.ts): the stage's name in the member, and the member's outputs, whose statistics the stage recomputes. */
  readonly member?: { readonly stage: string; outputs(pool: O): Outputs };
  /** Whether the stage trains the parameter of this name. The others do not change by a bit. */
  trains(parameter: string): boolean;
  /**
   * Training losses; `target` [B, K] has one-hot classes, labels 0 or 1, or standardised values; NaN if unknown. Label smoothing
   * and the weights of samples are applied to the `target` of this function, not to that of the others.
   */
  terms(outputs: O, target: Expr, context: StepContext): readonly Terms[];
  /**
   * Gradients that replace those of the losses, by parameter name, before clipping and the optimiser. Gradients that are not returned are
   * unchanged. `gradients` has those of all parameters on which the losses depend.
   */
  modulate?(
    gradients: ReadonlyMap<string, Expr>,
    outputs: O,
    target: Expr,
    context: StepContext,
  ): Readonly<Record<string, Expr>>;
  /** Numbers that persist between steps. Checkpoints contain them, the model does not. */
  readonly memory?: Readonly<Record<string, MemorySpec>>;
  /** Numbers that persist for each training sample: their width and initial value. */
  readonly sampleMemory?: Readonly<Record<string, { readonly width: number; readonly value: number }>>;
  /** New values of memory after this step, by name; of `sampleMemory` for the samples of the batch, [B, width]. Memory that is not returned is unchanged. */
  updateMemory?(
    outputs: O,
    target: Expr,
    context: StepContext,
    gradients: ReadonlyMap<string, Expr>,
  ): Readonly<Record<string, Expr>>;
  /**
   * As `Outputs.statistics`, for statistics that need the target: in evaluation mode, quantities with one row per sample, by the name of the
   * statistic (`scope.statistic`) that stores their mean over training samples. Recomputed before the first step and after each epoch.
   */
  statistics?(outputs: O, target: Expr): Readonly<Record<string, Statistic>>;
  /** The prediction [B, K] that is scored on validation data after each epoch. */
  prediction(outputs: O): Expr;
  /**
   * The metric that selects the best epoch: "accuracy", with ties broken by log-loss (default); "logLoss"; "calibrated", the log-loss at the
   * best temperature, which is insensitive to overconfidence; or "last", which takes the last epoch. Labels always use log-loss, and values
   * the squared error, unless it is "last".
   */
  readonly best?: NonNullable<Selection>;
  /** Also score the model before the first epoch, and keep it if no epoch is better. Default false. */
  readonly scoreInitial?: boolean;
  /** Early stopping: the stage ends after this many epochs without improvement. Default: no early stopping. */
  readonly patience?: number;
  /** Defaults that a run may override. */
  readonly epochs: number;
  readonly learningRate: number;
  readonly schedule: ScheduleOptions;
}

/** A configured method. */
export interface Method<O extends Outputs = Outputs> {
  readonly name: string;
  /** Supported kinds of target. Default `multiclass`. */
  readonly targets?: readonly TargetKind[];
  /** Why the method supports no other kinds of target, for the error message: "it has a prototype for each class". */
  readonly limit?: string;
  /** Modalities by name, in order. */
  readonly modalities: readonly string[];
  /** All options as plain data; with `name` it is sufficient to build the method again. */
  readonly description: {
    readonly encoders: Readonly<Record<string, Module["description"]>>;
    readonly options: unknown;
    /** Number of members of the pool. Default 1. */
    readonly members?: number;
  };
  build(input: BuildInput): O;
  readonly stages: readonly Stage<O>[];
  /** Values that parameters start from, by path from `encoders` on; all others are drawn. In a pool they hold for every member. */
  readonly values?: State;
  /** Default label smoothing of runs. Default 0; values have none. */
  readonly labelSmoothing?: number;
  /**
   * Names of statistics [1] that multiply the contribution of a component, by component. At the end of training one weight for each component
   * is fitted on validation data (`fitWeight`). Only for classes; labels and values keep 1.
   */
  readonly weights?: Readonly<Record<string, readonly string[]>>;
  /** For a pool: a member as a method, and the states of all members under the member's names. */
  readonly pool?: { readonly member: Method; states(state: State): State[] };
}

/** The largest number of members of a pool: each costs as much as a single model, and more than a few improve little. */
export const MAX_MEMBERS = 64;

/** The kinds of target of a method that names none. */
export const defaultTargets: readonly TargetKind[] = ["multiclass"];

/** All kinds of target: for methods that use the losses of `Task`. */
export const everyTarget: readonly TargetKind[] = TARGET_KINDS;

/** The kinds of target whose predictions are distributions: for methods that use probabilities (`Task.probabilistic`). */
export const probabilisticTargets: readonly TargetKind[] = everyTarget.filter(
  (kind) => targetTypes[kind].probabilistic,
);

/** @throws ConfigError if the method does not support the data's kind of target; `advice` ends the message. */
export function requireTarget(
  { name, targets = defaultTargets, limit }: Pick<Method, "name" | "targets" | "limit">,
  { target }: { readonly target: Pick<Target, "kind" | "names"> },
  advice: string = "",
): void {
  if (targets.includes(target.kind)) return;
  const wanted = targets.map((kind) => kindWords[kind].many).join(" or ");
  const why = limit === undefined ? "" : `, because ${limit}`;
  throw configError(`${name} needs ${wanted}${why}; this data has ${describeTarget({ target })}.${advice}`, {
    kind: target.kind,
    targets,
  });
}
