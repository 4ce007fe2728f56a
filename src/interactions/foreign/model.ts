/** @file Matches any ONNX model with data: which input takes which modality, and which output is the prediction. */
import { configError, type DmilError, dataError, hint, listing } from "../../core/errors.ts";
import { ownValue } from "../../core/record.ts";
import { formatShape, type Shape, sizeOf } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type AnyModel, FEEDS, type Feed, type FeedType, type ModelPort } from "../../runtime/any-model.ts";
import { requireSeveral } from "./sets.ts";

/** The user's options for a model. */
export interface ModelOptions {
  /** Input by modality. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly output?: string;
  readonly logits?: boolean;
}

/** A model that predicts samples with the modalities it was matched to. */
export interface Answering {
  /** How inputs and outputs were interpreted, as messages. */
  readonly taken: readonly string[];
  readonly logits: boolean;
  /** [samples, K] for the features of each modality, row-major. */
  predict(features: Readonly<Record<string, Float32Array>>, samples: number): Promise<Float64Array>;
}

/** An input and the modalities that are fed to it, concatenated. */
interface Fed {
  readonly port: ModelPort;
  readonly modalities: readonly string[];
  /** Shape of one sample. */
  readonly shape: Shape;
}

/** Samples per call. */
const BATCH = 256;
/** The input of dmil's exports that marks the modalities a sample has (`dmil export --missing`). */
const PRESENT = "present";

/**
 * Matches a model with modalities and classes. Some samples [N, ...] determine the shapes, and whether an output gives probabilities when
 * its name does not say. @throws ConfigError for missing inputs and outputs, DataError for mismatched widths and types.
 */
export async function answering(
  model: AnyModel,
  sample: Readonly<Record<string, Tensor<"float32">>>,
  classes: readonly string[],
  options: ModelOptions,
): Promise<Answering> {
  const modalities = Object.keys(sample);
  requireSeveral(modalities, "the data");
  const shapes = Object.fromEntries(modalities.map((name) => [name, sample[name]!.shape.slice(1)]));
  const fed = inputsOf(model, shapes, options.inputs ?? {});
  const output = outputOf(model, options.output);
  const present = model.inputs.some(({ name }) => name === PRESENT) && !modalities.includes(PRESENT);
  const taken = fed.map(
    ({ port, modalities: parts }) =>
      `input ${port.name}: ${parts.join(" and ")}${parts.length > 1 ? ", side by side in this order" : ""}`,
  );
  if (present) taken.push(`input ${PRESENT}: 1 throughout, whatever is removed`);
  const fixed = fixedBatch(fed);
  const K = classes.length;
  /** [samples, K]; for two classes possibly one number per sample, that of the second class. */
  const answers = async (features: Readonly<Record<string, Float32Array>>, samples: number): Promise<Float64Array> => {
    const parts: Float64Array[] = [];
    for (let from = 0; from < samples; from += fixed ?? BATCH) {
      const count = Math.min(fixed ?? BATCH, samples - from);
      const rows = fixed ?? count;
      const feeds = Object.fromEntries(
        fed.map((input) => [input.port.name, feedOf(input, features, shapes, from, count, rows)]),
      );
      if (present) feeds[PRESENT] = onesOf(rows, modalities.length);
      const { shape, data } = await model.run(feeds, output.name);
      const width = data.length / rows;
      if (width !== K && !(width === 1 && K === 2)) throw wrongWidth(output.name, shape, rows, classes);
      parts.push(data.subarray(0, count * width));
    }
    return Float64Array.from(parts.flatMap((part) => [...part]));
  };
  const count = Math.min(BATCH, sample[modalities[0]!]!.shape[0]!);
  const some = await answers(Object.fromEntries(modalities.map((name) => [name, sample[name]!.data])), count);
  const logits = options.logits ?? areLogits(output.name, some, count);
  const what = logits ? "logits" : "probabilities";
  taken.push(
    some.length === count && K === 2
      ? `output ${output.name}: one number a sample, ${what.replace(/s$|ies$/, (end) => (end === "s" ? "" : "y"))} of ${classes[1]}`
      : `output ${output.name}: ${what} of ${listing(classes)}, in this order`,
  );
  return {
    taken,
    logits,
    async predict(features, samples) {
      const values = await answers(features, samples);
      return values.length === samples * K ? values : Float64Array.from(ofTwo(values, logits));
    },
  };
}

/** Decides by the output's name, else by whether the values are not probabilities. */
function areLogits(name: string, values: Float64Array, samples: number): boolean {
  if (/prob/i.test(name)) return false;
  if (/logit/i.test(name)) return true;
  const width = values.length / samples;
  return Array.from({ length: samples }, (_, i) => values.subarray(i * width, (i + 1) * width)).some(
    (row) =>
      row.some((value) => !(value >= 0 && value <= 1)) ||
      (width > 1 && Math.abs(row.reduce((a, b) => a + b) - 1) > 0.01),
  );
}

/** Expands one number per sample, that of the second class, to two classes. */
function ofTwo(values: Float64Array, logits: boolean): number[] {
  return [...values].flatMap((value) => [logits ? 0 : 1 - value, value]);
}

function wrongWidth(name: string, shape: Shape, rows: number, classes: readonly string[]): DmilError {
  return dataError(
    `the output ${name} is ${formatShape(shape)} for ${rows} samples; [samples, ${classes.length}] is needed, a number for each class of the data (${listing(classes)}). Name another output (--output NAME), or give data with the model's classes.`,
    { output: name, shape },
  );
}

function inputsOf(
  { inputs }: AnyModel,
  shapes: Readonly<Record<string, Shape>>,
  given: Readonly<Record<string, string>>,
): Fed[] {
  const modalities = Object.keys(shapes);
  const known = inputs.map(({ name }) => name);
  for (const [modality, name] of Object.entries(given)) {
    if (!modalities.includes(modality)) {
      throw configError(
        `--input ${modality}=${name}: the data has no modality "${modality}"${hint(modality, modalities)}`,
      );
    }
    if (!known.includes(name)) {
      throw configError(`--input ${modality}=${name}: the model has no input "${name}"${hint(name, known)}`);
    }
  }
  const free = inputs.filter(({ name }) => name !== PRESENT || modalities.includes(name));
  const only = free.length === 1 ? free[0]! : undefined;
  if (only !== undefined && modalities.length > 1) {
    const width = modalities.reduce((sum, name) => sum + sizeOf(shapes[name]!), 0);
    return [fit(only, modalities, [width])];
  }
  const fed = modalities.map((modality) => {
    const names = [ownValue(given, modality), modality, `input.${modality}`].filter((name) => name !== undefined);
    const port =
      names.map((name) => free.find((input) => input.name === name)).find((input) => input !== undefined) ??
      free.find((input) => input.name.toLowerCase() === modality.toLowerCase());
    if (port !== undefined) return fit(port, [modality], shapes[modality]!);
    throw configError(
      `the model has no input called "${modality}"; its inputs: ${listing(known)}. Say which one takes it: --input ${modality}=NAME.`,
      { modality, inputs: known },
    );
  });
  for (const port of free) {
    const takers = fed.filter((input) => input.port === port).flatMap((input) => input.modalities);
    if (takers.length === 0) {
      throw configError(
        `the model's input ${port.name} gets no modality; the data has ${listing(modalities)}. Say which it takes: --input MODALITY=${port.name}, or choose other modalities.`,
        { input: port.name },
      );
    }
    if (takers.length > 1) {
      throw configError(
        `the model's input ${port.name} was named for ${takers.join(" and ")}; give every modality an input that no other has.`,
        { input: port.name },
      );
    }
  }
  return fed;
}

/** An input with the shape that a sample is fed in. @throws DataError where type or width do not fit. */
function fit(port: ModelPort, modalities: readonly string[], shape: Shape): Fed {
  const what = modalities.join(" and ");
  if (!Object.hasOwn(FEEDS, port.type)) {
    throw dataError(
      `the model's input ${port.name} takes ${port.type === "other" ? "no tensor" : port.type}; ${what} can be fed as ${listing(Object.keys(FEEDS))}. Export the model with such an input.`,
      { input: port.name },
    );
  }
  const sample = port.shape.slice(1);
  const width = sizeOf(shape);
  const open = sample.filter((size) => typeof size !== "number" || size < 0).length;
  const known = sample.reduce<number>((n, size) => (typeof size === "number" && size >= 0 ? n * size : n), 1);
  // A single dynamic axis beside the batch takes the remaining size; with more, the data's shape is used.
  const fitting =
    open === 0
      ? known === width
        ? (sample as number[])
        : undefined
      : open === 1 && known > 0 && width % known === 0
        ? sample.map((size) => (typeof size === "number" && size >= 0 ? size : width / known))
        : sample.length === shape.length
          ? shape
          : undefined;
  if (port.shape.length === 0) return { port, modalities, shape }; // it does not say
  if (fitting !== undefined) return { port, modalities, shape: fitting };
  throw dataError(
    `the model's input ${port.name} takes ${axes(port)}, a sample of ${what} has ${width} numbers${modalities.length > 1 ? " in all" : ""}; they do not fit. Give the data the model was made for, or say which input takes what: --input MODALITY=NAME.`,
    { input: port.name, expected: port.shape, width },
  );
}

/** `[?, 20]`: the sizes of an input, open ones by their names. */
function axes({ shape }: ModelPort): string {
  return `[${shape.map((size) => (size === "" || size === -1 ? "?" : size)).join(", ")}]`;
}

/** The output that is the prediction: the chosen one, else the one with a usual name, else the only one. */
function outputOf({ outputs }: AnyModel, wished: string | undefined): ModelPort {
  const known = outputs.map(({ name }) => name);
  if (wished !== undefined && !known.includes(wished)) {
    throw configError(`--output ${wished}: the model has no such output${hint(wished, known)}`, { wished });
  }
  const floats = outputs.filter(({ type }) => type === "float32" || type === "float64");
  const named = (pattern: RegExp): ModelPort | undefined => floats.find(({ name }) => pattern.test(name));
  const found =
    wished === undefined
      ? (named(/^prob(abilitie)?s?$/i) ??
        named(/prob/i) ??
        named(/logit|score/i) ??
        (floats.length === 1 ? floats[0] : undefined))
      : outputs.find(({ name }) => name === wished);
  const maps = outputs.find(({ type }) => type === "other");
  if (found !== undefined && found === maps) throw zipped(maps.name);
  if (found !== undefined && !floats.includes(found)) {
    throw configError(
      `--output ${found.name}: it is ${found.type}, a decision and no prediction; outputs of probabilities or logits: ${listing(floats.map(({ name }) => name))}.`,
      { output: found.name },
    );
  }
  if (found !== undefined) return found;
  if (maps !== undefined) throw zipped(maps.name);
  throw configError(
    `which output is the prediction cannot be recognised by its name; outputs: ${listing(known)}. Name it: --output NAME, and with it --logits where it gives logits.`,
    { outputs: known },
  );
}

function zipped(name: string): DmilError {
  return dataError(
    `the output ${name} is no tensor (a sequence or a map). With skl2onnx export plain probabilities: options={"zipmap": False}.`,
    { output: name },
  );
}

/** The fixed batch size of the model; undefined when it is dynamic. */
function fixedBatch(fed: readonly Fed[]): number | undefined {
  const sizes = fed.map(({ port }) => port.shape[0]).filter((size) => typeof size === "number" && size > 0);
  return sizes[0] as number | undefined;
}

function feedOf(
  { port, modalities, shape }: Fed,
  features: Readonly<Record<string, Float32Array>>,
  shapes: Readonly<Record<string, Shape>>,
  from: number,
  count: number,
  rows: number,
): Feed {
  const width = sizeOf(shape);
  const numbers = new Float32Array(rows * width);
  let at = 0;
  for (const modality of modalities) {
    const size = sizeOf(shapes[modality]!);
    // With a fixed batch size, the last sample is repeated to fill the batch.
    for (let i = 0; i < rows; i++) {
      const row = from + Math.min(i, count - 1);
      numbers.set(features[modality]!.subarray(row * size, (row + 1) * size), i * width + at);
    }
    at += size;
  }
  const type = port.type as FeedType;
  const data =
    type === "int64" ? BigInt64Array.from(numbers, (value) => BigInt(Math.round(value))) : FEEDS[type].from(numbers);
  return { type, shape: [rows, ...shape], data };
}

function onesOf(rows: number, modalities: number): Feed {
  return { type: "float32", shape: [rows, modalities], data: new Float32Array(rows * modalities).fill(1) };
}
