/**
 * @file DMIL as published: decomposition-based multimodal interaction learning. Embeddings are split into what others also carry and what a modality has
 * alone; components, redundant, unique and synergistic, predict apart, and a gate weighs them for each sample. With `synergy:
 * "purified"` (dmil-purified) the synergistic component is silent where any modality alone could answer, and the gate is taught shares of
 * information (docs/decisions/purified-synergy.md). The unimodal predictions are the linear heads on M_m.
 * Source: Yang, Wei, Ni, Xu, Hu: Information-Theoretic Decomposition for Multimodal Interaction Learning, CVPR 2026.
 * Differs: any number of modalities M >= 2, by name; M, N (and U, v) of one modality share a layer, which changes no result. In the
 * purified form also synergy, its training, and the stages' lengths and rates.
 */
import { defineMethod, everyTarget, type MethodFactory } from "../method.ts";
import { buildPublished, type PublishedOutputs } from "./model.ts";
import { type PublishedInput, publishedSchema } from "./options.ts";
import { publishedStages } from "./stages.ts";

export { componentNames, type PublishedOutputs } from "./model.ts";

/** DMIL as published, and with purified synergy where `synergy` says so. */
export const dmilPublished: MethodFactory<PublishedInput, PublishedOutputs> = defineMethod({
  name: "dmil-published",
  summary: "redundant, unique and synergistic components with a per-sample gate (CVPR 2026)",
  schema: publishedSchema,
  targets: everyTarget,
  variants: {
    "dmil-purified": { synergy: "purified" },
    "dmil-fc": { variational: false },
    "dmil-id": { levels: "id" },
    "dmil-cd": { levels: "cd" },
  },
  search: { "loss.lambda": [0.03, 0.1, 0.3] },
  build: buildPublished,
  stages: publishedStages,
});
