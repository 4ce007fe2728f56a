/** @file A fitted model: all that prediction needs, and its file form (safetensors with a description). */
import { dataError, runError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { float32, type State } from "../core/tensor.ts";
import { readSafetensors, writeSafetensors } from "../data/formats/safetensors.ts";
import type { Standardiser } from "../data/standardise.ts";
import type { Method } from "../methods/method.ts";
import type { Calibration } from "./calibrate.ts";
import type { EpochRecord } from "./events.ts";
import type { Widths } from "./graph.ts";
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

/** What a model file says besides numbers. */
interface ModelDescription {
  readonly format: "dmil-model-2";
  readonly method: string;
  readonly description: Method["description"];
  readonly classes: readonly string[];
  readonly target?: FittedTarget;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly calibration: Calibration;
}

const PREFIX = "standardise.";

/** The model as bytes: safetensors, parameters by name, the standardiser as `standardise.<modality>.mean` and `.scale`. */
export function encodeModel(fitted: Fitted): Uint8Array {
  const description: ModelDescription = {
    format: "dmil-model-2",
    method: fitted.method.name,
    description: fitted.method.description,
    classes: fitted.classes,
    ...(fitted.target !== undefined && { target: fitted.target }),
    shapes: fitted.shapes,
    calibration: fitted.calibration,
  };
  return writeSafetensors(
    { ...fitted.state, ...standardiserState(fitted.standardiser) },
    { dmil: JSON.stringify(description) },
  );
}

/**
 * Reads a model file. `methodFrom` turns the stored name and description into a method (methods/index.ts has it).
 * @throws DataError for a file that is no model; ShapeError and ConfigError from building it.
 */
export function decodeModel(
  bytes: Uint8Array,
  methodFrom: (name: string, description: Method["description"]) => Method,
  where: string,
): Fitted {
  const { state: all, metadata } = readSafetensors(bytes, where);
  let stored: (Omit<ModelDescription, "format"> & { readonly format: string }) | undefined;
  try {
    stored = JSON.parse(metadata.dmil ?? "null") as typeof stored;
  } catch {
    stored = undefined;
  }
  if (stored?.format === "dmil-model-1") {
    throw dataError(
      `${where}: this model was written by an earlier version, without what reports need. Train it again.`,
      {
        where,
      },
    );
  }
  if (stored?.format !== "dmil-model-2") {
    throw dataError(
      `${where}: this safetensors file holds no dmil model. Use a file that a run or \`dmil export\` wrote.`,
      { where },
    );
  }
  const state = Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith(PREFIX)));
  const standardiser = Object.fromEntries(
    Object.keys(stored.shapes).map((name) => {
      const [mean, scale] = [all[`${PREFIX}${name}.mean`], all[`${PREFIX}${name}.scale`]];
      if (mean === undefined || scale === undefined)
        throw runError(`${where}: the standardiser of ${name} is missing.`);
      return [name, { mean: mean.data, scale: scale.data }];
    }),
  );
  const { classes, target, shapes, calibration } = stored;
  const method = methodFrom(stored.method, stored.description);
  return {
    method,
    classes,
    ...(target !== undefined && { target }),
    shapes,
    standardiser,
    state,
    calibration,
    history: [],
  };
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
