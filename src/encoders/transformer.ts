/** @file The encoder `transformer`: self-attention over the steps of a sample. */
import * as z from "zod";
import { configError } from "../core/errors.ts";
import { checkOptions, type Keys } from "../core/keys.ts";
import { allowing, oneOf } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import { add, reshape } from "../graph/ops/index.ts";
import { linearWith } from "../nn/linear.ts";
import { checkRate, type Module, type Scope } from "../nn/module.ts";
import { dropout as dropoutOf, layerNormOfRows } from "../nn/norm.ts";
import { learned, sinusoidal } from "../nn/positions.ts";
import { firstStep, keyBias, lastStep, meanOfSteps, type Steps, stepsOf } from "../nn/steps.ts";
import { transformerBlock } from "../nn/transformer.ts";
import { whole } from "../optim/settings.ts";
import { defineEncoder, dropout, type EncoderType, featuresOf, masked } from "./encoder.ts";

/** What a transformer adds to its steps, and how it is built. */
export interface TransformerOptions {
  /** D, the units of a step. Default 64. */
  readonly width?: number;
  /** Heads of attention; they divide the width. Default 4. */
  readonly heads?: number;
  /** Blocks of attention and feed-forward network. Default 2. */
  readonly layers?: number;
  /** Units of the hidden layer of the feed-forward networks. Default 4 times the width. */
  readonly feedForward?: number;
  /** Dropout rate. Default 0. */
  readonly dropout?: number;
  /** Layer normalisation before each part, and once at the end, or after each part. Default `post`. */
  readonly norm?: "pre" | "post";
  /** What says where a step is. Default `sinusoidal`. */
  readonly positions?: "none" | "sinusoidal" | "learned";
  /** A step reads itself and earlier steps only. Default false. */
  readonly causal?: boolean;
  /** Which steps are the output: the mean, the last or the first. Default `mean`. */
  readonly pool?: "mean" | "last" | "first";
  /** Samples are padded: [T, features + 1], the last channel of which is 1 at valid steps. Default false. */
  readonly masked?: boolean;
}

/** Names of the options that every encoder with a transformer has. */
export const TRANSFORMER_OPTIONS: Keys<Omit<TransformerOptions, "masked">> = {
  width: true,
  heads: true,
  layers: true,
  feedForward: true,
  dropout: true,
  norm: true,
  positions: true,
  causal: true,
  pool: true,
};

type Resolved = Required<TransformerOptions>;

/** Options with defaults. @throws ConfigError for a bad rate, or heads that do not divide the width. */
export function resolveTransformer(where: string, options: TransformerOptions): Resolved {
  checkOptions<TransformerOptions>(where, options, { ...TRANSFORMER_OPTIONS, masked: true });
  const { width = 64, heads = 4, dropout = 0 } = options;
  checkRate(dropout, `${where}: dropout`);
  if (width % heads !== 0) {
    const others = [1, 2, 3, 4, 5, 6, 8, 12, 16].filter((n) => width % n === 0);
    throw configError(
      `${where}: ${heads} heads do not divide the width ${width}; heads that do: ${others.join(", ")}.`,
      { width, heads },
    );
  }
  const usual = { layers: 2, feedForward: 4 * width, norm: "post", positions: "sinusoidal" } as const;
  return { ...usual, causal: false, pool: "mean", masked: false, ...options, width, heads, dropout };
}

/** Steps [B, T, D] through positions, blocks and pooling: [B, D]. */
export function transformSteps(scope: Scope, steps: Steps, settings: Resolved): Expr {
  const { width, layers, dropout: rate, norm, pool } = settings;
  const [batch, count] = steps.values.shape as [number, number];
  const positions = {
    none: () => undefined,
    sinusoidal: () => sinusoidal(count, width),
    learned: () => learned(scope, count, width),
  }[settings.positions]();
  const placed = positions === undefined ? steps.values : add(steps.values, positions);
  const block = { ...settings, bias: keyBias(steps), activation: "relu" } as const;
  let rows = dropoutOf(scope, reshape(placed, [batch * count, width]), positions === undefined ? 0 : rate);
  for (let i = 0; i < layers; i++) {
    rows = transformerBlock(scope.child("blocks").child(String(i)), rows, [batch, count], block);
  }
  if (norm === "pre") rows = layerNormOfRows(scope.child("norm"), rows);
  const pooled = { mean: meanOfSteps, last: lastStep, first: firstStep }[pool];
  return pooled({ ...steps, values: reshape(rows, [batch, count, width]) });
}

