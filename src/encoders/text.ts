/** @file The encoder `text`: a trained embedding of token ids, then a transformer, or their mean. */
import * as z from "zod";
import { configError, dataError, shapeError } from "../core/errors.ts";
import { checkOptions } from "../core/keys.ts";
import { allowing } from "../core/options.ts";
import { formatShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { embedding, greater } from "../graph/ops/index.ts";
import type { Module } from "../nn/module.ts";
import { dropout as dropoutOf } from "../nn/norm.ts";
import { meanOfSteps, type Steps } from "../nn/steps.ts";
import { whole } from "../optim/settings.ts";
import { defineEncoder, type EncoderType } from "./encoder.ts";
import {
  resolveTransformer,
  TRANSFORMER_OPTIONS,
  type TransformerOptions,
  transformerShape,
  transformerStored,
  transformSteps,
} from "./transformer.ts";

export interface TextOptions extends Omit<TransformerOptions, "masked"> {
  /** Blocks of attention and feed-forward network; 0 is the mean of the embeddings, which does not know their order. Default 2. */
  readonly layers?: number;
}

/** The token of positions without a token. */
const PADDING = 0;
/** Largest id that float32 has exactly. */
const LARGEST = 2 ** 24;

/**
 * An encoder of texts: `text(30522, { width: 128, layers: 2 })` maps ids of tokens [B, T], whole numbers 0..30521, to rows of a trained table
 * [30522, 128] (N(0, 1) at first, as PyTorch's Embedding), and these by a transformer to [B, 128]; with `layers: 0` to the mean of the rows.
 * Id 0 is padding, behind the tokens: no token reads it, and it is not part of the mean. The ids must not be normalised (`normalize: none`).
 * @throws ConfigError for bad options; ShapeError if samples are not [T]; `check` a DataError for ids that are not in the table, and for padding before a token.
 */
export function text(vocabulary: number, options: TextOptions = {}): Module {
  if (!(Number.isInteger(vocabulary) && vocabulary >= 2 && vocabulary <= LARGEST)) {
    throw configError(
      `text: a vocabulary of ${vocabulary}; a whole number of token ids from 2 to ${LARGEST} is needed.`,
    );
  }
  checkOptions<object>("text", options, TRANSFORMER_OPTIONS);
  const { masked: _, ...settings } = resolveTransformer("text", options);
  const { width, layers, dropout: rate } = settings;
  return {
    description: { kind: "text", vocabulary, ...settings },
    build(scope, x) {
      if (x.shape.length !== 2) {
        throw shapeError(
          `${scope.path}: the encoder text reads samples of [tokens], one id for each token; the data has samples of ${formatShape(x.shape.slice(1))}.`,
        );
      }
      const table = scope.parameter("embedding", [vocabulary, width], { kind: "normal", deviation: 1 });
      const steps: Steps = { values: embedding(table, x), valid: greater(x, PADDING) };
      if (layers === 0) return dropoutOf(scope, meanOfSteps(steps), rate);
      return transformSteps(scope, steps, { ...settings, masked: true });
    },
    check: (samples, where) => checkIds(samples, vocabulary, where),
  };
}

function checkIds({ data, shape }: Tensor<"float32">, vocabulary: number, where: string): void {
  const width = shape[1] ?? 1;
  const early = data.findIndex((id, i) => id !== PADDING && i % width > 0 && data[i - 1] === PADDING);
  if (early >= 0) {
    throw dataError(
      `${where}: row ${Math.floor(early / width)} (from 0) has padding (id 0) before its token ${early % width}; move padding behind the tokens.`,
      { row: Math.floor(early / width) },
    );
  }
  const bad = data.findIndex((id) => !(Number.isInteger(id) && id >= 0 && id < vocabulary));
  if (bad < 0) return;
  const advice =
    Number.isInteger(data[bad]) && data[bad]! > 0
      ? `Set vocabulary to at least ${data.reduce((a, b) => Math.max(a, b), 0) + 1}`
      : "Ids are whole numbers, 0 or more, and are not normalised (normalize: none)";
  throw dataError(
    `${where}: row ${Math.floor(bad / width)}, token ${bad % width} (from 0) is ${data[bad]}; the vocabulary of ${vocabulary} has the ids 0..${vocabulary - 1}. ${advice}.`,
    { row: Math.floor(bad / width), id: data[bad], vocabulary },
  );
}

const vocabulary = z
  .int({ error: allowing(`the number of token ids, from 2 to ${LARGEST}, for example 30522`) })
  .min(2)
  .max(LARGEST);

export const textEncoder: EncoderType = defineEncoder({
  kind: "text",
  summary: "a trained embedding of token ids, then self-attention or their mean",
  reads: "samples of [tokens], an id for each token",
  fits: (sample) => sample.length === 1,
  normalize: () => "none",
  schema: z.strictObject({
    kind: z.literal("text").optional(),
    vocabulary,
    ...transformerShape,
    layers: whole(0, "2").default(2),
  }),
  stored: z.strictObject({ kind: z.literal("text"), vocabulary, ...transformerStored, layers: z.int().min(0) }),
  create: (_, { kind: _kind, vocabulary, feedForward, ...options }) =>
    text(vocabulary, { ...options, ...(feedForward !== undefined && { feedForward }) }),
  restore: ({ vocabulary, kind: _, ...options }) => text(vocabulary, options),
});
