/**
 * @file Classes in an order (stages, steps of sentiment): K - 1 outputs [.., B, K - 1] are the log-odds of y > k among samples with
 * y >= k. A sample's loss, the binary cross-entropy summed over the outputs that concern it, is exactly -log p(y). Source: CORN (Shi, Cao
 * and Raschka, "Deep neural networks for rank-consistent ordinal regression based on conditional probabilities", 2021). Differs: the loss
 * is a mean over samples, not over the outputs that concern them.
 */

import type { Target } from "../data/dataset.ts";
import { classIndices } from "../data/target.ts";
import type { Expr } from "../graph/expr.ts";
import { add, concat, constant, exp, matmul, mean, mul, reshape, slice, sub, sum } from "../graph/ops/index.ts";
import { bySample, componentOutputs } from "./export.ts";
import { accuracy, macroF1 } from "./metrics.ts";
import { quadraticKappa } from "./ordinal-metrics.ts";
import { classTruth, fillRows, named, probability } from "./rows.ts";
import type { EncodedTarget, TargetType } from "./target.ts";
import { knownOf, logOf, logsOf, spread } from "./task.ts";
import { fitColumns, fitOddsFactor } from "./units.ts";

/** log P(y > k) for each k, [.., K - 1]: sums of log P(y > j given y >= j) over j <= k. */
function logAbove(yes: Expr): Expr {
  const steps = yes.shape.at(-1)!;
  const upTo = Float32Array.from({ length: steps * steps }, (_, i) => Number(Math.floor(i / steps) <= i % steps));
  const rows = yes.shape.length < 2 ? reshape(yes, [1, steps]) : yes;
  return reshape(matmul(rows, constant(upTo, [steps, steps])), yes.shape);
}

/** Log-probabilities of the classes, [.., K], from conditional log-odds [.., K - 1]. */
function classLogs(outputs: Expr): Expr {
  const { yes, no } = logsOf(outputs);
  const steps = outputs.shape.at(-1)!;
  const above = logAbove(yes);
  const first = slice(no, -1, 0, 1);
  const last = slice(above, -1, steps - 1, 1);
  if (steps === 1) return concat([first, last], -1);
  return concat([first, add(slice(above, -1, 0, steps - 1), slice(no, -1, 1, steps - 1)), last], -1);
}

/** KL(p, q) of the distributions over classes, in nats. */
function divergence(p: Expr, q: Expr, keepAxis: boolean): Expr {
  const logs = classLogs(p);
  return sum(mul(exp(logs), sub(logs, classLogs(q))), -1, keepAxis);
}

/** Probabilities [N, K] of the classes, as numbers. */
function probabilities(outputs: Float32Array, classes: number): Float64Array {
  const steps = classes - 1;
  const out = new Float64Array((outputs.length / steps) * classes);
  for (let row = 0; row * steps < outputs.length; row++) {
    let above = 1;
    for (let k = 0; k < steps; k++) {
      const next = above / (1 + Math.exp(-outputs[row * steps + k]!));
      out[row * classes + k] = above - next;
      above = next;
    }
    out[row * classes + steps] = above;
  }
  return out;
}

/** The predicted classes [N]: the number of k with P(y > k) above one half, which is the median of the distribution. */
function predictedClasses(outputs: Float32Array, classes: number): Int32Array {
  const p = probabilities(outputs, classes);
  return Int32Array.from({ length: p.length / classes }, (_, row) => {
    let below = 0;
    for (let k = 0; k < classes - 1; k++) {
      below += p[row * classes + k]!;
      if (below >= 0.5) return k;
    }
    return classes - 1;
  });
}

/** The class of an encoded row [K - 1]: the number of ones; -1 where all are unknown. */
function labelAt({ data, width }: EncodedTarget, row: number): number {
  const entries = data.subarray(row * width, (row + 1) * width);
  return Number.isNaN(entries[0]!) ? -1 : entries.reduce((n, entry) => n + Number(entry === 1), 0);
}

/** The mean of -log p(y) in nats over labelled samples, of outputs [N, K - 1]. */
function logLossOf(outputs: Float32Array, labels: Int32Array, classes: number): number {
  const p = probabilities(outputs, classes);
  let [total, count] = [0, 0];
  labels.forEach((label, row) => {
    if (label < 0) return;
    total -= Math.log(Math.max(p[row * classes + label]!, 1e-30));
    count++;
  });
  return total / count;
}

/** Mean absolute error in steps between classes, over labelled samples. */
function stepsOff(predicted: Int32Array, labels: Int32Array): number {
  let [total, count] = [0, 0];
  labels.forEach((label, row) => {
    if (label < 0) return;
    total += Math.abs(predicted[row]! - label);
    count++;
  });
  return total / count;
}

/** Ones for steps below the class, 0 for the step at it, and unknown above, where the conditional probability is not defined. */
function encode({ names, values }: Target): EncodedTarget {
  const width = names.length - 1;
  const data = Float32Array.from({ length: values.data.length * width }, (_, i) => {
    const [label, k] = [values.data[Math.floor(i / width)]!, i % width];
    return k < label ? 1 : k === label ? 0 : Number.NaN;
  });
  return { outputs: width, data, width };
}

