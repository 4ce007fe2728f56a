/** @file A fitted model as one ONNX file: its inputs are raw modalities, its outputs what reports show; the transforms of its modalities and calibration are part of the graph. */
import { configError } from "../core/errors.ts";
import { checkOptions } from "../core/keys.ts";
import type { Shape } from "../core/shape.ts";
import { VERSION } from "../core/version.ts";
import { isClassKind } from "../data/kinds.ts";
import { buildOn, modalityLeaf, PRESENT } from "../engine/graph.ts";
import { encodedShapes, frozenModels } from "../features/frozen.ts";
import { spliced } from "../features/splice.ts";
import { type Expr, leaf } from "../graph/expr.ts";
import { lower } from "../graph/onnx/lower.ts";
import { modalityTypes, storedName, transformState } from "../modalities/index.ts";
import { rootScope } from "../nn/module.ts";
import type { ExportOutput } from "../targets/export.ts";
import { bitNames, calibrationState } from "../targets/export-classes.ts";
import { targetTypes } from "../targets/index.ts";
import { toDataUnits } from "../targets/units.ts";
import { type Fitted, widthsOf } from "./model.ts";

/** Batch size with which the exported graph is built; the axis is dynamic in the file. */
const BATCH = 3;

/** One input of the file. */
export interface ExportedInput {
  readonly name: string;
  /** Shape of one sample. */
  readonly shape: Shape;
  readonly meaning: string;
}

/** Inputs and outputs of an exported file, in its order. */
export interface Exported {
  readonly inputs: readonly ExportedInput[];
  readonly outputs: readonly { readonly name: string; readonly meaning: string }[];
}

export interface ExportOptions {
  /** Add an input that says which modalities each sample has. Default false. */
  readonly missing?: boolean;
}

/**
 * Exports a model as ONNX bytes. Inputs, by modality name: float32 [batch, ...sample shape], as in the data files. Outputs, the first of
 * which is the prediction: for classes `probabilities` [batch, K], `logits`, `unimodal` [batch, M, K], `unimodal_probabilities`, if the
 * method has components `gate` [batch, C], `components` and `contributions` [batch, C, K], and `bits` [batch, M + 3]; for labels the same
 * without bits; for values `values` [batch, K] in the data's unit, `unimodal`, `gate`, `components`, `contributions`. `explain` reports the
 * same numbers. The file's metadata has the names of classes, modalities, components and bits, the calibration, and a usage text. The graph
 * is in evaluation mode: means, no noise. With `missing` there is one more input, `present` [batch, M]: 1 if a sample has the modality; 0 if
 * it is missing, in which case its input is ignored (it may be NaN).
 * @throws ConfigError for a model with frozen encoders, whose files are read: use `exportOnnx`.
 */
export function toOnnx(fitted: Fitted, options: ExportOptions = {}): Uint8Array {
  const [frozen] = Object.keys(frozenModels(fitted.method.description.encoders));
  if (frozen === undefined) return lowered(fitted, options);
  throw configError(
    `toOnnx: the encoder of ${frozen} is a frozen network, whose file is read first: await exportOnnx(fitted).`,
  );
}

/**
 * As `toOnnx`, and for models with frozen encoders too: their networks become a part of the file.
 * @throws ConfigError for a network that cannot be one: it reads a fixed number of samples, or its operators are too old.
 */
export async function exportOnnx(fitted: Fitted, options: ExportOptions = {}): Promise<Uint8Array> {
  const { encoders } = fitted.method.description;
  let bytes = lowered(fitted, options);
  for (const [name, model] of Object.entries(frozenModels(encoders))) {
    if (fitted.frozen === undefined) {
      throw configError(
        `exportOnnx: the file of the encoder of ${name} is not with the model; open it from its folder.`,
      );
    }
    const at = fitted.method.modalities.indexOf(name);
    const input = describeExport(fitted, options).inputs[at]!.name;
    const where = `${encoders[name]!.file}, the encoder of ${name},`;
    bytes = spliced(bytes, input, await fitted.frozen.read(model.sha256), model, where);
  }
  return bytes;
}

