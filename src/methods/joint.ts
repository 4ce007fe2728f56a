/** @file Joint learning: one linear head on the concatenated embeddings, one loss. The unimodal predictions are slices of the head. */
import { z } from "zod";
import type { Loose } from "../core/options.ts";
import { lateFusion, wholeStage } from "./late-fusion.ts";
import { defineMethod, embeddingOption, type MethodFactory, type Outputs } from "./method.ts";

/** Settings. */
export interface JointOptions {
  /** E, the width of embeddings, 64. */
  readonly embedding: number;
}

const schema: z.ZodType<JointOptions, Loose<JointOptions>> = z.strictObject({ embedding: embeddingOption });

/** Joint learning. */
export const joint: MethodFactory<Loose<JointOptions>, Outputs> = defineMethod({
  name: "joint",
  summary: "one linear head on concatenated embeddings",
  schema,
  build: (input, encoders, { embedding }) => lateFusion(input, encoders, embedding),
  stages: () => [wholeStage],
});
