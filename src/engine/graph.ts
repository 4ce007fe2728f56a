/** @file A stage's computation as one graph: forward pass, loss terms, prediction, gradients. Nothing is compiled here. */
import { configError, internalError } from "../core/errors.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../core/shape.ts";
import type { TargetKind } from "../data/dataset.ts";
import { asLeaf, type Expr, leaf, topological } from "../graph/expr.ts";
import { grad } from "../graph/grad.ts";
import { slice, where } from "../graph/ops/index.ts";
import {
  type Method,
  type Outputs,
  PRIOR,
  presence,
  priorWhereMissing,
  type Stage,
  type StepContext,
  type Terms,
} from "../methods/method.ts";
import { type NoiseSpec, type ParameterSpec, type Requests, rootScope, type Scope } from "../nn/module.ts";
import { targetTypes } from "../targets/index.ts";

/** Sizes with which a model is built: features of each modality (in order) and the number of outputs. */
export interface Widths {
  readonly features: Readonly<Record<string, number>>;
  /** Number of outputs K (`TargetType.outputs`). */
  readonly classes: number;
  /** Kind of the target. Default `classes`. */
  readonly kind?: TargetKind;
  /** The model reads a mask of the modalities that each sample has. */
  readonly masked?: boolean;
}

/** The leaf of a modality [B, F], and the leaf of the target [B, K]. */
export const modalityLeaf = (name: string): string => `modality.${name}`;
export const TARGET = "target";
/** The leaf of the modality mask [B, M], in the order of `Widths.features`. */
export const PRESENT = "present";
/** The leaf of the epoch [], and the leaves of a stage's memory. Per-sample memory is [B, width], its min and max are [width]. */
export const EPOCH = "epoch";
export const memoryLeaf = (name: string): string => `memory.${name}`;
export const sampleLeaf = (name: string): string => `samples.${name}`;
export const boundLeaf = (name: string, which: "least" | "largest"): string => `samples.${name}.${which}`;
/** Whether an input changes while a stage trains; all others are data. Modality dropout changes `PRESENT` too. */
export const changes = (input: string): boolean => input === TARGET || input.startsWith("samples.");

/** The method's graph for a batch, with the parameters and noise that it requested. */
export function forward<O extends Outputs>(
  method: Method<O>,
  { features, classes, kind = "multiclass", masked = false }: Widths,
  batch: number,
  options: { readonly training: boolean; readonly frozen?: (path: string) => boolean },
): { outputs: O; requests: Requests } {
  const { scope, requests } = rootScope(options);
  const inputs = Object.fromEntries(
    Object.entries(features).map(([name, width]) => [name, leaf("input", modalityLeaf(name), [batch, width])]),
  );
  const present = masked ? leaf("input", PRESENT, [batch, Object.keys(features).length]) : undefined;
  return { outputs: buildOn(method, scope, inputs, { classes, kind }, present), requests };
}

/**
 * The method's graph on any inputs; the prior is a stored statistic of the model. With the mask `present` [B, M], in the order of the
 * inputs, missing modalities are replaced in the same way for every method: their inputs by zeros, their unimodal predictions by the
 * prior.
 */
export function buildOn<O extends Outputs>(
  method: Method<O>,
  scope: Scope,
  inputs: Readonly<Record<string, Expr>>,
  { classes, kind = "multiclass" }: Pick<Widths, "classes" | "kind">,
  present?: Expr,
): O {
  const task = targetTypes[kind];
  const prior = (): Expr => scope.statistic(PRIOR, [classes], task.uniformPrior(classes));
  if (present === undefined) return method.build({ scope, inputs, classes, task, prior });
  const shown = mapValues(inputs, (x, name) => where(slice(present, 1, Object.keys(inputs).indexOf(name), 1), x, 0));
  const input = { scope, inputs: shown, classes, task, prior, present };
  const outputs = method.build(input);
  return { ...outputs, unimodal: priorWhereMissing(input, outputs.unimodal, presence(input, method.modalities)) };
}

/** All parameters of a method, in the order of their requests. */
export function parametersOf(method: Method, widths: Widths): ParameterSpec[] {
  return [...forward(method, widths, 2, { training: true }).requests.parameters.values()];
}

export interface StageGraph {
  readonly terms: readonly Terms[];
  /** [B, K] */
  readonly prediction: Expr;
  /** Trained parameters on which the loss depends, by name, each with its gradient. */
  readonly gradients: ReadonlyMap<string, { readonly parameter: Expr; readonly gradient: Expr }>;
  readonly noises: ReadonlyMap<string, NoiseSpec>;
  /** New values of the stage's memory, by name. */
  readonly remembered: ReadonlyMap<string, Expr>;
}

