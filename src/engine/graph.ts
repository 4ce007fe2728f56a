/** @file A stage's computation as one graph: forward pass, loss terms, prediction, gradients. Nothing is compiled here. */
import { configError, hint, methodError } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../core/shape.ts";
import type { TargetKind } from "../data/dataset.ts";
import { asLeaf, type Expr, leaf, topological } from "../graph/expr.ts";
import { grad } from "../graph/grad.ts";
import { reshape, slice, where } from "../graph/ops/index.ts";
import type { Method, Outputs, Stage, StepContext, Terms } from "../methods/method.ts";
import { presence, priorWhereMissing } from "../methods/missing.ts";
import { type NoiseSpec, type ParameterSpec, type Requests, rootScope, type Scope } from "../nn/module.ts";
import { targetTypes } from "../targets/index.ts";
import { PRIOR } from "../targets/task.ts";
import { weighted } from "../targets/weighted.ts";

/** Sizes with which a model is built: the shape of a sample of each modality (in order) and the number of outputs. */
export interface Widths {
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Number of outputs K (`TargetType.outputs`). */
  readonly classes: number;
  /** Kind of the target. Default `multiclass`. */
  readonly kind?: TargetKind;
  /** The model reads a mask of the modalities that each sample has. */
  readonly masked?: boolean;
  /** Losses read a weight of each sample. */
  readonly weighted?: boolean;
}

/** The leaf of a modality [B, ...sample shape], and the leaf of the target [B, K]. */
export const modalityLeaf = (name: string): string => `modality.${name}`;
export const TARGET = "target";
/** The leaf of the sample weights [B, 1]. */
export const WEIGHT = "weight";
/** The leaf of the modality mask [B, M], in the order of `Widths.shapes`. */
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
  { shapes, classes, kind = "multiclass", masked = false }: Widths,
  batch: number,
  options: { readonly training: boolean; readonly frozen?: (path: string) => boolean },
): { outputs: O; requests: Requests } {
  const { scope, requests } = rootScope(options);
  const inputs = mapValues(shapes, (shape, name) => leaf("input", modalityLeaf(name), [batch, ...shape]));
  const present = masked ? leaf("input", PRESENT, [batch, Object.keys(shapes).length]) : undefined;
  const outputs = buildOn(method, scope, inputs, { classes, kind }, present);
  requireShape(`${method.name}, build`, "logits", outputs.logits, [batch, classes]);
  requireShape(`${method.name}, build`, "unimodal", outputs.unimodal, [method.modalities.length, batch, classes]);
  return { outputs, requests };
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
  const shown = mapValues(inputs, (x, name) => {
    const mask = slice(present, 1, Object.keys(inputs).indexOf(name), 1);
    return where(reshape(mask, [x.shape[0]!, ...x.shape.slice(1).map(() => 1)]), x, 0);
  });
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
  /** New values of buffers (`Scope.buffer`), by name. */
  readonly updates: ReadonlyMap<string, Expr>;
}

/**
 * Builds a stage's training graph for a batch; `smoothing` is the label smoothing of its losses.
 * @throws ConfigError if the stage would train no parameter, MethodError if what the method returns has other names or shapes than needed.
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
  const unweighted = targetTypes[widths.kind ?? "multiclass"];
  const soft = smoothing === 0 ? target : unweighted.smoothed!(target, smoothing);
  const { task, target: smoothed } = widths.weighted
    ? weighted(unweighted, soft, leaf("input", WEIGHT, [batch, 1]))
    : { task: unweighted, target: soft };
  const context = { ...contextOf(stage, batch, requests), task, plain: target, smoothed };
  const terms = stage.terms(outputs, smoothed, context);
  for (const { names, value, weights } of terms) {
    if (names.length !== weights.length || names.length !== sizeOf(value.shape)) {
      throw methodError(
        `${method.name}, stage ${stage.name}: the terms ${names.join(", ")} have ${sizeOf(value.shape)} values and ${weights.length} weights; each of the ${names.length} names needs one value and one weight.`,
      );
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
  const where = `${method.name}, stage ${stage.name}`;
  const gradientShapes = mapValues(Object.fromEntries(gradients), ({ shape }) => shape);
  const memoryShapes = {
    ...mapValues(stage.memory ?? {}, ({ shape }) => shape),
    ...mapValues(stage.sampleMemory ?? {}, ({ width }) => [batch, width]),
  };
  requireShapes(`${where}, modulate`, changed, gradientShapes);
  requireShapes(`${where}, updateMemory`, remembered, memoryShapes);
  return {
    terms,
    prediction: stage.prediction(outputs),
    gradients: new Map(
      [...trained].map(([name, parameter]) => [name, { parameter, gradient: changed[name] ?? gradients.get(name)! }]),
    ),
    noises: requests.noises,
    remembered: new Map(Object.entries(remembered)),
    updates: requests.updates,
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

/** @throws MethodError if an expression has an unknown name or another shape than is needed. */
function requireShapes(
  where: string,
  expressions: Readonly<Record<string, Expr>>,
  shapes: Readonly<Record<string, Shape>>,
): void {
  for (const [name, expr] of Object.entries(expressions)) {
    const needed = ownValue(shapes, name);
    if (needed === undefined) throw methodError(`${where}: unknown name "${name}"${hint(name, Object.keys(shapes))}`);
    requireShape(where, name, expr, needed);
  }
}

/** @throws MethodError if the expression has another shape. */
function requireShape(where: string, name: string, { shape }: Expr, needed: Shape): void {
  if (sameShape(shape, needed)) return;
  throw methodError(`${where}: ${name} has the shape ${formatShape(shape)}; ${formatShape(needed)} is needed.`);
}
