/** @file Several yes/no labels: outputs are log-odds [.., B, L], the loss is the mean binary cross-entropy of the known labels. */
import type { Expr } from "../graph/expr.ts";
import { add, exp, mean, mul, sigmoid, sub } from "../graph/ops/index.ts";
import { componentOutputs, bySample as stackBySample } from "./export.ts";
import { auroc, labelAccuracy, labelF1, labelLogLoss, microF1, subsetAccuracy } from "./label-metrics.ts";
import { byOutput, fillRows, named, probability, sumOfScores, truthAt } from "./rows.ts";
import type { TargetType } from "./target.ts";
import { bySample, knownOf, logOf, logsOf, spread } from "./task.ts";
import { fitColumns, fitOddsFactor, knownColumn, meanOf } from "./units.ts";

/** Elementwise KL(p, q) of labels, from log-odds. */
function labelDivergence(p: Expr, q: Expr): Expr {
  const [left, right] = [logsOf(p), logsOf(q)];
  return add(mul(exp(left.yes), sub(left.yes, right.yes)), mul(exp(left.no), sub(left.no, right.no)));
}

export const multilabel: TargetType = {
  kind: "multilabel",
  probabilistic: true,
  linearInTarget: false,
  uniformPrior: () => 0,
  term: "bce",
  logProbs: (outputs) => outputs,
  loss: (outputs, target) => mean(multilabel.lossPerSample(outputs, target), [-1]),
  lossPerSample(prediction, target) {
    const { known, clean } = knownOf(target);
    const { yes, no } = logsOf(prediction);
    const right = add(mul(yes, clean), mul(no, sub(1, clean)));
    return bySample(mul(right, -1), known);
  },
  mean: sigmoid,
  fromMean: (p) => sub(logOf(p), logOf(sub(1, p))),
  evidence: labelDivergence,
  information: (prediction, prior) => mean(labelDivergence(prediction, prior), [-1]),
  priorKl: (prediction, prior) => mean(labelDivergence(prior, prediction), [-1]),
  normalizedEntropy(prediction) {
    const { yes, no } = logsOf(prediction);
    return mul(mean(add(mul(exp(yes), yes), mul(exp(no), no)), [-1]), -1 / Math.LN2);
  },
  maxInformation: () => Math.LN2,
  smoothed: (target, share) => spread(target, share, 2),

  outputs: (names) => names.length,
  fit: ({ kind, names }) => ({ kind, names }),
  // Half a sample is added to each answer.
  prior: ({ names, values }) =>
    names.map((_, l) => {
      const known = knownColumn(values, l);
      const yes = known.reduce((sum, value) => sum + value, 0);
      return Math.log((yes + 0.5) / (known.length - yes + 0.5));
    }),
  encode: ({ names, values }) => ({ outputs: names.length, data: values.data, width: names.length }),
  fill: fillRows,
  progress: "accuracy",
  directions: { accuracy: 1, logLoss: -1 },
  batchScore: (predicted, target, rows) =>
    sumOfScores(predicted, target, rows, (odds, truth) => Number(odds > 0 === truth > 0.5)),
  epochMetrics: (predicted, { data }) => ({
    accuracy: labelAccuracy(predicted, data),
    logLoss: labelLogLoss(predicted, data),
  }),
  monitored: ({ logLoss }) => -logLoss!,
  metrics({ logits }, { names, values: { data } }) {
    const L = names.length;
    return {
      macroF1: meanOf(labelF1(logits, data, L)),
      microF1: microF1(logits, data, L),
      accuracy: labelAccuracy(logits, data),
      subsetAccuracy: subsetAccuracy(logits, data, L),
      auroc: meanOf(auroc(logits, data, L).filter((area) => !Number.isNaN(area))),
      logLoss: labelLogLoss(logits, data),
    };
  },
  perOutput: (predicted, target) =>
    byOutput(predicted, target, (odds, truth) => ({
      f1: labelF1(odds, truth, 1)[0]!,
      auroc: auroc(odds, truth, 1)[0]!,
      accuracy: labelAccuracy(odds, truth),
    })),
  // Unimodal log-odds are not scaled, because those of a missing modality must stay equal to the prior.
  calibrate: (model, { logits }, target) => ({
    ...model.calibration,
    outputs: { prediction: fitColumns(logits, multilabel.encode(target, model.target), fitOddsFactor), modalities: {} },
  }),
  softTargets: (outputs) => outputs.map(probability),
  answers: (outputs, { target: { names } }) => ({
    values: (row) => named(names, row, (i) => probability(outputs[i]!)),
  }),
  truth: truthAt,
  hasBits: false,
  summary: (names) => `${names.length} yes/no labels`,
  exports: ({ outputs }) => [
    {
      name: "probabilities",
      value: sigmoid(outputs.logits),
      meaning: "[batch, label]: calibrated probability of yes; the columns prediction_<label> of dmil explain",
    },
    { name: "logits", value: outputs.logits, meaning: "[batch, label]: calibrated log-odds of yes" },
    {
      name: "unimodal",
      value: stackBySample(outputs.unimodal),
      meaning: "[batch, modality, label]: what each modality alone predicts, as log-odds of yes",
    },
    {
      name: "unimodal_probabilities",
      value: stackBySample(sigmoid(outputs.unimodal)),
      meaning: "[batch, modality, label]: the same as probabilities of yes",
    },
    ...componentOutputs(outputs, "label", "log-odds of yes"),
  ],
};
