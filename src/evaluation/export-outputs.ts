/**
 * @file Outputs of an exported model, as a graph: the calibrated numbers that reports show. calibrate.ts and interactions/bits.ts compute
 * the same on arrays in double precision. There is one record for each kind of target.
 */
import { float32, type State } from "../core/tensor.ts";
import type { TargetKind } from "../data/dataset.ts";
import { type Expr, leaf } from "../graph/expr.ts";
import {
  add,
  at,
  concat,
  constant,
  div,
  exp,
  logSoftmax,
  maximum,
  minimum,
  mul,
  relu,
  sigmoid,
  stack,
  sub,
  sum,
  transpose,
} from "../graph/ops/index.ts";
import { type Outputs, PRIOR } from "../methods/method.ts";
import type { Calibration, EvidenceScaling } from "../targets/calibrate.ts";

/** One output of the exported file. */
export interface ExportOutput {
  readonly name: string;
  readonly value: Expr;
  /** Its axes and its content, in a sentence. */
  readonly meaning: string;
}

/** What the outputs are computed from: a method's outputs after `toDataUnits`, the calibration, and the modalities in order. */
export interface Telling {
  readonly outputs: Outputs;
  readonly calibration: Calibration;
  readonly modalities: readonly string[];
}

const answers: Readonly<Record<TargetKind, (telling: Telling) => ExportOutput[]>> = {
  multiclass: ({ outputs, calibration, modalities }) => {
    const K = calibration.logPrior.length;
    const even = constant(-Math.log(K), [K]);
    const alone = modalities.map((name, m) =>
      scaledLogs(at(outputs.unimodal, m), priorLeaf(K), `modalities.${name}`, calibration.modalities[name]!),
    );
    return [
      {
        name: "probabilities",
        value: exp(scaledLogs(outputs.logits, even, "prediction", calibration.prediction)),
        meaning: "[batch, class]: calibrated probability of each class; the columns p_<class> of dmil explain",
      },
      { name: "logits", value: outputs.logits, meaning: "[batch, class]: the prediction before calibration" },
      {
        name: "unimodal",
        value: bySample(outputs.unimodal),
        meaning: "[batch, modality, class]: what each modality alone predicts, as logits before calibration",
      },
      {
        name: "unimodal_probabilities",
        value: bySample(stack(alone.map(exp))),
        meaning: "[batch, modality, class]: the same as calibrated probabilities",
      },
      ...componentAnswers(outputs, "class", "logits before calibration"),
      {
        name: "bits",
        value: bits(scaledWhole(outputs, calibration), alone, K),
        meaning:
          "[batch, bit]: information about the class in bits, without looking at it; the columns bits_... of dmil explain",
      },
    ];
  },
  multilabel: ({ outputs }) => [
    {
      name: "probabilities",
      value: sigmoid(outputs.logits),
      meaning: "[batch, label]: calibrated probability of yes; the columns prediction_<label> of dmil explain",
    },
    { name: "logits", value: outputs.logits, meaning: "[batch, label]: calibrated log-odds of yes" },
    {
      name: "unimodal",
      value: bySample(outputs.unimodal),
      meaning: "[batch, modality, label]: what each modality alone predicts, as log-odds of yes",
    },
    {
      name: "unimodal_probabilities",
      value: bySample(sigmoid(outputs.unimodal)),
      meaning: "[batch, modality, label]: the same as probabilities of yes",
    },
    ...componentAnswers(outputs, "label", "log-odds of yes"),
  ],
  regression: ({ outputs }) => [
    {
      name: "values",
      value: outputs.logits,
      meaning: "[batch, value]: the prediction in the unit of the data; the columns prediction_<value> of dmil explain",
    },
    {
      name: "unimodal",
      value: bySample(outputs.unimodal),
      meaning: "[batch, modality, value]: what each modality alone predicts, in the unit of the data",
    },
    ...componentAnswers(outputs, "value", "values in the unit of the data"),
  ],
};

/** The outputs of an exported file for a kind of target; the prediction comes first. */
export function answersOf(kind: TargetKind, telling: Telling): ExportOutput[] {
  return answers[kind](telling);
}

/** Names of the information atoms in the output `bits`, in its order. */
export function bitNames(modalities: readonly string[]): string[] {
  return ["redundant", ...modalities.map((name) => `unique_${name}`), "synergistic", "total"];
}

