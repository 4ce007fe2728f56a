/**
 * @file One modality alone: its encoder and a linear head. The others are ignored; their unimodal predictions are the prior.
 */
import * as z from "zod";
import { configError, hint } from "../core/errors.ts";
import { shown } from "../core/keys.ts";
import type { Loose } from "../core/options.ts";
import { at, stack } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import {
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  everyTarget,
  expandAs,
  type MethodFactory,
  type Outputs,
  wholeStage,
} from "./kit.ts";

export interface UnimodalOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** Name of the modality to use; required. */
  readonly modality: string;
}

/** The options that a user passes. */
export type UnimodalInput = Loose<Omit<UnimodalOptions, "modality">> & Pick<UnimodalOptions, "modality">;

const schema: z.ZodType<UnimodalOptions, UnimodalInput> = z.strictObject({
  embedding: embeddingOption,
  modality: z.string({ error: ({ input }) => `${shown(input)} given; name the modality to train on` }),
});

export const unimodal: MethodFactory<UnimodalInput, Outputs> = defineMethod({
  name: "unimodal",
  summary: "one modality alone, with its encoder and a linear head",
  schema,
  targets: everyTarget,
  perModality: true,
  build(input, encoders, { embedding, modality }) {
    const { scope, classes } = input;
    const z = embed(input, { [modality]: encoders[modality]! }, embedding);
    const logits = linear(scope.child("head"), at(z, 0), classes);
    const prior = expandAs(input.prior(), logits);
    return {
      logits,
      unimodal: stack(Object.keys(encoders).map((name) => (name === modality ? logits : prior))),
      representations: embeddings(z, [modality]),
    };
  },
  stages({ modality }, modalities) {
    if (!modalities.includes(modality)) {
      throw configError(`unimodal.modality: there is no modality "${modality}"${hint(modality, modalities)}`);
    }
    return [wholeStage];
  },
});