/**
 * An encoder of sequences: `transformer(74, { width: 128, heads: 4, layers: 2 })` maps steps [B, T, 74] to 128 units by a linear layer
 * without a bias, adds positions, and applies blocks as PyTorch's TransformerEncoder (ReLU; no dropout of attention's weights): [B, 128].
 * Padded steps are read by no other step and are not part of the mean. Source: Vaswani et al. 2017.
 * @throws ConfigError for bad options; ShapeError if samples are not [T, 74].
 */
export function transformer(features: number, options: TransformerOptions = {}): Module {
  const settings = resolveTransformer("transformer", options);
  const { width, masked, ...rest } = settings;
  return {
    description: { kind: "transformer", features, width, ...rest, ...(masked && { masked }) },
    build(scope, x) {
      const { values, ...steps } = stepsOf(scope.path, `transformer(${features})`, x, features, masked);
      const [batch, count] = values.shape as [number, number];
      const rows = reshape(values, [batch * count, features]);
      const units = linearWith(scope.child("project"), rows, width, { bias: false });
      return transformSteps(scope, { ...steps, values: reshape(units, [batch, count, width]) }, settings);
    },
  };
}

type Norm = z.ZodType<"post" | "pre", "post" | "pre">;
type Positions = z.ZodType<"sinusoidal" | "learned" | "none", "sinusoidal" | "learned" | "none">;
type Pooling = z.ZodType<"mean" | "last" | "first", "mean" | "last" | "first">;
const norm: Norm = oneOf("post", "pre");
const positions: Positions = oneOf("sinusoidal", "learned", "none");
const pooling: Pooling = oneOf("mean", "last", "first");

/** The settings that every encoder with a transformer has. */
export const transformerShape: {
  readonly width: z.ZodDefault<z.ZodNumber>;
  readonly heads: z.ZodDefault<z.ZodNumber>;
  readonly layers: z.ZodDefault<z.ZodNumber>;
  readonly feedForward: z.ZodOptional<z.ZodNumber>;
  readonly dropout: z.ZodDefault<typeof dropout>;
  readonly norm: z.ZodDefault<Norm>;
  readonly positions: z.ZodDefault<Positions>;
  readonly causal: z.ZodDefault<z.ZodBoolean>;
  readonly pool: z.ZodDefault<Pooling>;
} = {
  width: whole(1, "64").default(64),
  heads: whole(1, "4").default(4),
  layers: whole(1, "2").default(2),
  feedForward: whole(1, "256").optional(),
  dropout: dropout.default(0.1),
  norm: norm.default("post"),
  positions: positions.default("sinusoidal"),
  causal: z.boolean({ error: allowing("true or false") }).default(false),
  pool: pooling.default("mean"),
};

/** The same settings in a model file, all of which are there. */
export const transformerStored: {
  readonly width: z.ZodInt;
  readonly heads: z.ZodInt;
  readonly layers: z.ZodInt;
  readonly feedForward: z.ZodInt;
  readonly dropout: z.ZodDefault<typeof dropout>;
  readonly norm: Norm;
  readonly positions: Positions;
  readonly causal: z.ZodBoolean;
  readonly pool: Pooling;
} = {
  width: z.int().min(1),
  heads: z.int().min(1),
  layers: z.int().min(1),
  feedForward: z.int().min(1),
  dropout: dropout.default(0),
  norm,
  positions,
  causal: z.boolean(),
  pool: pooling,
};

export const transformerEncoder: EncoderType = defineEncoder({
  kind: "transformer",
  summary: "self-attention over the steps of a sample",
  reads: "samples of [steps, features]",
  fits: (sample) => sample.length === 2,
  schema: z.strictObject({ kind: z.literal("transformer").optional(), ...transformerShape }),
  stored: z.strictObject({ kind: z.literal("transformer"), features: z.int().min(1), ...transformerStored, masked }),
  create: (sample, { kind: _, feedForward, ...options }, masked) =>
    transformer(featuresOf(sample, masked), { ...options, ...(feedForward !== undefined && { feedForward }), masked }),
  restore: ({ features, kind: _, ...options }) => transformer(features, options),
});
