/** @file The encoder `mlp`: the numbers of a sample in a row, through linear layers. */
import * as z from "zod";
import { allowing } from "../core/options.ts";
import { sizeOf } from "../core/shape.ts";
import { mlp } from "../nn/mlp.ts";
import { activation, defineEncoder, dropout, type EncoderType, hidden, sizes } from "./encoder.ts";

const norm = z.union([z.boolean(), z.literal("layer"), z.literal("batch")], {
  error: allowing("layer (or true), batch or false"),
});

export const mlpEncoder: EncoderType = defineEncoder({
  kind: "mlp",
  summary: "linear layers on all numbers of a sample",
  reads: "samples of any shape",
  fits: () => true,
  schema: z.strictObject({
    kind: z.literal("mlp").optional(),
    hidden: hidden.default([64]),
    activation: activation.default("relu"),
    dropout: dropout.default(0.2),
    norm: norm.default(false),
  }),
  stored: z.strictObject({
    kind: z.literal("mlp"),
    sizes: sizes(1),
    activation: activation.default("relu"),
    dropout: dropout.default(0),
    norm: norm.default(false),
  }),
  create: (sample, { hidden, kind: _, ...options }) => mlp([sizeOf(sample), ...hidden], options),
  restore: ({ sizes, kind: _, ...options }) => mlp(sizes, options),
});
