/**
 * @file DMIL as published: decomposition-based multimodal interaction learning. Embeddings are split into redundant, unique and synergistic
 * components. Each component makes a prediction, and a gate weights the predictions for each sample. With `synergy: "purified"`
 * (dmil-purified) the synergistic component predicts the prior if a modality alone suffices, and the gate is trained on shares of information
 * (docs/decisions/purified-synergy.md). The unimodal predictions are the linear heads on M_m.
 * Source: Yang, Wei, Ni, Xu, Hu: Information-Theoretic Decomposition for Multimodal Interaction Learning, CVPR 2026.
 * Differs: any number of modalities M >= 2, by name; M, N (and U, v) of one modality share a layer, which is equivalent to two layers. The
 * purified form also changes synergy, its training, and the epochs and learning rates of the stages.
 */

import { defineMethod, everyTarget, type MethodFactory } from "../kit.ts";
import type { PublishedOutputs } from "./model.ts";
import { type PublishedInput, publishedSchema } from "./options.ts";
import { buildPublished, publishedStages } from "./published.ts";
import { buildPurified, purifiedStages } from "./purified.ts";

export { componentNames, type PublishedOutputs } from "./model.ts";

/** DMIL as published, or with purified synergy (option `synergy`). */
export const dmilPublished: MethodFactory<PublishedInput, PublishedOutputs> = defineMethod({
  name: "dmil-published",
  summary:
    "Decomposition-based Multimodal Interaction Learning as published: a gate weights components per sample (CVPR 2026)",
  schema: publishedSchema,
  targets: everyTarget,
  variants: {
    "dmil-purified": { synergy: "purified" },
    "dmil-fc": { variational: false },
    "dmil-id": { levels: "id" },
    "dmil-cd": { levels: "cd" },
  },
  search: { "loss.lambda": [0.03, 0.1, 0.3] },
  build: (input, encoders, options) =>
    (options.synergy === "purified" ? buildPurified : buildPublished)(input, encoders, options),
  stages: (options, modalities) =>
    options.synergy === "purified" ? purifiedStages(options, modalities) : publishedStages(options, modalities),
});
