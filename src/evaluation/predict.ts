/** @file A fitted model's predictions for a data set, and its calibration. */

import { configError, dataError, listing, shapeError } from "../core/errors.ts";
import { checkOptions, type Keys, shown } from "../core/keys.ts";
import { ownValue } from "../core/record.ts";
import { formatShape, sameShape } from "../core/shape.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import type { Dataset, Inputs } from "../data/dataset.ts";
import { hasMissing, presentAt } from "../data/presence.ts";
import {
  checkSamples,
  chunkFor,
  chunkOf,
  createEvaluator,
  type Evaluator,
  sourcesOf,
  storedParameters,
} from "../engine/evaluator.ts";
import { forward } from "../engine/graph.ts";
import { EVALUATED_AT_ONCE } from "../engine/limits.ts";
import { createEncoding } from "../features/frozen.ts";
import type { Expr } from "../graph/expr.ts";
import type { Outputs } from "../methods/method.ts";
import type { BackendName } from "../runtime/backend.ts";
import { loadBackend } from "../runtime/load.ts";
import type { Calibration } from "../targets/calibrate.ts";
import { targetTypes } from "../targets/index.ts";
import { PRIOR } from "../targets/task.ts";
import { toDataUnits } from "../targets/units.ts";
import { type Fitted, widthsOf } from "./model.ts";

/** Predictions of a model for N samples, in the order of the data set. */
export interface Predictions {
  /** [N, K]: logits or log-probabilities of classes, log-odds of labels, values in the data's unit; the next two use the same scale. */
  readonly logits: Float32Array;
  /** Unimodal predictions by modality, [N, K] each. */
  readonly unimodal: Readonly<Record<string, Float32Array>>;
  readonly components: Readonly<Record<string, ComponentPredictions>>;
  /** Calibration of the model. If absent, probabilities are the softmax of the logits. */
  readonly calibration?: Calibration;
  /** Representations by name, [N, E] each; present if requested. */
  readonly representations?: Readonly<Record<string, Tensor<"float32">>>;
}

/** One component. The prediction is the prior (for values: their mean) plus the sum of all contributions. */
export interface ComponentPredictions {
  /** The component's own prediction, [N, K]. */
  readonly logits: Float32Array;
  /** The component's share of each prediction, [N]; the shares sum to 1 over components. */
  readonly gate: Float32Array;
  /** The component's additive contribution to each prediction, [N, K]. */
  readonly contribution: Float32Array;
}

export interface PredictOptions {
  readonly backend?: BackendName;
  readonly threads?: number;
  /** Number of samples computed at a time. Default 256, or fewer where the maps of images are large. */
  readonly batchSize?: number;
  /** Also return the method's representations. Default false. */
  readonly representations?: boolean;
}

const KNOWN: Keys<PredictOptions> = { backend: true, threads: true, batchSize: true, representations: true };

/** Runs the model on every sample. @throws DataError or ShapeError if modalities or shapes differ from those of the training data. */
export async function predict(fitted: Fitted, dataset: Inputs, options: PredictOptions = {}): Promise<Predictions> {
  const predictor = createPredictor(fitted, options);
  try {
    return await predictor.predict(dataset);
  } finally {
    await predictor.dispose();
  }
}

/** A model that stays compiled between calls, for streams of samples. */
export interface Predictor {
  /** Predicts like the function `predict`. Concurrent calls run one after the other. */
  predict(dataset: Inputs): Promise<Predictions>;
  dispose(): Promise<void>;
}

/**
 * Creates a model for repeated predictions. It is compiled at the first call, and a second time when a sample first lacks a modality. To
 * predict one sample at a time use `batchSize: 1`. @throws ConfigError for bad options.
 */
export function createPredictor(fitted: Fitted, options: PredictOptions = {}): Predictor {
  checkOptions("predict", options, KNOWN);
  const { batchSize = 256 } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw configError(`predict: batchSize is ${shown(batchSize)}; a whole number from 1 is needed.`);
  }
  const compiled = new Map<boolean, Promise<Compiled>>();
  const { backend, threads } = options;
  const encoding = createEncoding(fitted.method.description.encoders, fitted.frozen, { backend, threads });
  const answer = async (dataset: Inputs): Promise<Predictions> => {
    requireKind(fitted, dataset);
    checkSamples(fitted.method, dataset, fitted.transforms);
    const { modalities } = fitted.method;
    const masked = hasMissing(dataset, modalities);
    if (masked) requireSome(dataset, modalities);
    const program = compiled.get(masked) ?? compileOutputs(fitted, masked, options);
    compiled.set(masked, program);
    return answerOf(await program, fitted, await encoding.encode(dataset), masked);
  };
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => {}); // the caller of this turn gets the error
    return turn;
  };
  return {
    predict: (dataset) => inTurn(() => answer(dataset)),
    dispose: () =>
      inTurn(async () => {
        for (const program of compiled.values()) await (await program).evaluator.dispose();
        compiled.clear();
        await encoding.dispose();
      }),
  };
}

