/** @file DMIL's settings. */
import { z } from "zod";
import { embeddingOption } from "../method.ts";

/** Coefficients of the loss. `lambda` and the b_ terms are not public; 0.1 and 1 were chosen on validation data (docs/decisions). */
const lossSchema = z.strictObject({
  /** lambda: scale of all divergences and reconstructions. */
  lambda: z.number().min(0).default(0.1),
  /** b_kl: KL of M_m and N_m to N(0, I). */
  intraKl: z.number().min(0).default(1),
  /** b_R: KL of R. */
  redundantKl: z.number().min(0).default(1),
  /** b_U: KL of U_m. */
  uniqueKl: z.number().min(0).default(1),
  /** b_align: each modality's view of R against the shared one. */
  alignment: z.number().min(0).default(1),
  /** b_1: cross-entropy of the heads on M_m in the whole stage. */
  intra: z.number().min(0).default(1),
  /** Component cross-entropies in the components stage (published: 0.5). */
  components: z.number().min(0).default(0.5),
  /** Component cross-entropies in the whole stage (published: 0.8). */
  componentsWhole: z.number().min(0).default(0.8),
  /** Reconstructions in the first two stages (published: 0.1). */
  reconstruction: z.number().min(0).default(0.1),
  /** Reconstructions in the whole stage (published: 0.05). */
  reconstructionWhole: z.number().min(0).default(0.05),
});

export const dmilSchema = z.strictObject({
  embedding: embeddingOption,
  /** False replaces every variational layer by a deterministic linear one (DMIL-FC). */
  variational: z.boolean().default(true),
  /** Which levels of decomposition are built: both, intra-modality only (DMIL-ID), consistency only (DMIL-CD). */
  levels: z.enum(["both", "id", "cd"]).default("both"),
  loss: lossSchema.prefault({}),
});
export type DmilOptions = z.output<typeof dmilSchema>;
