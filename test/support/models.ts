/** @file Small data and models that train in a moment. */
import type { DataSplits } from "../../src/data/dataset.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { dmilPublished, type PublishedOutputs } from "../../src/methods/dmil-published/index.ts";
import { methodNamed, resolveMethod } from "../../src/methods/index.ts";
import type { Method } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";

/** 150 / 60 / 60 samples of the interaction mixture, two classes, eight features a modality. */
export function smallMixture(seed = 1): DataSplits {
  return interactionMixture({
    classes: 2,
    noise: 0.3,
    shares: { redundant: 0.25, unique: 0.25, synergistic: 0.25 },
    samples: { train: 150, validation: 60, test: 60 },
    features: 8,
    seed,
  });
}

/** DMIL with dropout, so that every kind of noise is drawn. */
export function smallDmil(): Method<PublishedOutputs> {
  return dmilPublished({ encoders: { a: mlp([8, 12], { dropout: 0.2 }), b: mlp([8, 12]) }, embedding: 8 });
}

export const smallEpochs = { intra: 3, components: 3, whole: 3 } as const;

/** A method or variant by name on modalities a and b of five features. */
export function methodOf(name: string): Method {
  const { method, options } = resolveMethod(name);
  const factory = methodNamed(method);
  const encoders = { a: mlp([5, 6], { dropout: 0.2 }), b: mlp([5, 6]) };
  const one = factory.perModality ? { modality: "a" } : {};
  return factory.configure({ encoders, embedding: 4, ...options, ...one });
}

/** One epoch of every stage. */
export const epochsOf = (method: Method): Record<string, number> =>
  Object.fromEntries(method.stages.map((stage) => [stage.name, 1]));
