/**
 * @file DMIL: decomposition-based multimodal interaction learning. Embeddings are split into what others also carry and what a modality has
 * alone; components, redundant, unique and synergistic, predict apart, and a gate weighs them for each sample. By default synergy is
 * purified: the component is silent where any modality alone could answer, and the gate is taught shares of information
 * (docs/decisions/purified-synergy.md). `synergy: "published"` is the paper's form. The unimodal predictions are the linear heads on M_m.
 * Source: Yang, Wei, Ni, Xu, Hu: Information-Theoretic Decomposition for Multimodal Interaction Learning, CVPR 2026.
 * Differs: any number of modalities M >= 2, by name; M, N (and U, v) of one modality share a layer, which changes no result. In the default
 * form also synergy, its training, and the stages' lengths and rates.
 */
import { defineMethod, everyTarget, type MethodFactory } from "../method.ts";
import { buildDmil, type DmilOutputs } from "./model.ts";
import { type DmilInput, dmilSchema } from "./options.ts";
import { dmilStages } from "./stages.ts";

export { componentNames, type DmilOutputs } from "./model.ts";

/** DMIL, with purified synergy unless `synergy` says otherwise. */
export const dmil: MethodFactory<DmilInput, DmilOutputs> = defineMethod({
  name: "dmil",
  summary: "redundant, unique and synergistic components with a per-sample gate (CVPR 2026)",
  schema: dmilSchema,
  targets: everyTarget,
  variants: {
    "dmil-published": { synergy: "published" },
    "dmil-fc": { synergy: "published", variational: false },
    "dmil-id": { synergy: "published", levels: "id" },
    "dmil-cd": { synergy: "published", levels: "cd" },
  },
  search: { "loss.lambda": [0.03, 0.1, 0.3] },
  build: buildDmil,
  stages: dmilStages,
});
