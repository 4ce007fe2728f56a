/**
 * @file The contract of a method: read this first. A method says what it builds and, stage by stage, what it trains on which
 * loss; the training loop, the command line and the reports know methods through this file alone.
 */

import * as z from "zod";
import { configError, hint, listing } from "../core/errors.ts";
import { shown } from "../core/keys.ts";
import { parseOptions } from "../core/options.ts";
import { ownValue } from "../core/record.ts";
import type { Shape } from "../core/shape.ts";
import type { State } from "../core/tensor.ts";
import type { TargetKind } from "../data/dataset.ts";
import type { Expr } from "../graph/expr.ts";
import { at, mul, reshape, stack, sub, transpose } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import type { Module, Scope } from "../nn/module.ts";
import { presence, zeroWhereMissing } from "./missing.ts";
import { pooled } from "./pool.ts";
import type { Task } from "./task.ts";

export { meanOfPresent, presence, priorWhereMissing, zeroWhereMissing } from "./missing.ts";
export { type Task, tasks } from "./task.ts";

/** What a method is built on: named inputs [B, F_m] in modality order, and the number of outputs K. */
export interface BuildInput {
  readonly scope: Scope;
  readonly inputs: Readonly<Record<string, Expr>>;
  /** K: classes, labels or values. */
  readonly classes: number;
  /** What the target's kind means for losses and decisions. */
  readonly task: Task;
  /**
   * What is predicted where nothing is known, [K]: a stored number that training fills in. Log-probabilities of the classes in the
   * training data, log-odds of labels, 0 for (standardised) values.
   */
  readonly prior: () => Expr;
  /**
   * [B, M], in the order of `inputs`: 1 where the sample has the modality, 0 where it is missing. Left out where nothing is missing.
   * A missing modality's inputs are zeros (the mean of the training data) and so are its embeddings (`embed`); its unimodal
   * prediction is replaced by the prior, whatever the method gives. `presence` gives this as a stack.
   */
  readonly present?: Expr;
}

/** What every method gives. Stacks have one entry per modality (in order) or per component. */
export interface Outputs {
  /** Prediction [B, K]: logits or log-probabilities of classes, log-odds of labels, standardised values. */
  readonly logits: Expr;
  /** What each modality alone predicts [M, B, K]; which head that is, the method's page says. */
  readonly unimodal: Expr;
  readonly components?: Components;
  /**
   * In evaluation form: quantities with one row per sample, by the name of the stored number (`scope.statistic`) that holds
   * their mean over training samples. Training renews it before each evaluation.
   */
  readonly statistics?: Readonly<Record<string, Statistic>>;
  /** What the method makes of a sample on its way, by name, each [B, E]: for probes. */
  readonly representations?: Readonly<Record<string, Expr>>;
}

/** Named components. Law: logits = prior + sum over components of contributions, for every method that has components. */
export interface Components {
  readonly names: readonly string[];
  /** What each predicts by itself, [C, B, K]. */
  readonly logits: Expr;
  /** Each one's share of the prediction, [B, C]; they sum to 1. */
  readonly gate: Expr;
  /** What each adds to the prediction, [C, B, K]. */
  readonly contributions: Expr;
}

/** A quantity with one row per sample, [.., B, F], and, where rows do not count alike, their weights [.., B, 1]. */
export type Statistic = Expr | { readonly value: Expr; readonly weight: Expr };

/** Name of the stored prior. */
export const PRIOR = "prior";

/** A vector of named loss terms: the stage's loss is the sum of weight_i * value_i over all its terms. */
export interface Terms {
  readonly names: readonly string[];
  /** As many elements as names, any shape. */
  readonly value: Expr;
  readonly weights: readonly number[];
}

/** Numbers that a stage keeps besides parameters: from step to step, and for each training sample. */
export interface MemorySpec {
  readonly shape: Shape;
  /** Before the first step. */
  readonly value: number;
}

