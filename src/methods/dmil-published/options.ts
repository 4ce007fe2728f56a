/** @file Options of DMIL as published. */
import * as z from "zod";
import type { Loose } from "../../core/options.ts";
import { embeddingOption } from "../kit.ts";

/** Coefficients of the loss. The authors' `lambda` and b_ terms are not public; these were chosen on validation data. */
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
  /** b_align: KL from the shared posterior of R to that of each modality, 1. */
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
  /** Purified form: loss of the residual prediction; only this term trains the synergy to predict, 1. */
  readonly residual: number;
  /** Purified form: KL from the prior to each component's prediction on samples assigned to other components, 1. */
  readonly silence: number;
  /** Purified form: cross-entropy of the gate against the shares of information, 1. */
  readonly teaching: number;
}

/** The complete options. */
export interface PublishedOptions {
  /** Width E of embeddings and components. Default 64. */
  readonly embedding: number;
  /** False replaces every variational layer by a deterministic linear one (DMIL-FC). Default true. */
  readonly variational: boolean;
  /** Levels of decomposition: both, intra-modality only (DMIL-ID), or consistency only (DMIL-CD). Default both. */
  readonly levels: "both" | "id" | "cd";
  /** How the synergistic component is built and trained (docs/decisions/purified-synergy.md). Default published. */
  readonly synergy: "purified" | "published";
  /** Purified form: products of centred features of up to 2 or 3 modalities. Default 3: products of pairs alone cannot be 0 on samples that a third modality explains. */
  readonly order: 2 | 3;
  readonly loss: PublishedLoss;
}

/** The options that a user passes; all are optional. */
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
