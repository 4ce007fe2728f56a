/** @file Numbers: outputs are values [.., B, L], standardised over the training data; the loss is the mean squared error of the known ones. */
import { add, mean, mul, square, sub } from "../graph/ops/index.ts";
import { componentOutputs, bySample as stackBySample } from "./export.ts";
import { byOutput, fillRows, meansOver, named, sumOfScores, truthAt } from "./rows.ts";
import type { TargetType } from "./target.ts";
import { bySample, knownOf } from "./task.ts";
import { fitColumns, knownColumn, meanOf, SCALES, standardised } from "./units.ts";
import { isSentiment, regressionMetrics, sentimentMetrics } from "./value-metrics.ts";

/** The factor of standardised values by squared error, about their mean. */
function fitFactor(pairs: readonly (readonly [number, number])[]): number {
  const energy = pairs.reduce((sum, [output]) => sum + output * output, 0);
  const factor = pairs.reduce((sum, [output, truth]) => sum + output * truth, 0) / energy;
  return Math.min(SCALES[1], Math.max(SCALES[0], factor));
}

export const regression: TargetType = {
  kind: "regression",
  probabilistic: false,
  linearInTarget: false,
  uniformPrior: () => 0,
  term: "se",
  logProbs: (outputs) => outputs,
  loss: (outputs, target) => mean(regression.lossPerSample(outputs, target), [-1]),
  lossPerSample(prediction, target) {
    const { known, clean } = knownOf(target);
    return bySample(square(sub(prediction, clean)), known);
  },
  mean: (prediction) => prediction,
  fromMean: (value) => value,
  evidence: (prediction, prior) => square(sub(prediction, prior)),
  information: (prediction, prior) => mean(square(sub(prediction, prior)), [-1]),
  priorKl: (prediction, prior) => mean(square(sub(prediction, prior)), [-1]),
  normalizedEntropy: (prediction) => add(mul(mean(prediction, [-1]), 0), 1),
  maxInformation: () => 1,

  outputs: (names) => names.length,
  fit({ kind, names, values }) {
    const columns = names.map((_, l) => knownColumn(values, l));
    const mean = columns.map(meanOf);
    // In float32, as graphs use them. A deviation that is 0 in float32 becomes 1.
    const deviation = columns.map(
      (column, l) => Math.fround(Math.sqrt(meanOf(column.map((v) => (v - mean[l]!) ** 2)))) || 1,
    );
    return { kind, names, units: { mean: mean.map(Math.fround), deviation } };
  },
  prior: ({ names }) => names.map(() => 0),
  encode: ({ names, values }, fitted) => ({
    outputs: names.length,
    data: standardised(values.data, fitted),
    width: names.length,
  }),
  fill: fillRows,
  progress: "r2",
  directions: { r2: 1, squaredError: -1 },
  // The mean over samples of 1 minus the squared error is R2.
  batchScore: (predicted, target, rows) =>
    sumOfScores(predicted, target, rows, (value, truth) => 1 - (value - truth) ** 2),
  epochMetrics(predicted, { data }) {
    let [squared, known] = [0, 0];
    data.forEach((truth, i) => {
      if (Number.isNaN(truth)) return;
      squared += (predicted[i]! - truth) ** 2;
      known++;
    });
    return { r2: 1 - squared / known, squaredError: squared / known };
  },
  monitored: ({ squaredError }) => -squaredError!,
  metrics: ({ logits }, target) => meansOver(regression.perOutput!(logits, target)),
  perOutput: (predicted, target) =>
    byOutput(predicted, target, (values, truth, name) => ({
      ...regressionMetrics(values, truth),
      ...(target.names.length === 1 && isSentiment(name, truth) ? sentimentMetrics(values, truth) : {}),
    })),
  calibrate(model, { logits, unimodal }, target) {
    const truth = regression.encode(target, model.target);
    const scale = (outputs: Float32Array): number[] =>
      fitColumns(standardised(outputs, model.target), truth, fitFactor);
    const modalities = Object.fromEntries(Object.entries(unimodal).map(([name, outputs]) => [name, scale(outputs)]));
    return { ...model.calibration, outputs: { prediction: scale(logits), modalities } };
  },
  softTargets: (outputs, { target }) => standardised(outputs, target),
  answers: (outputs, { target: { names } }) => ({ values: (row) => named(names, row, (i) => outputs[i]!) }),
  truth: truthAt,
  hasBits: false,
  summary: (names) => `${names.length === 1 ? "a number" : `${names.length} numbers`} in the unit of the data`,
  exports: ({ outputs }) => [
    {
      name: "values",
      value: outputs.logits,
      meaning: "[batch, value]: the prediction in the unit of the data; the columns prediction_<value> of dmil explain",
    },
    {
      name: "unimodal",
      value: stackBySample(outputs.unimodal),
      meaning: "[batch, modality, value]: what each modality alone predicts, in the unit of the data",
    },
    ...componentOutputs(outputs, "value", "values in the unit of the data"),
  ],
};
