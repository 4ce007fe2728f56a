/** @file The encoder `onnx`: a frozen network from an ONNX file gives features once (features/ computes them), an MLP on them is trained. */
import * as z from "zod";
import { configError, shapeError } from "../core/errors.ts";
import { allowing, oneOf } from "../core/options.ts";
import { formatShape, sameShape, sizeOf } from "../core/shape.ts";
import { mlp } from "../nn/mlp.ts";
import type { Module } from "../nn/module.ts";
import { activation, defineEncoder, dropout, type EncoderType, type FrozenModel, hidden, sizes } from "./encoder.ts";

const shape = z.array(z.int().min(1));

/** What the file and the data decide; `readEncoders` of features/ fills it in. */
const model: z.ZodType<FrozenModel> = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  output: z.string(),
  pool: z.enum(["mean", "first", "last", "none"]),
  layout: z.enum(["as-is", "channels-first", "channels-last"]),
  sample: shape,
  axes: shape,
  features: shape,
  batch: z.int().min(0),
});

const file = z.string({ error: allowing("the path of an ONNX file, for example net.onnx") }).min(1, "is empty");

/** The MLP on features [B, ...features] of a frozen network. */
function head(frozen: FrozenModel, file: string, sizes: readonly number[], options: Parameters<typeof mlp>[1]): Module {
  const inner = mlp(sizes, options);
  const { kind: _, ...description } = inner.description;
  return { ...inner, description: { ...description, kind: "onnx", file, model: frozen } };
}

export const onnxEncoder: EncoderType = defineEncoder({
  kind: "onnx",
  summary: "a frozen network from an ONNX file, whose outputs are computed once, then linear layers",
  reads: "samples of the shape that the network of its file reads",
  // The file, and not the kind, decides which samples it reads.
  fits: () => true,
  file: "file",
  schema: z.strictObject({
    kind: z.literal("onnx").optional(),
    file,
    output: z.string().min(1).optional(),
    pool: oneOf("mean", "first", "last", "none").optional(),
    layout: oneOf("as-is", "channels-first", "channels-last").optional(),
    hidden: hidden.default([64]),
    activation: activation.default("relu"),
    dropout: dropout.default(0.2),
    model: model.optional(),
  }),
  stored: z.strictObject({
    kind: z.literal("onnx"),
    file: z.string(),
    model,
    sizes: sizes(1),
    activation: activation.default("relu"),
    dropout: dropout.default(0),
    norm: z.literal(false).default(false),
  }),
  create: (sample, { file, model, hidden, activation, dropout }) => {
    if (model === undefined) {
      throw configError(
        `the encoder onnx needs to read ${file} before a run is planned; in a program call readEncoders first.`,
        { file },
      );
    }
    if (!sameShape(sample, model.sample)) {
      throw shapeError(
        `samples are ${formatShape(sample)}; ${file} was read for samples of ${formatShape(model.sample)}.`,
        { file },
      );
    }
    return head(model, file.split(/[/\\]/).at(-1)!, [sizeOf(model.features), ...hidden], { activation, dropout });
  },
  restore: ({ kind: _, file, model, sizes, ...options }) => head(model, file, sizes, options),
  frozen: (description) => {
    const parsed = model.safeParse(description.model);
    return parsed.success ? parsed.data : undefined;
  },
});
