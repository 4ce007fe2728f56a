/** @file Weights of the training samples in losses, from weights of classes and of samples. */
import { configError, type DmilError, listing } from "../core/errors.ts";
import { isRecord, shown } from "../core/keys.ts";
import { ownValue } from "../core/record.ts";
import type { Dataset } from "../data/dataset.ts";
import { isClassKind } from "../data/kinds.ts";
import { classesOf, describeTarget, labelsOf } from "../data/target.ts";
import type { ClassWeights } from "./plan.ts";

/** The weight of each training sample, [N]; undefined if every sample counts alike. @throws ConfigError for weights that do not fit the data. */
export function sampleWeightsOf(
  train: Dataset,
  { classWeights, sampleWeights }: { classWeights?: ClassWeights | undefined; sampleWeights?: ArrayLike<number> },
): Float32Array | undefined {
  if (classWeights === undefined && sampleWeights === undefined) return undefined;
  const samples = train.size;
  const weights = new Float32Array(samples).fill(1);
  if (sampleWeights !== undefined) {
    if (sampleWeights.length !== samples) {
      throw configError(
        `sampleWeights has ${sampleWeights.length} weights; the training data has ${samples} samples, and each needs one.`,
      );
    }
    for (let i = 0; i < samples; i++) weights[i] = checked(sampleWeights[i], `sampleWeights[${i}]`);
  }
  if (classWeights !== undefined) {
    const byClass = weightByClass(train, classWeights);
    const labels = labelsOf(train);
    for (let i = 0; i < samples; i++) weights[i]! *= byClass[labels[i]!]!;
  }
  if (weights.every((weight) => weight === 0)) {
    throw configError("the weights of all training samples are 0, so there is nothing to learn.");
  }
  return weights;
}

/** The weight of each class, [K]. @throws ConfigError for other targets than classes, unknown classes and bad weights. */
function weightByClass(train: Dataset, weights: ClassWeights): number[] {
  if (!isClassKind(train.target.kind)) {
    throw wrong([], `needs a target of classes; this data has ${describeTarget(train)}.`);
  }
  const [labels, classes] = [labelsOf(train), classesOf(train)];
  if (weights === "balanced") {
    const counts = classes.map(() => 0);
    for (const label of labels) counts[label]!++;
    return counts.map((count) => (count === 0 ? 0 : labels.length / (classes.length * count)));
  }
  if (!isRecord(weights)) {
    throw wrong(
      [],
      `${shown(weights)} given; give "balanced", or weights by class, for example {${shown(classes[0])}: 2}.`,
    );
  }
  for (const [name, weight] of Object.entries(weights)) {
    if (!classes.includes(name)) {
      throw wrong([name], `the data has no class "${name}". Its classes: ${listing(classes)}.`);
    }
    checked(weight, `classWeights.${name}`);
  }
  return classes.map((name) => ownValue(weights, name) ?? 1);
}

/** An error about the setting `classWeights`. */
function wrong(path: readonly string[], message: string): DmilError {
  const at = ["classWeights", ...path];
  return configError(`${at.join(".")}: ${message}`, { issues: [{ path: at, message }] });
}

function checked(weight: unknown, what: string): number {
  if (typeof weight === "number" && Number.isFinite(weight) && weight >= 0) return weight;
  throw configError(`${what} is ${shown(weight)}; a finite number from 0 is needed.`);
}
