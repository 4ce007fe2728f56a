/** @file A fitted model: everything that prediction needs, and its file format (safetensors with a description). */
import { configError, dataError } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import type { Shape } from "../core/shape.ts";
import type { State } from "../core/tensor.ts";
import type { Widths } from "../engine/graph.ts";
import { encodedShapes, type Frozen } from "../features/frozen.ts";
import type { Method } from "../methods/method.ts";
import { inputShapes, isStoredNumber, type Transforms, transformFrom, transformState } from "../modalities/index.ts";
import type { Transform } from "../modalities/modality.ts";
import type { Calibration } from "../targets/calibrate.ts";
import { targetTypes } from "../targets/index.ts";
import type { FittedTarget } from "../targets/units.ts";
import { decodeWithChecksum, encodeWithChecksum } from "./checksum.ts";
import type { EpochRecord } from "./history.ts";
import { storedModel, storedValue, withCurrentNames } from "./stored.ts";

/** A trained model with the transforms of its modalities and its calibration. */
export interface Fitted {
  readonly method: Method;
  readonly target: FittedTarget;
  /** Shape of one sample of each modality. */
  readonly shapes: Readonly<Record<string, Shape>>;
  /** What each modality goes through before its encoder. */
  readonly transforms: Transforms;
  /** Parameters and statistics of the best epoch. */
  readonly state: State;
  /** Fitted on validation data at the end of training; the identity before. */
  readonly calibration: Calibration;
  readonly history: readonly EpochRecord[];
  /** The files of frozen encoders, if there are any; a model file does not hold them. */
  readonly frozen?: Frozen | undefined;
}

/** Sizes with which the method's graph is built. */
export function widthsOf(fitted: Pick<Fitted, "method" | "shapes" | "transforms" | "target">): Widths {
  return {
    shapes: inputShapes(encodedShapes(fitted.method.description.encoders, fitted.shapes), fitted.transforms),
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
  /** Files of earlier versions have none: every modality was a standardised vector. */
  readonly modalities?: Readonly<Record<string, Pick<Transform, "kind" | "normalize">>>;
  readonly calibration: Calibration;
}

/** A model without its trained state, of which a checkpoint holds several. */
export type Frame = Omit<Fitted, "state" | "history" | "frozen">;

/** Builds a method from its stored name and description (see methods/index.ts). */
export type MethodFrom = (name: string, description: Method["description"]) => Method;

const FORMAT = "dmil-model-5";

/** The model as bytes: safetensors, parameters by name, fitted numbers of modalities as `standardise.<modality>.<number>`, with a checksum. */
export async function encodeModel(fitted: Fitted): Promise<Uint8Array> {
  const { tensors, text } = encodeFrame(fitted);
  return encodeWithChecksum({ ...fitted.state, ...tensors }, { dmil: text });
}

/**
 * Reads a model file; `where` is its name in messages. @throws DataError if it is damaged or not a model; ConfigError without `methodFrom`;
 * ShapeError and ConfigError from building its method.
 */
export async function decodeModel(
  bytes: Uint8Array,
  methodFrom: MethodFrom,
  where: string,
  advice = "Use a whole copy of it, or export it again.",
): Promise<Fitted> {
  if (typeof methodFrom !== "function") {
    throw configError(
      'decodeModel: the second argument is not a function that builds methods; pass `methodFrom` of dmil: decodeModel(bytes, methodFrom, "model.safetensors").',
    );
  }
  const { state: all, metadata } = await decodeWithChecksum(bytes, {
    where,
    advice,
    older: ({ dmil }) => (dmil === undefined ? undefined : olderModel(dmil)),
  });
  if (metadata.dmil === undefined) {
    throw dataError(`${where}: this file holds no model. Use one that a run or \`dmil export\` wrote.`, { where });
  }
  const state = Object.fromEntries(Object.entries(all).filter(([name]) => !isStoredNumber(name)));
  return { ...decodeFrame(metadata.dmil, all, methodFrom, where), state, history: [] };
}

/** The frame as text, and the fitted numbers of its modalities as tensors. */
export function encodeFrame(frame: Frame): { readonly text: string; readonly tensors: State } {
  const { method, target, shapes, calibration, transforms } = frame;
  const description: ModelDescription = {
    format: FORMAT,
    method: method.name,
    description: method.description,
    target,
    shapes,
    modalities: Object.fromEntries(
      Object.entries(transforms).map(([name, { kind, normalize }]) => [name, { kind, normalize }]),
    ),
    calibration,
  };
  return { text: JSON.stringify(description), tensors: transformState(transforms) };
}

/** Reads what `encodeFrame` wrote; the caller has verified the checksum of the file. */
export function decodeFrame(text: string, tensors: State, methodFrom: MethodFrom, where: string): Frame {
  const stored = storedValue<ModelDescription>(text, storedModel, where, withCurrentNames);
  const { method, description, target, shapes, modalities = {}, calibration } = stored;
  const numbers = (tensor: string): Float32Array => {
    if (Object.hasOwn(tensors, tensor)) return tensors[tensor]!.data;
    throw dataError(`${where}: the tensor ${tensor} is missing; no version of dmil wrote this file.`, { where });
  };
  const transforms = Object.fromEntries(
    Object.keys(shapes).map((name) => [name, transformFrom(name, ownValue(modalities, name) ?? {}, numbers)]),
  );
  return {
    method: methodFrom(method, description),
    target,
    shapes,
    transforms,
    calibration,
  };
}

/** The message for a model that was written before files had checksums. */
function olderModel(text: string): string {
  const format = /"format":"(dmil-model-\d+)"/.exec(text)?.[1] ?? "an unknown format";
  return `this model was written by an earlier version of dmil (${format}, without a checksum), which this one does not read. Train it again.`;
}
