/**
 * @file Joint learning: one head on all embeddings, one loss. With the linear head (the default) and the sum, the unimodal predictions
 * are the head's slices; for a deep head see heads.ts.
 */
import * as z from "zod";
import { type Loose, oneOf } from "../core/options.ts";
import {
  deepFusion,
  deepHeads,
  defineMethod,
  embeddingOption,
  everyTarget,
  lateFusion,
  type MethodFactory,
  type Outputs,
  sumFusion,
  wholeStage,
} from "./kit.ts";

export interface JointOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** "linear": one linear layer on concatenated embeddings; or another head of heads.ts. Default linear. */
  readonly head: "linear" | "sum" | "mlp" | "gated" | "film" | "bilinear";
}

const schema: z.ZodType<JointOptions, Loose<JointOptions>> = z.strictObject({
  embedding: embeddingOption,
  head: oneOf("linear", "sum", "mlp", "gated", "film", "bilinear").default("linear"),
});

export const joint: MethodFactory<Loose<JointOptions>, Outputs> = defineMethod({
  name: "joint",
  summary: "joint learning: one head on the concatenated embeddings of all modalities, one loss",
  schema,
  targets: everyTarget,
  variants: {
    "joint-mlp": { head: "mlp" },
    "joint-sum": { head: "sum" },
    "joint-gated": { head: "gated" },
    "joint-film": { head: "film" },
    "joint-bilinear": { head: "bilinear" },
  },
  build(input, encoders, { embedding, head }) {
    if (head === "linear") return lateFusion(input, encoders, embedding);
    if (head === "sum") return sumFusion(input, encoders, embedding);
    return deepFusion(input, encoders, embedding, deepHeads[head]);
  },
  stages: () => [wholeStage],
});
