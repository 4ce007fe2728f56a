/**
 * @file DMIL: decomposition-based multimodal interaction learning.
 * Source: Yang, Wei, Ni, Xu, Hu: Information-Theoretic Decomposition for Multimodal Interaction Learning, CVPR 2026.
 * Differs: any number of modalities M >= 2, by name; M, N (and U, v) of one modality share a layer, which changes no result.
 */
import { defineMethod, everyTarget, type MethodFactory } from "../method.ts";
import { buildDmil, type DmilOutputs } from "./model.ts";
import { type DmilInput, dmilSchema } from "./options.ts";
import { dmilStages } from "./stages.ts";

export { componentNames, type DmilOutputs } from "./model.ts";

/** DMIL as published. The unimodal predictions are the linear heads on M_m. */
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
  build: buildDmil,
  stages: dmilStages,
});
