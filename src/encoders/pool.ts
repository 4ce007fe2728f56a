/** @file The encoder `pool`: one linear layer for each step of a sample, mean and maximum over the steps, then an MLP. */
import * as z from "zod";
import { configError } from "../core/errors.ts";
import { checkOptions } from "../core/keys.ts";
import { formatShape } from "../core/shape.ts";
import { concat } from "../graph/ops/index.ts";
import { linearOfEach } from "../nn/linear.ts";
import { type Activation, activations, mlp } from "../nn/mlp.ts";
import type { Module } from "../nn/module.ts";
import { maxOfSteps, meanOfSteps, stepsOf } from "../nn/steps.ts";
import { whole } from "../optim/settings.ts";
import { activation, defineEncoder, dropout, type EncoderType, featuresOf, hidden, masked, sizes } from "./encoder.ts";

export interface PoolOptions {
  /** Default relu. */
  readonly activation?: Activation;
  /** Dropout rate of the hidden units of the MLP. Default 0. */
  readonly dropout?: number;
  /** Samples are padded: [T, features + 1], the last channel of which is 1 at valid steps. Default false. */
  readonly masked?: boolean;
}

/**
 * An encoder of sequences: `pool([74, 64, 32])` maps steps [B, T, 74] to 64 units each, [B, T, 64], takes their mean and maximum over the T
 * steps, [B, 128], and maps these to [B, 32] as `mlp([128, 32])` does. It does not know the order of the steps. With `masked`, mean and maximum
 * are those of the valid steps.
 * @throws ConfigError for bad options; ShapeError if samples are not [T, 74].
 */
export function pool(sizes: readonly number[], options: PoolOptions = {}): Module {
  checkOptions<PoolOptions>("pool", options, { activation: true, dropout: true, masked: true });
  const { activation = "relu", dropout = 0, masked = false } = options;
  const [features, width, ...rest] = sizes;
  if (features === undefined || width === undefined) {
    throw configError(
      `pool: sizes ${formatShape(sizes)}; the features of a step and the width of its layer are needed.`,
    );
  }
  const head = mlp([2 * width, ...rest], { activation, dropout });
  return {
    description: { kind: "pool", sizes, activation, dropout, ...(masked && { masked }) },
    build(scope, x) {
      const { values, valid } = stepsOf(scope.path, `pool(${formatShape(sizes)})`, x, features, masked);
      const units = activations[activation](linearOfEach(scope.child("steps"), values, width));
      const steps = { values: units, ...(valid !== undefined && { valid }) };
      return head.build(scope, concat([meanOfSteps(steps), maxOfSteps(steps)], -1));
    },
  };
}

export const poolEncoder: EncoderType = defineEncoder({
  kind: "pool",
  summary: "a linear layer for each step of a sample, mean and maximum over the steps, then linear layers",
  reads: "samples of [steps, features]",
  fits: (sample) => sample.length === 2,
  schema: z.strictObject({
    kind: z.literal("pool").optional(),
    width: whole(1, "64").default(64),
    hidden: hidden.default([64]),
    activation: activation.default("relu"),
    dropout: dropout.default(0.2),
  }),
  stored: z.strictObject({
    kind: z.literal("pool"),
    sizes: sizes(2),
    activation: activation.default("relu"),
    dropout: dropout.default(0),
    masked,
  }),
  create: (sample, { width, hidden, kind: _, ...options }, masked) =>
    pool([featuresOf(sample, masked), width, ...hidden], { ...options, masked }),
  restore: ({ sizes, kind: _, ...options }) => pool(sizes, options),
});