/** @throws DataError or ShapeError if modalities or shapes differ from those of the training data. */
function requireKind({ shapes }: Fitted, dataset: Inputs): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const values = ownValue(dataset.modalities, name);
    if (values === undefined) {
      throw dataError(
        `the ${dataset.name} data has no modality "${name}", which the model was trained on. It has: ${listing(Object.keys(dataset.modalities))}.`,
      );
    }
    if (!sameShape(values.shape.slice(1), shape)) {
      throw shapeError(
        `modality ${name} of the ${dataset.name} data has samples of ${formatShape(values.shape.slice(1))}; the model was trained on ${formatShape(shape)}.`,
      );
    }
  }
}

/** A model's outputs, compiled as one program. */
interface Compiled {
  readonly evaluator: Evaluator;
  readonly outputs: Outputs;
  /** Names of the representations, if requested; they come after the first `answers` outputs, which are always present. */
  readonly asked: readonly string[] | undefined;
  readonly answers: number;
  readonly classes: number;
}

async function compileOutputs(fitted: Fitted, masked: boolean, options: PredictOptions): Promise<Compiled> {
  const { method, state } = fitted;
  const widths = { ...widthsOf(fitted), masked };
  const { batchSize } = options;
  const chunk = batchSize === undefined ? chunkFor(method, widths, EVALUATED_AT_ONCE) : chunkOf(batchSize);
  const { outputs: inner } = forward(method, widths, chunk, { training: false });
  const outputs = toDataUnits(inner, fitted.target, fitted.calibration.outputs, method.modalities);
  const exprs: Expr[] = [outputs.logits, outputs.unimodal];
  if (outputs.components !== undefined) {
    const { logits, gate, contributions } = outputs.components;
    exprs.push(logits, gate, contributions);
  }
  const answers = exprs.length;
  const asked = options.representations === true ? Object.entries(outputs.representations ?? {}) : [];
  exprs.push(...asked.map(([, expr]) => expr));
  // A model that was trained without missing modalities may not store the prior, which missing modalities need.
  const stored = { [PRIOR]: float32([widths.classes], fitted.calibration.logPrior), ...state };
  const parameters = storedParameters(exprs, stored);
  const backend = await loadBackend(options.backend ?? "auto");
  const evaluator = await createEvaluator(backend, exprs, parameters, options.threads ?? 1);
  const named = options.representations === true ? asked.map(([name]) => name) : undefined;
  return { evaluator, outputs, asked: named, answers, classes: widths.classes };
}

async function answerOf(
  { evaluator, outputs, asked, answers, classes }: Compiled,
  { method, transforms, calibration }: Fitted,
  dataset: Inputs,
  masked: boolean,
): Promise<Predictions> {
  const results = await evaluator.run(sourcesOf(dataset, transforms, method.modalities, masked));
  const [logits, unimodal, components, gate, contributions] = results;
  const count = dataset.size;
  const size = count * classes;
  const names = outputs.components?.names ?? [];
  return {
    logits: logits!.data,
    calibration,
    unimodal: Object.fromEntries(
      method.modalities.map((name, m) => [name, unimodal!.data.subarray(m * size, (m + 1) * size)]),
    ),
    components: Object.fromEntries(
      names.map((name, c) => [
        name,
        {
          logits: components!.data.subarray(c * size, (c + 1) * size),
          contribution: contributions!.data.subarray(c * size, (c + 1) * size),
          gate: Float32Array.from({ length: count }, (_, i) => gate!.data[i * names.length + c]!),
        },
      ]),
    ),
    ...(asked !== undefined && {
      representations: Object.fromEntries(
        asked.map((name, i) => {
          const { data, rows, width } = results[answers + i]!;
          return [name, float32([rows, width], data)];
        }),
      ),
    }),
  };
}

/** @throws DataError if a sample has none of the modalities. */
function requireSome(dataset: Inputs, modalities: readonly string[]): void {
  for (let row = 0; row < dataset.size; row++) {
    if (presentAt(dataset, row, modalities).length > 0) continue;
    throw dataError(
      `row ${row} (from 0) of the ${dataset.name} data has none of the modalities ${listing(modalities)}; a prediction needs at least one.`,
      { row },
    );
  }
}

/** Calibrates a model on data that it was not trained on. */
export async function calibrate(trained: Fitted, validation: Dataset, options: PredictOptions = {}): Promise<Fitted> {
  const fitted = await withWeights(trained, validation, options);
  const predictions = await predict(fitted, validation, options);
  const calibration = targetTypes[fitted.target.kind].calibrate(fitted, predictions, validation.target);
  return { ...fitted, calibration };
}

/** Fits the weights of the model's components (`Method.weights`). */
async function withWeights(fitted: Fitted, validation: Dataset, options: PredictOptions): Promise<Fitted> {
  const { weights = {} } = fitted.method;
  const { fitWeight } = targetTypes[fitted.target.kind];
  if (fitWeight === undefined || Object.keys(weights).length === 0) return fitted;
  const { logits, components } = await predict(fitted, validation, options);
  const state = { ...fitted.state };
  for (const [component, names] of Object.entries(weights)) {
    const value = fitWeight(logits, components[component]!.contribution, validation.target);
    for (const name of names) state[name] = float32([1], [value]);
  }
  return { ...fitted, state };
}
