/**
 * @file Probes: classifiers trained on a model's frozen representations estimate the information that these contain, used or not.
 * Probes are trained on some of the rows and evaluated on others; the model under test should not have been trained on any of them.
 */
import { dataError } from "../core/errors.ts";
import { permutation } from "../core/random.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { type Dataset, rowIds, takeRows } from "../data/dataset.ts";
import { classesOf, classTarget, labelsOf, requireKind } from "../data/target.ts";
import { type Predictions, predict } from "../evaluation/predict.ts";
import { stack } from "../graph/ops/index.ts";
import type { Method } from "../methods/method.ts";
import { linear } from "../nn/linear.ts";
import { crossEntropy } from "../nn/losses.ts";
import { mlp } from "../nn/mlp.ts";
import type { BackendName } from "../runtime/backend.ts";
import { calibrated } from "../targets/calibrate.ts";
import { fit as train } from "../train/fit.ts";
import { predictability } from "./regression.ts";

/** An estimate with its standard error over samples. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/** How probes are trained. */
export interface ProbeOptions {
  readonly seed: number;
  /** Epochs of a probe, 30. */
  readonly epochs?: number;
  readonly backend?: BackendName;
}

/** Rows for training a probe, for selecting its epoch and temperature, and for evaluating it. */
interface ProbeRows {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

/** With fewer rows the results of a probe would be noise. */
const MIN_ROWS = 50;

/** Splits N rows 50 / 15 / 35 in an order drawn by the seed. @throws DataError for fewer than 50 rows. */
export function probeRows(samples: number, seed: number): ProbeRows {
  if (samples < MIN_ROWS) {
    throw dataError(`probes need at least ${MIN_ROWS} labelled samples; there are ${samples}. Use a larger split.`, {
      samples,
    });
  }
  const order = permutation(samples, seed, "probe rows");
  const [first, second] = [Math.floor(samples * 0.5), Math.floor(samples * 0.65)];
  return { train: order.slice(0, first), validation: order.slice(first, second), test: order.slice(second) };
}

/** An MLP classifier on `z` [B, F]; a linear one without hidden layers. */
export function probe(features: number, hidden: readonly number[], epochs: number, learningRate = 1e-3): Method {
  const encoder = mlp([features, ...hidden]);
  return {
    name: "probe",
    modalities: ["z"],
    description: { encoders: { z: encoder.description }, options: {} },
    build({ scope, inputs, classes }) {
      const logits = linear(scope.child("head"), encoder.build(scope.child("encoder"), inputs.z!), classes);
      return { logits, unimodal: stack([logits]) };
    },
    stages: [
      {
        name: "probe",
        trains: () => true,
        terms: (out, target) => [{ names: ["ce"], value: crossEntropy(out.logits, target), weights: [1] }],
        prediction: (out) => out.logits,
        epochs,
        learningRate,
        schedule: { kind: "plateau", factor: 0.2, patience: 5 },
      },
    ],
  };
}

/** Candidate weights of the class frequencies in a mixture with the probe's probabilities; at 1 the probe has no influence. */
const SHRINKAGE = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1] as const;

/**
 * Log-loss in bits of a new probe of `labels` (K classes) on features [N, F], per held-out row; in expectation its mean is at least
 * H(label given features). The probe's probabilities are temperature-scaled and mixed with the class frequencies; the weight is the
 * one with the lowest log-loss on the validation rows. Without this an overconfident probe would dominate the estimate.
 */
export async function probeLosses(
  features: Tensor<"float32">,
  labels: Int32Array,
  classes: number,
  rows: ProbeRows,
  options: ProbeOptions,
): Promise<Float64Array> {
  const all = probed(features, labels, classes);
  const data = { train: takeRows(all, rows.train), validation: takeRows(all, rows.validation) };
  const method = probe(features.shape[1]!, [64, 64], options.epochs ?? 30);
  const runtime = { threads: 1, ...(options.backend !== undefined && { backend: options.backend }) };
  const fitted = await train(method, data, { seed: options.seed, batchSize: 64, ...runtime });
  const prior = frequencies(labels, classes, rows);
  const probabilities = async (part: Dataset): Promise<Float64Array> => {
    const { logits } = await predict(fitted, part, runtime);
    return calibrated(logits, fitted.calibration.logPrior, fitted.calibration.all).map(Math.exp);
  };
  const losses = (p: Float64Array, part: Dataset, share: number): Float64Array =>
    Float64Array.from(
      labelsOf(part),
      (label, i) => -Math.log2((1 - share) * p[i * classes + label]! + share * prior[label]!),
    );
  const onValidation = await probabilities(data.validation);
  let [best, lowest] = [1, Number.POSITIVE_INFINITY];
  for (const share of SHRINKAGE) {
    const loss = estimate(losses(onValidation, data.validation, share)).value;
    if (loss < lowest) [best, lowest] = [share, loss];
  }
  const test = takeRows(all, rows.test);
  return losses(await probabilities(test), test, best);
}

