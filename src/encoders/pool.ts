/** @file The encoder `pool`: one linear layer for each step of a sample, mean and maximum over the steps, then an MLP. */
import * as z from "zod";
import { configError, shapeError } from "../core/errors.ts";
import { checkOptions } from "../core/keys.ts";
import { formatShape } from "../core/shape.ts";
import { concat, max, mean } from "../graph/ops/index.ts";
import { linearOfEach } from "../nn/linear.ts";
import { type Activation, activations, mlp } from "../nn/mlp.ts";
import type { Module } from "../nn/module.ts";
import { whole } from "../optim/settings.ts";
import { activation, defineEncoder, dropout, type EncoderType, hidden, sizes } from "./encoder.ts";

export interface PoolOptions {
  /** Default relu. */
  readonly activation?: Activation;
  /** Dropout rate of the hidden units of the MLP. Default 0. */
  readonly dropout?: number;
}

/**
 * An encoder of sequences: `pool([74, 64, 32])` maps steps [B, T, 74] to 64 units each, [B, T, 64], takes their mean and maximum over the T
 * steps, [B, 128], and maps these to [B, 32] as `mlp([128, 32])` does. It does not know the order of the steps.
 * @throws ConfigError for bad options; ShapeError if samples are not [T, 74].
 */
export function pool(sizes: readonly number[], options: PoolOptions = {}): Module {
  checkOptions<PoolOptions>("pool", options, { activation: true, dropout: true });
  const { activation = "relu", dropout = 0 } = options;
  const [features, width, ...rest] = sizes;
  if (features === undefined || width === undefined) {
    throw configError(
      `pool: sizes ${formatShape(sizes)}; the features of a step and the width of its layer are needed.`,
    );
  }
  const head = mlp([2 * width, ...rest], { activation, dropout });
  return {
    description: { kind: "pool", sizes, activation, dropout },
    build(scope, x) {
      if (x.shape.length !== 3 || x.shape[2] !== features) {
        throw shapeError(
          `${scope.path}: the encoder was declared pool(${formatShape(sizes)}) and reads samples of [steps, ${features}]; the data has samples of ${formatShape(x.shape.slice(1))}.`,
          { declared: sizes },
        );
      }
      const steps = activations[activation](linearOfEach(scope.child("steps"), x, width));
      return head.build(scope, concat([mean(steps, 1), max(steps, 1)], -1));
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
  }),
  create: (sample, { width, hidden, kind: _, ...options }) => pool([sample[1]!, width, ...hidden], options),
  restore: ({ sizes, kind: _, ...options }) => pool(sizes, options),
});
