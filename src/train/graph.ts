/** @file What a stage computes, as one graph: forward, loss terms, prediction, gradients. Nothing is compiled here. */
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
  tasks,
} from "../methods/method.ts";
import { type NoiseSpec, type ParameterSpec, type Requests, rootScope, type Scope } from "../nn/module.ts";

/** Widths a model is built on: features per modality (in order) and the number of outputs. */
export interface Widths {
  readonly features: Readonly<Record<string, number>>;
  /** Classes, labels or values. */
  readonly classes: number;
  /** What they are; classes if left out. */
  readonly kind?: TargetKind;
  /** The model is told which modalities each sample has. */
  readonly masked?: boolean;
}

/** The leaf [B, F] of a modality, and that of the target [B, K]. */
export const modalityLeaf = (name: string): string => `modality.${name}`;
export const TARGET = "target";
/** The leaf [B, M] of which modalities each sample has, in the order of the widths. */
export const PRESENT = "present";
/** The leaf [] of the epoch, and those of what a stage remembers. Sample memory is [B, width], its bounds [width]. */
export const EPOCH = "epoch";
export const memoryLeaf = (name: string): string => `memory.${name}`;
export const sampleLeaf = (name: string): string => `samples.${name}`;
export const boundLeaf = (name: string, which: "least" | "largest"): string => `samples.${name}.${which}`;
/** Inputs that change while a stage trains; all others are data. Modality dropout changes `PRESENT` too. */
export const changes = (input: string): boolean => input === TARGET || input.startsWith("samples.");

/** The method's graph on a batch, with what it asked for. */
export function forward<O extends Outputs>(
  method: Method<O>,
  { features, classes, kind = "classes", masked = false }: Widths,
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
 * The method on inputs of any origin; the prior is a stored number of the model. With `present` [B, M], in the order of the
 * inputs, what is missing is hidden from the method here, for all methods alike: its inputs are zeros, and its unimodal prediction
 * is the prior.
 */
export function buildOn<O extends Outputs>(
  method: Method<O>,
  scope: Scope,
  inputs: Readonly<Record<string, Expr>>,
  { classes, kind = "classes" }: Pick<Widths, "classes" | "kind">,
  present?: Expr,
): O {
  const prior = (): Expr => scope.statistic(PRIOR, [classes], kind === "classes" ? -Math.log(classes) : 0);
  const task = tasks[kind];
  if (present === undefined) return method.build({ scope, inputs, classes, task, prior });
  const shown = mapValues(inputs, (x, name) => where(slice(present, 1, Object.keys(inputs).indexOf(name), 1), x, 0));
  const input = { scope, inputs: shown, classes, task, prior, present };
  const outputs = method.build(input);
  return { ...outputs, unimodal: priorWhereMissing(input, outputs.unimodal, presence(input, method.modalities)) };
}

/** Every parameter of a method, in the order it asks for them. */
export function parametersOf(method: Method, widths: Widths): ParameterSpec[] {
  return [...forward(method, widths, 2, { training: true }).requests.parameters.values()];
}

export interface StageGraph {
  readonly terms: readonly Terms[];
  /** [B, K] */
  readonly prediction: Expr;
  /** Trained parameters that the loss reaches, by name, and the gradient of each. */
  readonly gradients: ReadonlyMap<string, { readonly parameter: Expr; readonly gradient: Expr }>;
  readonly noises: ReadonlyMap<string, NoiseSpec>;
  /** New values of the stage's memory, by name. */
  readonly remembered: ReadonlyMap<string, Expr>;
}

/**
 * Builds a stage's training graph on a batch; `smoothing` is the share of each target that its losses see spread evenly.
 * @throws ConfigError when the stage would train nothing.
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
  const task = tasks[widths.kind ?? "classes"];
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
    const found = asLeaf(node);
    if (found?.kind !== "parameter" || !stage.trains(found.name)) continue;
    if (requests.parameters.get(found.name)?.trained && !trained.has(found.name)) trained.set(found.name, node);
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
  const remembered = stage.remember?.(outputs, target, context, gradients) ?? {};
  requireShapes(stage, changed, (name) => gradients.get(name)?.shape);
  requireShapes(stage, remembered, (name) => {
    const own = stage.sampleMemory?.[name];
    return own === undefined ? stage.memory?.[name]?.shape : [batch, own.width];
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

/** The leaves of what a step knows besides the batch. */
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
      least: leaf("memory", boundLeaf(name, "least"), [width]),
      largest: leaf("memory", boundLeaf(name, "largest"), [width]),
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

/** A method's expressions must have the shape of what they take the place of. */
function requireShapes(
  { name: stage }: Pick<Stage<Outputs>, "name">,
  given: Readonly<Record<string, Expr>>,
  wanted: (name: string) => Shape | undefined,
): void {
  for (const [name, { shape }] of Object.entries(given)) {
    const needed = wanted(name);
    if (needed === undefined || !sameShape(shape, needed)) {
      throw internalError(
        `stage ${stage}: ${name} is ${formatShape(shape)}; ${needed === undefined ? "there is nothing of that name" : `${formatShape(needed)} is needed`}.`,
      );
    }
  }
}
