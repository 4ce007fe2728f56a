/** @file The encoder `gru`: a gated recurrent unit over the steps of a sample; its last hidden state. */
import * as z from "zod";
import { configError } from "../core/errors.ts";
import { checkOptions } from "../core/keys.ts";
import { gru as gruLayer } from "../nn/gru.ts";
import { checkRate, type Module } from "../nn/module.ts";
import { dropout as dropoutOf } from "../nn/norm.ts";
import { stepsOf } from "../nn/steps.ts";
import { whole } from "../optim/settings.ts";
import { defineEncoder, dropout, type EncoderType, featuresOf, masked } from "./encoder.ts";

export interface GruOptions {
  /** H, the units of the hidden state. Default 64. */
  readonly width?: number;
  /** Dropout rate of the last hidden state. Default 0. */
  readonly dropout?: number;
  /** Samples are padded: [T, features + 1], the last channel of which is 1 at valid steps. Default false. */
  readonly masked?: boolean;
}

/** Most steps that are unrolled: every step adds about 30 nodes to the graph of a training step. */
const STEPS = 64;

/**
 * An encoder of sequences: `gru(74, { width: 128 })` maps steps [B, T, 74] to the last hidden state [B, 128] of one layer of PyTorch's GRU.
 * With padding it is the state at the last valid step. @throws ConfigError for bad options, and for more than 64 steps; ShapeError if
 * samples are not [T, 74].
 */
export function gru(features: number, options: GruOptions = {}): Module {
  checkOptions<GruOptions>("gru", options, { width: true, dropout: true, masked: true });
  const { width = 64, dropout = 0, masked = false } = options;
  checkRate(dropout, "gru: dropout");
  return {
    description: { kind: "gru", features, width, dropout, ...(masked && { masked }) },
    build(scope, x) {
      const steps = stepsOf(scope.path, `gru(${features})`, x, features, masked);
      const count = x.shape[1]!;
      if (count > STEPS) {
        throw configError(
          `${scope.path}: samples have ${count} steps; the encoder gru reads up to ${STEPS}. Take means of neighbouring steps first, or use another encoder: transformer, pool.`,
          { steps: count, most: STEPS },
        );
      }
      return dropoutOf(scope, gruLayer(scope, steps, width), dropout);
    },
  };
}

export const gruEncoder: EncoderType = defineEncoder({
  kind: "gru",
  summary: "a gated recurrent unit over the steps of a sample; its last hidden state",
  reads: `samples of [steps, features] with up to ${STEPS} steps`,
  fits: (sample) => sample.length === 2 && sample[0]! <= STEPS,
  schema: z.strictObject({
    kind: z.literal("gru").optional(),
    width: whole(1, "64").default(64),
    dropout: dropout.default(0.2),
  }),
  stored: z.strictObject({
    kind: z.literal("gru"),
    features: z.int().min(1),
    width: z.int().min(1),
    dropout: dropout.default(0),
    masked,
  }),
  create: (sample, { kind: _, ...options }, masked) => gru(featuresOf(sample, masked), { ...options, masked }),
  restore: ({ features, kind: _, ...options }) => gru(features, options),
});