/** The file; the inputs of modalities with a frozen encoder are their features. */
function lowered(fitted: Fitted, options: ExportOptions): Uint8Array {
  const { method, target, calibration, shapes, transforms } = fitted;
  const { hasBits } = targetTypes[target.kind];
  const { inputs, outputs, components } = graphOf(fitted, options);
  const text = (value: unknown): string => JSON.stringify(value);
  const meanings = (parts: Exported["outputs"]): string =>
    text(Object.fromEntries(parts.map(({ name, meaning }) => [name, meaning])));
  const description = usage({ inputs, outputs });
  return lower({
    inputs: inputs.map(({ name, value, meaning }) => ({ name, parts: [value], meaning })),
    outputs: outputs.map(({ name, value, meaning }) => ({ name, parts: [value], meaning })),
    stored: { ...calibrationState(calibration), ...fitted.state, ...transformState(transforms) },
    openBatch: true,
    about: {
      version: VERSION,
      description,
      metadata: {
        dmil: VERSION,
        method: method.name,
        classes: text(isClassKind(target.kind) ? target.names : []),
        target: text(target),
        modalities: text(method.modalities),
        shapes: text(shapes),
        components: text(components),
        bits: text(hasBits ? bitNames(method.modalities) : []),
        calibration: text(calibration),
        inputs: meanings(inputs),
        outputs: meanings(outputs),
        usage: description,
      },
    },
  });
}

/** Inputs and outputs of the file that `toOnnx` writes. */
export function describeExport(fitted: Fitted, options: ExportOptions = {}): Exported {
  return graphOf(fitted, options);
}

interface ExportGraph {
  readonly inputs: readonly (ExportedInput & { readonly value: Expr })[];
  readonly outputs: readonly ExportOutput[];
  readonly components: readonly string[];
}

function graphOf(fitted: Fitted, options: ExportOptions): ExportGraph {
  checkOptions("toOnnx", options, { missing: true });
  const { missing = false } = options;
  const { method, shapes, target, calibration, transforms } = fitted;
  const { modalities } = method;
  const encoded = encodedShapes(method.description.encoders, shapes);
  const raw = Object.fromEntries(
    modalities.map((name) => [name, leaf("input", modalityLeaf(name), [BATCH, ...encoded[name]!])]),
  );
  const frozen = frozenModels(method.description.encoders);
  const present = missing ? leaf("input", PRESENT, [BATCH, modalities.length]) : undefined;
  const { scope } = rootScope({ training: false });
  const inputs = Object.fromEntries(
    modalities.map((name) => {
      const transform = transforms[name]!;
      const stored = (number: string, shape: Shape): Expr => leaf("parameter", storedName(name, number), shape);
      return [name, modalityTypes[transform.kind].graph(raw[name]!, transform, stored)];
    }),
  );
  const built = buildOn(method, scope, inputs, widthsOf(fitted), present);
  const outputs = toDataUnits(built, target, calibration.outputs, modalities);
  const answers = targetTypes[target.kind].exports({ outputs, calibration, modalities });
  const usedNames = new Set([...answers.map(({ name }) => name), ...(missing ? [PRESENT] : [])]);
  const modalityInputs = modalities.map((name) => ({
    // Names must be unique within a file, so a modality that has the name of an output gets a prefix.
    name: usedNames.has(name) ? modalityLeaf(name) : name,
    shape: shapes[name]!,
    value: raw[name]!,
    meaning: `[batch, ${shapes[name]!.join(", ")}]: ${name} as in the data files; ${frozen[name] === undefined ? "" : "its frozen encoder is inside; "}${modalityTypes[transforms[name]!.kind].describe(transforms[name]!)}`,
  }));
  const presentInput = {
    name: PRESENT,
    shape: [modalities.length],
    meaning: `[batch, modality]: 1 where a sample has the modality, 0 where it is missing and what is given for it is not read`,
  };
  return {
    inputs: present === undefined ? modalityInputs : [...modalityInputs, { ...presentInput, value: present }],
    outputs: answers,
    components: outputs.components?.names ?? [],
  };
}

function usage({ inputs, outputs }: Exported): string {
  const list = (parts: readonly { readonly name: string; readonly meaning: string }[]): string =>
    parts.map(({ name, meaning }) => `${name} ${meaning}`).join(". ");
  return `Feed float32 arrays by name, any number of samples at a time. Inputs: ${list(inputs)}. Outputs: ${list(outputs)}. Names of classes, modalities, components and bits, in the order of their axes, are in the metadata.`;
}
