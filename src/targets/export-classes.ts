/**
 * @file Outputs of an exported model of classes, as a graph: calibrated probabilities and bits. calibrate.ts and interactions/bits.ts
 * compute the same on arrays in double precision.
 */
import { float32, type State } from "../core/tensor.ts";
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
  stack,
  sub,
  sum,
} from "../graph/ops/index.ts";
import type { Calibration, EvidenceScaling } from "./calibrate.ts";
import { bySample, componentOutputs, type ExportOutput, type ExportSource } from "./export.ts";
import { PRIOR } from "./task.ts";

/** The outputs of a model of classes. */
export function exportClasses({ outputs, calibration, modalities }: ExportSource): ExportOutput[] {
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
    ...componentOutputs(outputs, "class", "logits before calibration"),
    {
      name: "bits",
      value: bits(scaledWhole(outputs, calibration), alone, K),
      meaning:
        "[batch, bit]: information about the class in bits, without looking at it; the columns bits_... of dmil explain",
    },
  ];
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
function scaledWhole(
  { logits, components }: ExportSource["outputs"],
  { logPrior, all, components: weights }: Calibration,
): Expr {
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