/** Features [N, F] as a data set with the single modality `z`. */
export function probed(features: Tensor<"float32">, labels: Int32Array, classes: number): Dataset {
  return {
    name: "probe",
    ids: rowIds(labels.length),
    modalities: { z: features },
    ...classTarget(rowIds(classes), labels),
  };
}

/** Log-loss in bits of the test rows under the class frequencies of the train and validation rows. */
export function priorLosses(labels: Int32Array, classes: number, rows: ProbeRows): Float64Array {
  const prior = frequencies(labels, classes, rows);
  return Float64Array.from(rows.test, (row) => -Math.log2(prior[labels[row]!]!));
}

/** Class frequencies in the train and validation rows, with half a sample added to each class. */
function frequencies(labels: Int32Array, classes: number, rows: ProbeRows): Float64Array {
  const counts = new Float64Array(classes).fill(0.5);
  for (const row of [...rows.train, ...rows.validation]) counts[labels[row]!]!++;
  const total = counts.reduce((a, b) => a + b, 0);
  return counts.map((n) => n / total);
}

/** Mean and standard error. */
export function estimate(values: ArrayLike<number>): Estimate {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  let square = 0;
  for (let i = 0; i < n; i++) square += (values[i]! - mean) ** 2;
  return { value: mean, error: n < 2 ? Number.NaN : Math.sqrt(square / (n - 1) / n) };
}

/** Representations side by side, [N, sum of E]. */
export function joined(parts: readonly Tensor<"float32">[]): Tensor<"float32"> {
  const rows = parts[0]!.shape[0]!;
  const widths = parts.map((part) => part.shape[1]!);
  const width = widths.reduce((a, b) => a + b, 0);
  const out = float32([rows, width]);
  let offset = 0;
  parts.forEach((part, p) => {
    const size = widths[p]!;
    for (let i = 0; i < rows; i++) out.data.set(part.data.subarray(i * size, (i + 1) * size), i * width + offset);
    offset += size;
  });
  return out;
}

/** The representations behind the prediction, concatenated: those of components where there are any, else all. */
export function modelRepresentation({ representations = {} }: Predictions): Tensor<"float32"> {
  const names = Object.keys(representations);
  const components = names.filter((name) => /^(redundant|synergistic|unique_)/.test(name));
  return joined((components.length > 0 ? components : names).map((name) => representations[name]!));
}

/** Results of probes on a model's representations. */
export interface ProbeReport {
  /** Held-out rows, over which the means are taken. */
  readonly samples: number;
  /** By representation: a lower bound on its information about the class, in bits (H(Y) minus the log-loss of a new probe). */
  readonly information: Readonly<Record<string, Estimate>>;
  /** `<target> from <source>`: share of the target's variance that a regression on the source explains, on held-out rows. */
  readonly predictability: Readonly<Record<string, number>>;
}

/**
 * Probes the representations of predictions made with `representations: true`, against the labels of the same data.
 * Predictability is reported for each ordered pair of different components among the redundant and unique ones.
 * @throws DataError for predictions made without representations, missing labels, or too few samples.
 */
export async function probeRepresentations(
  predictions: Predictions,
  dataset: Dataset,
  options: ProbeOptions,
): Promise<ProbeReport> {
  requireKind(dataset, ["multiclass"], "probeRepresentations");
  const representations = predictions.representations;
  if (representations === undefined || Object.keys(representations).length === 0) {
    throw dataError("these predictions contain no representations to probe; predict with `representations: true`.");
  }
  const labels = labelsOf(dataset);
  const classes = classesOf(dataset);
  if (labels.some((label) => label < 0)) {
    throw dataError(`the ${dataset.name} data lacks labels; probes need the label of every sample.`);
  }
  const rows = probeRows(labels.length, options.seed);
  const before = priorLosses(labels, classes.length, rows);
  const information: Record<string, Estimate> = {};
  for (const [name, values] of Object.entries(representations)) {
    const after = await probeLosses(values, labels, classes.length, rows, options);
    information[name] = estimate(before.map((loss, i) => loss - after[i]!));
  }
  const related = Object.keys(representations).filter((name) => name === "redundant" || name.startsWith("unique_"));
  const explained = related.flatMap((target) =>
    related
      .filter((source) => source !== target)
      .map((source): [string, number] => [
        `${target} from ${source}`,
        predictability(representations[source]!, representations[target]!, rows, options.seed),
      ]),
  );
  return { samples: rows.test.length, information, predictability: Object.fromEntries(explained) };
}