/**
 * Builds a stage's training graph for a batch; `smoothing` is the label smoothing of its losses.
 * @throws ConfigError if the stage would train no parameter.
 */
export function stageGraph<O extends Outputs>(
  method: Method<O>,
  stage: Stage<O>,
  widths: Widths,
  batch: number,
  smoothing = 0,
): StageGraph {
  const frozen = (path: string): boolean => !stage.trains(`${path}.`);
  const { outputs, requests } = forward(method, widths, batch, { training: true, frozen });
  const target = leaf("input", TARGET, [batch, widths.classes]);
  const task = targetTypes[widths.kind ?? "multiclass"];
  const smoothed = smoothing === 0 ? target : task.smoothed!(target, smoothing);
  const context = { ...contextOf(stage, batch, requests), task, plain: target, smoothed };
  const terms = stage.terms(outputs, smoothed, context);
  for (const { names, value, weights } of terms) {
    if (names.length !== weights.length || names.length !== sizeOf(value.shape)) {
      throw internalError(`stage ${stage.name}: terms ${names.join(", ")} have ${sizeOf(value.shape)} values.`);
    }
  }
  const trained = new Map<string, Expr>();
  for (const node of topological(terms.map((term) => term.value))) {
    const leafInfo = asLeaf(node);
    if (leafInfo?.kind !== "parameter" || !stage.trains(leafInfo.name)) continue;
    if (requests.parameters.get(leafInfo.name)?.trainable && !trained.has(leafInfo.name))
      trained.set(leafInfo.name, node);
  }
  if (trained.size === 0) throw configError(`stage ${stage.name} of ${method.name} trains no parameter.`);
  const parameters = [...trained.values()];
  const gradients = new Map(
    grad(
      terms.map(({ value, weights }) => ({ value, weights })),
      parameters,
    ).map((gradient, i) => [[...trained.keys()][i]!, gradient]),
  );
  const changed = stage.modulate?.(gradients, outputs, target, context) ?? {};
  const remembered = stage.updateMemory?.(outputs, target, context, gradients) ?? {};
  requireShapes(stage, changed, (name) => gradients.get(name)?.shape);
  requireShapes(stage, remembered, (name) => {
    const perSample = stage.sampleMemory?.[name];
    return perSample === undefined ? stage.memory?.[name]?.shape : [batch, perSample.width];
  });
  return {
    terms,
    prediction: stage.prediction(outputs),
    gradients: new Map(
      [...trained].map(([name, parameter]) => [name, { parameter, gradient: changed[name] ?? gradients.get(name)! }]),
    ),
    noises: requests.noises,
    remembered: new Map(Object.entries(remembered)),
  };
}

/** The leaves that a step reads besides the batch: epoch, memory and noise. */
function contextOf<O extends Outputs>(
  stage: Stage<O>,
  batch: number,
  { noises }: Requests,
): Omit<StepContext, "task" | "plain" | "smoothed"> {
  const { memory = {}, sampleMemory = {} } = stage;
  return {
    nameOf: (node) => asLeaf(node)?.name ?? "",
    epoch: leaf("memory", EPOCH, []),
    memory: mapValues(memory, ({ shape }, name) => leaf("memory", memoryLeaf(name), shape)),
    samples: mapValues(sampleMemory, ({ width }, name) => ({
      values: leaf("input", sampleLeaf(name), [batch, width]),
      min: leaf("memory", boundLeaf(name, "least"), [width]),
      max: leaf("memory", boundLeaf(name, "largest"), [width]),
    })),
    noise(name, shape) {
      noises.set(`step.${name}`, { name: `step.${name}`, shape, kind: "normal", rate: 0 });
      return leaf("noise", `step.${name}`, shape);
    },
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}

/** @throws InternalError if an expression has not the shape of the one that it replaces. */
function requireShapes(
  { name: stage }: Pick<Stage<Outputs>, "name">,
  expressions: Readonly<Record<string, Expr>>,
  wanted: (name: string) => Shape | undefined,
): void {
  for (const [name, { shape }] of Object.entries(expressions)) {
    const needed = wanted(name);
    if (needed === undefined || !sameShape(shape, needed)) {
      throw internalError(
        `stage ${stage}: ${name} is ${formatShape(shape)}; ${needed === undefined ? "there is nothing of that name" : `${formatShape(needed)} is needed`}.`,
      );
    }
  }
}
