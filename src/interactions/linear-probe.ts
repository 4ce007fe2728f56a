/** @file Linear probes: a fresh softmax regression on frozen representations, trained on one split, stopped by another, used on a third. */
import type { Tensor } from "../core/tensor.ts";
import { type DataSplits, mapSplits, type SplitName } from "../data/dataset.ts";
import { fit } from "../train/fit.ts";
import { argmaxRows } from "../train/metrics.ts";
import { type Predictions, predict } from "../train/predict.ts";
import { joined, type ProbeOptions, probe, probed } from "./probe.ts";

/** Representations [N, F] by split. */
export type SplitFeatures = Readonly<Record<SplitName, Tensor<"float32">>>;

const LEARNING_RATE = 0.01;
const BATCH = 64;

/** Classes [N] that a linear probe, trained with the labels of `splits`, gives the test samples. */
export async function linearProbe(
  features: SplitFeatures,
  splits: DataSplits,
  options: ProbeOptions,
): Promise<Int32Array> {
  const classes = splits.train.classes.length;
  const data = mapSplits((split) => probed(features[split], splits[split].labels, classes));
  const place = { threads: 1, ...(options.backend !== undefined && { backend: options.backend }) };
  const method = probe(features.train.shape[1]!, [], options.epochs ?? 30, LEARNING_RATE);
  const fitted = await fit(method, data, { seed: options.seed, batchSize: BATCH, ...place });
  return argmaxRows((await predict(fitted, data.test, place)).logits, classes);
}

/** Names of what methods make of one modality and nothing else; of several kinds the first that a method has counts. */
const OWN = [["embedding"], ["predictive", "residual"], ["unique"]] as const;

/** What a method makes of one modality alone, [N, F]; undefined when it tells of none. */
export function ownRepresentation(
  { representations = {} }: Predictions,
  modality: string,
): Tensor<"float32"> | undefined {
  for (const kinds of OWN) {
    const parts = kinds.flatMap((kind) => representations[`${kind}_${modality}`] ?? []);
    if (parts.length === kinds.length) return joined(parts);
  }
  return undefined;
}
