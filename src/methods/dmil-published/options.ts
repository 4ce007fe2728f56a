/** @file DMIL's settings. */
import * as z from "zod";
import type { Loose } from "../../core/options.ts";
import { embeddingOption } from "../method.ts";

/** Coefficients of the loss, as DMIL uses them. `lambda` and the b_ terms are not public; they were chosen on validation data. */
export interface PublishedLoss {
  /** lambda: scale of all divergences and reconstructions, 0.1. */
  readonly lambda: number;
  /** b_kl: KL of M_m to N(0, I), 1. */
  readonly predictiveKl: number;
  /** b_kl: KL of N_m to N(0, I), 1. */
  readonly residualKl: number;
  /** b_R: KL of R, 1. */
  readonly redundantKl: number;
  /** b_U: KL of U_m, 1. */
  readonly uniqueKl: number;
  /** b_align: each modality's view of R against the shared one, 1. */
  readonly alignment: number;
  /** b_1: cross-entropy of the heads on M_m in the whole stage, 1. */
  readonly intra: number;
  /** Component cross-entropies in the components stage, 0.5 (published). */
  readonly components: number;
  /** Component cross-entropies in the whole stage, 0.8 (published). */
  readonly componentsWhole: number;
  /** Reconstructions in the first two stages, 0.1 (published). */
  readonly reconstruction: number;
  /** Reconstructions in the whole stage, 0.05 (published). */
  readonly reconstructionWhole: number;
  /** Purified form: cross-entropy of the residual prediction, which alone trains the synergy, 1. */
  readonly residual: number;
  /** Purified form: each component is silent (says the prior) where it is not responsible, 1. */
  readonly silence: number;
  /** Purified form: the gate is taught the shares of information, 1. */
  readonly teaching: number;
}

/** DMIL's settings with nothing left open. */
export interface PublishedOptions {
  /** E, the width of embeddings and components, 64. */
  readonly embedding: number;
  /** False replaces every variational layer by a deterministic linear one (DMIL-FC); true. */
  readonly variational: boolean;
  /** Which levels of decomposition are built: both, intra-modality only (DMIL-ID), consistency only (DMIL-CD); both. */
  readonly levels: "both" | "id" | "cd";
  /** How the synergistic component is built and trained, published; docs/decisions/purified-synergy.md says why. */
  readonly synergy: "purified" | "published";
  /** Purified form: products of centred features up to pairs (2) or triples (3) of modalities, 3: a pair alone cannot be silent where a third modality answers. */
  readonly order: 2 | 3;
  readonly loss: PublishedLoss;
}

/** What a user writes: everything may be left out. */
export type PublishedInput = Loose<Omit<PublishedOptions, "loss">> & {
  readonly loss?: Loose<PublishedLoss> | undefined;
};

const weight = (value: number): z.ZodDefault<z.ZodNumber> => z.number().min(0).default(value);

export const publishedSchema: z.ZodType<PublishedOptions, PublishedInput> = z.strictObject({
  embedding: embeddingOption,
  variational: z.boolean().default(true),
  levels: z.enum(["both", "id", "cd"]).default("both"),
  synergy: z.enum(["purified", "published"]).default("published"),
  order: z.union([z.literal(2), z.literal(3)]).default(3),
  loss: z
    .strictObject({
      lambda: weight(0.1),
      predictiveKl: weight(1),
      residualKl: weight(1),
      redundantKl: weight(1),
      uniqueKl: weight(1),
      alignment: weight(1),
      intra: weight(1),
      components: weight(0.5),
      componentsWhole: weight(0.8),
      reconstruction: weight(0.1),
      reconstructionWhole: weight(0.05),
      residual: weight(1),
      silence: weight(1),
      teaching: weight(1),
    })
    .prefault({}),
});