/** The calibration of classes as named tensors of a graph. */
export function calibrationState({ logPrior, prediction, all, modalities, components = {} }: Calibration): State {
  const scalings = { prediction, all, ...prefixed("modalities", modalities) };
  const one = (value: number) => float32([], [value]);
  return {
    [PRIOR]: float32([logPrior.length], logPrior),
    ...Object.fromEntries(
      Object.entries(scalings).flatMap(([of, { scale, doubt }]) => [
        [numberName(of, "scale"), one(scale)],
        [numberName(of, "doubt"), one(doubt)],
      ]),
    ),
    ...Object.fromEntries(Object.entries(components).map(([of, weight]) => [weightName(of), one(weight)])),
  };
}

const numberName = (of: string, part: keyof EvidenceScaling): string => `calibration.${of}.${part}`;
const weightName = (component: string): string => `calibration.all.weight_${component}`;
const prefixed = <T>(prefix: string, record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [`${prefix}.${name}`, value]));
const numberLeaf = (name: string): Expr => leaf("parameter", name, []);
const priorLeaf = (classes: number): Expr => leaf("parameter", PRIOR, [classes]);

/** [M, B, K] as [B, M, K]. */
const bySample = (x: Expr): Expr => transpose(x, [1, 0, 2]);

function componentAnswers({ components }: Outputs, target: string, form: string): ExportOutput[] {
  if (components === undefined) return [];
  return [
    {
      name: "gate",
      value: components.gate,
      meaning:
        "[batch, component]: each component's share of the prediction; they sum to 1. Not an amount of information",
    },
    {
      name: "components",
      value: bySample(components.logits),
      meaning: `[batch, component, ${target}]: what each component alone predicts, as ${form}`,
    },
    {
      name: "contributions",
      value: bySample(components.contributions),
      meaning: `[batch, component, ${target}]: what each component adds to the prediction; with the prior they sum to it`,
    },
  ];
}

/** KL(p, prior) in nats, [B, 1], of log-probabilities [B, K]. */
function divergence(logs: Expr, prior: Expr): Expr {
  return sum(mul(exp(logs), sub(logs, prior)), -1, true);
}

/** Log-probabilities [B, K] of logits under a scaling (`calibrated`). */
function scaledLogs(logits: Expr, prior: Expr, of: string, { doubt }: EvidenceScaling): Expr {
  const logs = logSoftmax(logits);
  const scale = numberLeaf(numberName(of, "scale"));
  const d = divergence(logs, prior);
  const factor = doubt === 0 ? scale : div(mul(d, scale), add(maximum(d, 0), numberLeaf(numberName(of, "doubt"))));
  return logSoftmax(add(mul(sub(logs, prior), factor), prior));
}

/** Log-probabilities [B, K] of the prediction from all modalities; its components are weighted if the calibration has weights (`calibratedWhole`). */
function scaledWhole({ logits, components }: Outputs, { logPrior, all, components: weights }: Calibration): Expr {
  const prior = priorLeaf(logPrior.length);
  if (weights === undefined || components === undefined) return scaledLogs(logits, prior, "all", all);
  const { names, contributions } = components;
  const weighted = names.map((name, c) => mul(at(contributions, c), numberLeaf(weightName(name))));
  return scaledLogs(
    add(
      weighted.reduce((whole, part) => add(whole, part)),
      prior,
    ),
    prior,
    "all",
    all,
  );
}

/**
 * Label-free atoms [B, M + 3] in the order of `bitNames` (`atoms`). A missing modality predicts the prior, so its information is 0 and
 * it is neither the largest nor the second largest where another modality has information.
 */
function bits(whole: Expr, alone: readonly Expr[], classes: number): Expr {
  const prior = priorLeaf(classes);
  const informationOf = (logs: Expr): Expr => mul(divergence(logs, prior), 1 / Math.LN2);
  const perModality = alone.map((logs) => relu(informationOf(logs)));
  let [largest, second] = [perModality[0]!, mul(perModality[0]!, 0)];
  for (const value of perModality.slice(1)) {
    second = maximum(second, minimum(largest, value));
    largest = maximum(largest, value);
  }
  const total = informationOf(whole);
  return concat([second, ...perModality.map((value) => relu(sub(value, second))), sub(total, largest), total], 1);
}
