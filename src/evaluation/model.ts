/** @file A fitted model: everything that prediction needs, and its file format (safetensors with a description). */
import { dataError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { float32, type State } from "../core/tensor.ts";
import type { Standardiser } from "../data/standardise.ts";
import type { Widths } from "../engine/graph.ts";
import type { Method } from "../methods/method.ts";
import type { Calibration } from "../targets/calibrate.ts";
import { targetTypes } from "../targets/index.ts";
import type { FittedTarget } from "../targets/units.ts";
import { decodeWithChecksum, encodeWithChecksum } from "./checksum.ts";
import type { EpochRecord } from "./history.ts";
import { storedModel, storedValue, withTarget } from "./stored.ts";

/** A trained model with its standardiser and calibration. */
export interface Fitted {
  readonly method: Method;
  readonly target: FittedTarget;
  /** Shape of one sample of each modality, before flattening. */
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly standardiser: Standardiser;
  /** Parameters and statistics of the best epoch. */
  readonly state: State;
  /** Fitted on validation data at the end of training; the identity before. Kinds other than classes have `target.scale` instead. */
  readonly calibration: Calibration;
  readonly history: readonly EpochRecord[];
}

/** Sizes with which the method's graph is built. */
export function widthsOf(fitted: Pick<Fitted, "shapes" | "target">): Widths {
  return {
    features: Object.fromEntries(
      Object.entries(fitted.shapes).map(([name, shape]) => [name, shape.reduce((a, b) => a * b, 1)]),
    ),
    classes: targetTypes[fitted.target.kind].outputs(fitted.target.names),
    kind: fitted.target.kind,
  };
}

/** The members of a pool, each as a model with the pool's calibration; empty if the model is not a pool. */
export function memberModels(fitted: Fitted): Fitted[] {
  const { pool } = fitted.method;
  if (pool === undefined) return [];
  return pool.states(fitted.state).map((state) => ({ ...fitted, method: pool.member, state, history: [] }));
}

/** The description in a model file, besides tensors. */
interface ModelDescription {
  readonly format: typeof FORMAT;
  readonly method: string;
  readonly description: Method["description"];
  readonly target: FittedTarget;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly calibration: Calibration;
}

/** A model without its trained state, of which a checkpoint holds several. */
export type Frame = Omit<Fitted, "state" | "history">;

/** Builds a method from its stored name and description (see methods/index.ts). */
export type MethodFrom = (name: string, description: Method["description"]) => Method;

const FORMAT = "dmil-model-4";
const PREFIX = "standardise.";

/** The model as bytes: safetensors, parameters by name, the standardiser as `standardise.<modality>.mean` and `.scale`, with a checksum. */
export async function encodeModel(fitted: Fitted): Promise<Uint8Array> {
  const { tensors, text } = encodeFrame(fitted);
  return encodeWithChecksum({ ...fitted.state, ...tensors }, { dmil: text });
}

/**
 * Reads a model file. @throws DataError if it is damaged or not a model; ShapeError and ConfigError from building its method.
 */
export async function decodeModel(
  bytes: Uint8Array,
  methodFrom: MethodFrom,
  where: string,
  advice = "Use a whole copy of it, or export it again.",
): Promise<Fitted> {
  const { state: all, metadata } = await decodeWithChecksum(bytes, {
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

/** The frame as text, and its standardiser as tensors. */
export function encodeFrame(frame: Frame): { readonly text: string; readonly tensors: State } {
  const { method, target, shapes, calibration, standardiser } = frame;
  const description: ModelDescription = {
    format: FORMAT,
    method: method.name,
    description: method.description,
    target,
    shapes,
    calibration,
  };
  return { text: JSON.stringify(description), tensors: standardiserState(standardiser) };
}

/** Reads what `encodeFrame` wrote; the caller has verified the checksum of the file. */
export function decodeFrame(text: string, tensors: State, methodFrom: MethodFrom, where: string): Frame {
  const stored = storedValue<ModelDescription>(text, storedModel, where, withTarget);
  const { method, description, target, shapes, calibration } = stored;
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
    target,
    shapes,
    standardiser,
    calibration,
  };
}

/** The message for a model that was written before files had checksums. */
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