/** What a step knows besides the batch. Nothing in it has a gradient. */
export interface StepContext {
  readonly task: Task;
  /** The target as it is, [B, K]: for losses that read it as membership of a class, and not as probabilities to be reached. */
  readonly plain: Expr;
  /** The target as `Stage.terms` sees it: for gradients of losses that `Stage.modulate` takes once more. `plain` without label smoothing. */
  readonly smoothed: Expr;
  /** The name of a parameter's node, as `trains` and the gradients have it; other leaves have names of their own, and what is computed none (""). */
  nameOf(node: Expr): string;
  /** The epoch of the stage, [], counted from 1. */
  readonly epoch: Expr;
  /** By name, as the step before left it (`Stage.memory`). */
  readonly memory: Readonly<Record<string, Expr>>;
  /** By name, of the samples of the batch (`Stage.sampleMemory`). */
  readonly samples: Readonly<Record<string, SampleMemory>>;
  /** Standard normals drawn for this step. */
  noise(name: string, shape: Shape): Expr;
}

/** What is kept of the samples of a batch, [B, width], with the least and the largest value over all training samples, [width], when the epoch began. */
export interface SampleMemory {
  readonly values: Expr;
  readonly least: Expr;
  readonly largest: Expr;
}

/** How the learning rate changes after each epoch, in plain data; training turns it into a schedule. */
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

/** One stage of training. It starts from the best state of the stage before, with a fresh optimiser. */
export interface Stage<O extends Outputs> {
  readonly name: string;
  /** In a pool (pool.ts): the stage's name without that of its member, and the member's outputs, whose stored means it renews. */
  readonly member?: { readonly stage: string; outputs(pool: O): Outputs };
  /** Is the parameter of this name trained? The others stay as they are, to the bit. */
  trains(parameter: string): boolean;
  /**
   * Losses in training; `target` [B, K] holds one-hot classes, labels 0 or 1, or standardised values; NaN where unknown. With label
   * smoothing a share of it is spread evenly over the classes, or the two answers of a label; the other functions see it as it is.
   */
  terms(outputs: O, target: Expr, context: StepContext): readonly Terms[];
  /**
   * Gradients that the optimiser is to see in place of those of the losses, by parameter name: before clipping and moments. Those left
   * out stay. `gradients` holds what the losses reach.
   */
  modulate?(
    gradients: ReadonlyMap<string, Expr>,
    outputs: O,
    target: Expr,
    context: StepContext,
  ): Readonly<Record<string, Expr>>;
  /** Numbers kept from step to step. They belong to training: checkpoints hold them, the model does not. */
  readonly memory?: Readonly<Record<string, MemorySpec>>;
  /** Numbers kept for each training sample, by width. */
  readonly sampleMemory?: Readonly<Record<string, { readonly width: number; readonly value: number }>>;
  /** New values of memory after this step, by name; of `sampleMemory` for the samples of the batch, [B, width]. Those left out stay. */
  remember?(
    outputs: O,
    target: Expr,
    context: StepContext,
    gradients: ReadonlyMap<string, Expr>,
  ): Readonly<Record<string, Expr>>;
  /**
   * In evaluation form: quantities with one row per sample whose mean over training samples a stored number (`scope.statistic`) is to
   * hold, by its name; as `Outputs.statistics`, where labels are needed. Renewed before the first step and after each epoch.
   */
  statistics?(outputs: O, target: Expr): Readonly<Record<string, Statistic>>;
  /** The prediction [B, K] that is judged on validation data after each epoch. */
  prediction(outputs: O): Expr;
  /**
   * What picks the best epoch: accuracy, then log-loss among equals (left out), log-loss alone, log-loss at the best temperature
   * ("calibrated": a network that grows too sure loses log-loss long before it knows less), or nothing: the last one is taken.
   * Labels are always judged by log-loss, and values by squared error.
   */
  readonly best?: "accuracy" | "logLoss" | "calibrated" | "last";
  /** The model as it is before the first epoch is judged too, and kept where no epoch is better; false. */
  readonly fromStart?: boolean;
  /** The stage ends when so many epochs in a row were no better than the best before; never if left out. */
  readonly patience?: number;
  /** Defaults that a run may override. */
  readonly epochs: number;
  readonly learningRate: number;
  readonly schedule: ScheduleOptions;
}