export const ordinal: TargetType = {
  kind: "ordinal",
  probabilistic: true,
  linearInTarget: false,
  term: "bce",
  uniformPrior: () => 0,
  logProbs: (outputs) => outputs,
  loss: (outputs, target) => mean(ordinal.lossPerSample(outputs, target), [-1]),
  lossPerSample(prediction, target) {
    const { known, clean } = knownOf(target);
    const { yes, no } = logsOf(prediction);
    return mul(sum(mul(add(mul(yes, clean), mul(no, sub(1, clean))), known), -1), -1);
  },
  mean: (prediction) => exp(logAbove(logsOf(prediction).yes)),
  fromMean(above) {
    const steps = above.shape.at(-1)!;
    const logs = logOf(above);
    const first = mul(slice(logs, -1, 0, 1), 0);
    const before = steps === 1 ? first : concat([first, slice(logs, -1, 0, steps - 1)], -1);
    return sub(logs, logOf(sub(exp(before), above)));
  },
  evidence: (prediction, prior) => divergence(prediction, prior, true),
  information: (prediction, prior) => divergence(prediction, prior, false),
  priorKl: (prediction, prior) => divergence(prior, prediction, false),
  normalizedEntropy(prediction) {
    const logs = classLogs(prediction);
    return mul(sum(mul(exp(logs), logs), -1), -1 / Math.log(logs.shape.at(-1)!));
  },
  maxInformation: (outputs) => Math.log(outputs + 1),
  smoothed: (target, share) => spread(target, share, 2),

  outputs: (names) => names.length - 1,
  fit: ({ kind, names }) => ({ kind, names }),
  // Half a sample is added to each class.
  prior({ names, values }) {
    const counts = names.map((_, k) => 0.5 + values.data.reduce((n, label) => n + Number(label === k), 0));
    const from = (k: number): number => counts.slice(k).reduce((a, b) => a + b, 0);
    return names.slice(1).map((_, k) => Math.log(from(k + 1) / counts[k]!));
  },
  encode,
  fill: fillRows,
  progress: "accuracy",
  directions: { accuracy: 1, logLoss: -1 },
  batchScore: (predicted, target, rows) =>
    predictedClasses(predicted, target.outputs + 1).reduce((n, k, i) => n + Number(k === labelAt(target, rows[i]!)), 0),
  epochMetrics(predicted, target) {
    const K = target.outputs + 1;
    const labels = Int32Array.from({ length: target.data.length / target.width }, (_, row) => labelAt(target, row));
    return {
      accuracy: accuracy(predictedClasses(predicted, K), labels),
      logLoss: logLossOf(predicted, labels, K),
    };
  },
  monitored: ({ logLoss }) => -logLoss!,
  metrics({ logits }, { names, values }) {
    const K = names.length;
    const labels = classIndices(values.data);
    const predicted = predictedClasses(logits, K);
    return {
      kappa: quadraticKappa(predicted, labels, K),
      accuracy: accuracy(predicted, labels),
      macroF1: macroF1(predicted, labels, K),
      maeSteps: stepsOff(predicted, labels),
      logLoss: logLossOf(logits, labels, K),
    };
  },
  // Unimodal log-odds are not scaled, because those of a missing modality must stay equal to the prior.
  calibrate({ calibration }, { logits }, target) {
    const { names } = target;
    // One factor for all outputs: their known entries are one column.
    const [factor = 1] = fitColumns(logits, { data: encode(target).data, width: 1 }, fitOddsFactor);
    return { ...calibration, outputs: { prediction: names.slice(1).map(() => factor), modalities: {} } };
  },
  softTargets: (outputs) => outputs.map(probability),
  answers(outputs, { target: { names } }) {
    const K = names.length;
    const [best, p] = [predictedClasses(outputs, K), probabilities(outputs, K)];
    return {
      best: (row) => ({ prediction: names[best[row]!]!, probability: p[row * K + best[row]!]! }),
      values: (row) => named(names, row, (i) => p[i]!),
    };
  },
  truth: classTruth,
  hasBits: false,
  summary: (names) => `one of ${names.length} classes in an order`,
  exports: ({ outputs }) => [
    {
      name: "probabilities",
      value: exp(classLogs(outputs.logits)),
      meaning: "[batch, class]: calibrated probability of each class; the columns p_<class> of dmil explain",
    },
    {
      name: "logits",
      value: outputs.logits,
      meaning: "[batch, step]: calibrated log-odds of a higher class, given no lower one",
    },
    {
      name: "unimodal",
      value: bySample(outputs.unimodal),
      meaning:
        "[batch, modality, step]: what each modality alone predicts, as log-odds of a higher class, given no lower one",
    },
    {
      name: "unimodal_probabilities",
      value: bySample(exp(classLogs(outputs.unimodal))),
      meaning: "[batch, modality, class]: the same as probabilities of the classes",
    },
    ...componentOutputs(outputs, "step", "log-odds of a higher class, given no lower one"),
  ],
};
