/** @file A fitted model: all that prediction needs, and its file form (safetensors with a description). */
import { dataError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { float32, type State } from "../core/tensor.ts";
import type { Standardiser } from "../data/standardise.ts";
import type { Method } from "../methods/method.ts";
import type { Calibration } from "./calibrate.ts";
import type { EpochRecord } from "./events.ts";
import type { Widths } from "./graph.ts";
import { sealState, unsealState } from "./sealed.ts";
import { storedModel, storedValue } from "./stored.ts";
import { type FittedTarget, kindOf } from "./target.ts";

/** A trained model with what belongs to it. */
export interface Fitted {
  readonly method: Method;
  /** Empty where there is a target. */
  readonly classes: readonly string[];
  /** What is predicted where it is not a class. */
  readonly target?: FittedTarget;
  /** Shape of one sample of each modality, before flattening. */
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly standardiser: Standardiser;
  /** Numbers of the best epoch. */
  readonly state: State;
  /** Fitted on the validation data at the end of training; nothing is scaled before. For labels and values see `target.scale`. */
  readonly calibration: Calibration;
  readonly history: readonly EpochRecord[];
}

/** Widths the method's graph is built on. */
export function widthsOf(fitted: Pick<Fitted, "shapes" | "classes" | "target">): Widths {
  return {
    features: Object.fromEntries(
      Object.entries(fitted.shapes).map(([name, shape]) => [name, shape.reduce((a, b) => a * b, 1)]),
    ),
    classes: fitted.target?.names.length ?? fitted.classes.length,
    kind: kindOf(fitted.target),
  };
}

/** The members of a pool, each a model of its own under the pool's calibration; none where the model is no pool. */
export function memberModels(fitted: Fitted): Fitted[] {
  const { pool } = fitted.method;
  if (pool === undefined) return [];
  return pool.states(fitted.state).map((state) => ({ ...fitted, method: pool.member, state, history: [] }));
}

/** What a model file says besides numbers. */
interface ModelDescription {
  readonly format: typeof FORMAT;
  readonly method: string;
  readonly description: Method["description"];
  readonly classes: readonly string[];
  readonly target?: FittedTarget;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly calibration: Calibration;
}

/** All of a model but the numbers that are trained; of those a checkpoint holds several. */
export type Frame = Omit<Fitted, "state" | "history">;

/** Turns the stored name and description into a method (methods/index.ts has it). */
export type MethodFrom = (name: string, description: Method["description"]) => Method;

const FORMAT = "dmil-model-3";
const PREFIX = "standardise.";

/** The model as bytes: safetensors, parameters by name, the standardiser as `standardise.<modality>.mean` and `.scale`, with a checksum. */
export async function encodeModel(fitted: Fitted): Promise<Uint8Array> {
  const { tensors, text } = encodeFrame(fitted);
  return sealState({ ...fitted.state, ...tensors }, { dmil: text });
}

/**
 * Reads a model file. @throws DataError for a file that is damaged or no model; ShapeError and ConfigError from building its method.
 */
export async function decodeModel(
  bytes: Uint8Array,
  methodFrom: MethodFrom,
  where: string,
  advice = "Use a whole copy of it, or export it again.",
): Promise<Fitted> {
  const { state: all, metadata } = await unsealState(bytes, {
    where,
    advice,
    older: ({ dmil }) => (dmil === undefined ? undefined : olderModel(dmil)),
  });
  if (metadata.dmil === undefined) {
    throw dataError(`${where}: this file holds no model. Use one that a run or \`dmil export\` wrote.`, { where });
  }
  const state = Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith(PREFIX)));
  return { ...decodeFrame(metadata.dmil, all, methodFrom, where), state, history: [] };
}

/** The frame as text, and as tensors the standardiser. */
export function encodeFrame(frame: Frame): { readonly text: string; readonly tensors: State } {
  const { method, classes, target, shapes, calibration, standardiser } = frame;
  const description: ModelDescription = {
    format: FORMAT,
    method: method.name,
    description: method.description,
    classes,
    ...(target !== undefined && { target }),
    shapes,
    calibration,
  };
  return { text: JSON.stringify(description), tensors: standardiserState(standardiser) };
}

/** What `encodeFrame` wrote; the checksum of the file around it has been compared. */
export function decodeFrame(text: string, tensors: State, methodFrom: MethodFrom, where: string): Frame {
  const stored = storedValue<ModelDescription>(text, storedModel, where);
  const { method, description, classes, target, shapes, calibration } = stored;
  const numbers = (tensor: string): Float32Array => {
    if (Object.hasOwn(tensors, tensor)) return tensors[tensor]!.data;
    throw dataError(`${where}: the tensor ${tensor} is missing; no version of dmil wrote this file.`, { where });
  };
  const standardiser = Object.fromEntries(
    Object.keys(shapes).map((name) => [
      name,
      { mean: numbers(`${PREFIX}${name}.mean`), scale: numbers(`${PREFIX}${name}.scale`) },
    ]),
  );
  return {
    method: methodFrom(method, description),
    classes,
    ...(target !== undefined && { target }),
    shapes,
    standardiser,
    calibration,
  };
}

/** What to say of a model that was written before there were checksums. */
function olderModel(text: string): string {
  const format = /"format":"(dmil-model-\d+)"/.exec(text)?.[1] ?? "an unknown format";
  return `this model was written by an earlier version of dmil (${format}, without a checksum), which this one does not read. Train it again.`;
}

/** The standardiser as named tensors. */
export function standardiserState(standardiser: Standardiser): State {
  return Object.fromEntries(
    Object.entries(standardiser).flatMap(([name, { mean, scale }]) => [
      [`${PREFIX}${name}.mean`, float32([mean.length], mean)],
      [`${PREFIX}${name}.scale`, float32([scale.length], scale)],
    ]),
  );
}