/** A configured method. */
export interface Method<O extends Outputs = Outputs> {
  readonly name: string;
  /** Kinds of target it serves; classes if left out. */
  readonly targets?: readonly TargetKind[];
  /** Modalities by name, in order. */
  readonly modalities: readonly string[];
  /** All settings as plain data: with it and `name` the method can be built again. */
  readonly description: {
    readonly encoders: Readonly<Record<string, Module["description"]>>;
    readonly options: unknown;
    /** How many are pooled; 1 if left out. */
    readonly members?: number;
  };
  build(input: BuildInput): O;
  readonly stages: readonly Stage<O>[];
  /** Share of each target that is spread evenly in training where a run says nothing; 0 if left out. Values have none. */
  readonly labelSmoothing?: number;
  /**
   * Stored numbers [1] that multiply what a component adds to the prediction, by component. At the end of training one number for each
   * component is fitted on validation data (`fitWeight`). Of classes; others keep 1.
   */
  readonly weights?: Readonly<Record<string, readonly string[]>>;
  /** Of a pool: a member as a method of its own, and what each holds of the pool's stored numbers, under its own names. */
  readonly pool?: { readonly member: Method; states(state: State): State[] };
}

export interface MethodDefinition<S extends z.ZodType, O extends Outputs> {
  readonly name: string;
  /** One line for lists of methods. */
  readonly summary: string;
  readonly schema: S;
  /** Settings with a name of their own, which comparisons list as methods: `joint-mlp`. */
  readonly variants?: Readonly<Record<string, z.input<S>>>;
  /** Values of options worth trying when the method is tuned, by option (`loss.lambda` for one inside another). */
  readonly search?: Readonly<Record<string, readonly unknown[]>>;
  /** Kinds of target the method serves; classes if left out. */
  readonly targets?: readonly TargetKind[];
  /** The largest number of modalities the method is defined for; any if left out. */
  readonly most?: number;
  /** Comparisons list the method once for each modality, which its option `modality` takes. */
  readonly perModality?: boolean;
  /** As in `Method`. */
  readonly labelSmoothing?: number;
  /** How many members are pooled where nothing is said; 1 if left out. */
  readonly members?: number;
  /** As in `Method`. */
  readonly weights?: Readonly<Record<string, readonly string[]>>;
  build(input: BuildInput, encoders: Readonly<Record<string, Module>>, options: z.output<S>): O;
  stages(options: z.output<S>, modalities: readonly string[]): readonly Stage<O>[];
}

/**
 * A method before it is configured: call it with encoders (one per modality, in modality order), its options, and how many members are to
 * be pooled (`members`; the method's own number, which is 1 for most, where left out).
 */
export interface MethodFactory<I = unknown, O extends Outputs = Outputs> {
  (settings: { readonly encoders: Readonly<Record<string, Module>>; readonly members: number } & I): Method;
  (settings: { readonly encoders: Readonly<Record<string, Module>> } & I): Method<O>;
  readonly methodName: string;
  readonly summary: string;
  readonly schema: z.ZodType;
  readonly targets: readonly TargetKind[];
  readonly variants: Readonly<Record<string, object>>;
  readonly search: Readonly<Record<string, readonly unknown[]>>;
  readonly perModality: boolean;
  /** Members and label smoothing where nothing is said. */
  readonly members: number;
  readonly labelSmoothing: number;
}

/** So many members a pool may have: each costs as much as the method alone, and more than a few bring little. */
export const MOST_MEMBERS = 64;

/** All kinds of target: for methods whose losses are the task's. */
export const everyTarget: readonly TargetKind[] = ["classes", "labels", "values"];

