/** @file Linear probes: a softmax regression on frozen representations, fitted on train; validation selects the epoch; predicts test. */

import type { Tensor } from "../core/tensor.ts";
import { type DataSplits, mapSplits, type SplitName } from "../data/dataset.ts";
import { classesOf, labelsOf } from "../data/target.ts";
import { type Predictions, predict } from "../evaluation/predict.ts";
import { argmaxRows } from "../targets/metrics.ts";
import { fit } from "../train/fit.ts";
import { joined, type ProbeOptions, probe, probed } from "./probe.ts";

/** Representations [N, F] by split. */
type SplitFeatures = Readonly<Record<SplitName, Tensor<"float32">>>;

const LEARNING_RATE = 0.01;
const BATCH = 64;

/** Predicted classes [N] of the test samples, by a linear probe trained with the labels of `splits`. */
export async function linearProbe(
  features: SplitFeatures,
  splits: DataSplits,
  options: ProbeOptions,
): Promise<Int32Array> {
  const classes = classesOf(splits.train).length;
  const data = mapSplits((split) => probed(features[split], labelsOf(splits[split]), classes));
  const runtime = { threads: 1, ...(options.backend !== undefined && { backend: options.backend }) };
  const method = probe(features.train.shape[1]!, [], options.epochs ?? 30, LEARNING_RATE);
  const fitted = await fit(method, data, { seed: options.seed, batchSize: BATCH, ...runtime });
  return argmaxRows((await predict(fitted, data.test, runtime)).logits, classes);
}

/** Names of representations that depend on one modality only; the first of these kinds that a method has is used. */
const UNIMODAL_KINDS = [["embedding"], ["predictive", "residual"], ["unique"]] as const;

/** A method's representation of one modality alone, [N, F]; undefined when the method reports none. */
export function ownRepresentation(
  { representations = {} }: Predictions,
  modality: string,
): Tensor<"float32"> | undefined {
  for (const kinds of UNIMODAL_KINDS) {
    const parts = kinds.flatMap((kind) => representations[`${kind}_${modality}`] ?? []);
    if (parts.length === kinds.length) return joined(parts);
  }
  return undefined;
}
