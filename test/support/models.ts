/** @file Small data and models that train in a moment. */
import type { DataSplits } from "../../src/data/dataset.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { type DmilOutputs, dmil } from "../../src/methods/dmil/index.ts";
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
export function smallDmil(): Method<DmilOutputs> {
  return dmil({ encoders: { a: mlp([8, 12], { dropout: 0.2 }), b: mlp([8, 12]) }, embedding: 8, synergy: "published" });
}

export const smallEpochs = { intra: 3, components: 3, whole: 3 } as const;