/** Turns a definition into a factory whose options are checked. @throws ConfigError for too few or too many modalities, or bad options. */
export function defineMethod<S extends z.ZodType, O extends Outputs>(
  definition: MethodDefinition<S, O>,
): MethodFactory<z.input<S>, O> {
  const { targets = ["classes"] } = definition;
  type Given = { readonly encoders: Readonly<Record<string, Module>>; readonly members?: number } & z.input<S>;
  const create = (settings: Given): Method => {
    const { encoders, members = definition.members ?? 1, ...given } = settings;
    if (!Number.isInteger(members) || members < 1 || members > MOST_MEMBERS) {
      throw configError(
        `${definition.name}: members is ${shown(members)}; a whole number from 1 to ${MOST_MEMBERS} is needed.`,
      );
    }
    const modalities = Object.keys(encoders);
    // A method of one modality at a time needs no other.
    if (modalities.length < (definition.perModality ? 1 : 2)) {
      throw configError(
        `${definition.name}: encoders has ${modalities.length} modalities (${listing(modalities)}); two or more are needed.`,
      );
    }
    const { most = Number.POSITIVE_INFINITY } = definition;
    if (modalities.length > most) {
      throw configError(
        `${definition.name} is defined for ${most === 2 ? most : `at most ${most}`} modalities; ${modalities.length} were given (${listing(modalities)}). Choose ${most} of them.`,
        { most, modalities },
      );
    }
    const options = parseOptions(definition.schema, given, definition.name);
    const stages = definition.stages(options, modalities);
    const twice = stages.find(({ name }, i) => stages.findIndex((stage) => stage.name === name) < i);
    if (twice !== undefined) {
      throw configError(`${definition.name}: two stages would be called "${twice.name}"; rename the modality.`);
    }
    const method: Method<O> = {
      name: definition.name,
      targets,
      modalities,
      description: {
        encoders: Object.fromEntries(modalities.map((name) => [name, encoders[name]!.description])),
        options,
        ...(members > 1 && { members }),
      },
      build(input) {
        for (const name of modalities) {
          if (ownValue(input.inputs, name) === undefined) {
            throw configError(
              `${definition.name}: the data has no modality "${name}"${hint(name, Object.keys(input.inputs))}`,
            );
          }
        }
        return definition.build(input, encoders, options);
      },
      stages,
      ...(definition.labelSmoothing !== undefined && { labelSmoothing: definition.labelSmoothing }),
      ...(definition.weights !== undefined && { weights: definition.weights }),
    };
    return (members === 1 ? method : pooled(method, members)) as unknown as Method;
  };
  return Object.assign(create, {
    methodName: definition.name,
    summary: definition.summary,
    schema: definition.schema as z.ZodType,
    targets,
    variants: (definition.variants ?? {}) as Readonly<Record<string, object>>,
    search: definition.search ?? {},
    perModality: definition.perModality === true,
    members: definition.members ?? 1,
    labelSmoothing: definition.labelSmoothing ?? 0,
  }) as MethodFactory<z.input<S>, O>;
}

/** Options all methods share: the width E into which each modality is embedded. 64: enough for the sets in the tests. */
export const embeddingOption: z.ZodDefault<z.ZodInt> = z.int().positive().default(64);

/**
 * Encoders, then one linear layer each: the embeddings Z_m as a stack [M, B, E], zeros where the modality is missing. Parameters are
 * `encoders.<modality>....`.
 */
export function embed(input: BuildInput, encoders: Readonly<Record<string, Module>>, width: number): Expr {
  const { scope, inputs } = input;
  const embedded = Object.entries(encoders).map(([name, encoder]) => {
    const own = scope.child("encoders").child(name);
    return linear(own.child("embedding"), encoder.build(own, inputs[name]!), width);
  });
  return zeroWhereMissing(stack(embedded), presence(input, Object.keys(encoders)));
}

/** Components of a prediction sum_c g_c y_c with shares that sum to 1: each contributes its departure from the prior, by its share. */
export function gatedComponents(names: readonly string[], logits: Expr, gate: Expr, prior: Expr): Components {
  const [batch, count] = gate.shape as [number, number];
  const shares = reshape(transpose(gate, [1, 0]), [count, batch, 1]);
  return { names, logits, gate, contributions: mul(sub(logits, prior), shares) };
}

/** The entries of a stack [M, B, E] as representations `embedding_<modality>`. */
export function embeddings(stacked: Expr, modalities: readonly string[], name = "embedding"): Record<string, Expr> {
  return Object.fromEntries(modalities.map((modality, m) => [`${name}_${modality}`, at(stacked, m)]));
}
