/** @file The contract of a kind of encoder: its settings, the samples that it reads, and how it is made from settings or from a file. */
import * as z from "zod";
import { isRecord } from "../core/keys.ts";
import { allowing, oneOf, parseOptions } from "../core/options.ts";
import type { Shape } from "../core/shape.ts";
import type { Module } from "../nn/module.ts";
import { fraction, whole } from "../optim/settings.ts";
import type { PublishedNames } from "./published/names.ts";

/** A kind of encoder, as the registry (index.ts) lists it. */
export interface EncoderType {
  readonly kind: string;
  /** One line for lists of encoders. */
  readonly summary: string;
  /** The samples that it reads, for messages: `samples of any shape`. */
  readonly reads: string;
  fits(sample: Shape): boolean;
  /** Settings without what the data decides; `parse` fills in defaults. An optional `kind` is one of them. */
  readonly schema: z.ZodType;
  /** Names of the settings. */
  readonly settings: readonly string[];
  /** The description in a model file. */
  readonly stored: z.ZodType;
  /** Names of the published weights that it can start from; it then has the setting `weights`. */
  readonly published?: PublishedNames;
  /** The setting that names a file, if the kind reads one: `--encoder face=KIND:FILE` sets it. */
  readonly file?: string;
  /** The encoder for samples of a shape that `fits`. @throws ConfigError for bad settings. */
  create(sample: Shape, settings: unknown): Module;
  /** The encoder of a description. @throws ConfigError if it is not one of this kind. */
  restore(description: unknown, where: string): Module;
}

/** A kind of encoder before the types of its settings are erased. */
interface EncoderDefinition<S extends z.ZodObject, D extends z.ZodObject>
  extends Pick<EncoderType, "kind" | "summary" | "reads" | "fits" | "published" | "file"> {
  readonly schema: S;
  readonly stored: D;
  create(sample: Shape, settings: z.output<S>): Module;
  restore(description: z.output<D>): Module;
}

/** Makes a definition an entry of the registry. */
export function defineEncoder<S extends z.ZodObject, D extends z.ZodObject>(
  definition: EncoderDefinition<S, D>,
): EncoderType {
  const { kind, schema, stored, published } = definition;
  const all = published === undefined ? schema : schema.extend({ weights: weightsFile.optional() });
  return {
    ...definition,
    ...(published !== undefined && { file: "weights" }),
    schema: all,
    settings: Object.keys(all.shape),
    create: (sample, settings) => definition.create(sample, parseOptions(schema, withoutWeights(settings), kind)),
    restore: (description, where) => definition.restore(parseOptions(stored, description, where)),
  };
}

const weightsFile = z
  .string({ error: allowing("the path of a file of weights, for example resnet18.safetensors") })
  .min(1, "is empty; give the path of a file of weights");

/** The settings that describe the encoder itself; weights are read before it is made. */
function withoutWeights(settings: unknown): unknown {
  if (!isRecord(settings)) return settings;
  const { weights: _, ...rest } = settings;
  return rest;
}

/** Widths of hidden layers. */
export const hidden: z.ZodType<number[]> = z.array(whole(1, "64"), {
  error: allowing("a list of widths, for example [64] or []"),
});

/** Settings that the kinds share. */
export const activation: z.ZodType<"relu" | "tanh" | "sigmoid"> = oneOf("relu", "tanh", "sigmoid");
export const dropout: z.ZodType<number> = fraction("0.2");

/** Sizes in a model file, from the features of the data on. */
export const sizes = (least: number): z.ZodType<number[]> => z.array(z.int().min(1)).min(least);
