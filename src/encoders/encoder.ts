/** @file The contract of a kind of encoder: its settings, the samples that it reads, and how it is made from settings or from a file. */
import * as z from "zod";
import { isRecord } from "../core/keys.ts";
import { allowing, oneOf, parseOptions } from "../core/options.ts";
import type { Shape } from "../core/shape.ts";
import type { Normalize } from "../data/normalize.ts";
import type { Module } from "../nn/module.ts";
import { fraction, whole } from "../optim/settings.ts";
import type { PublishedNames } from "./published/names.ts";

/** A network that is not trained: its outputs, the features, are computed once. Plain data; features/ reads the file. */
export interface FrozenModel {
  /** SHA-256 of the file. */
  readonly sha256: string;
  /** The output, or inner value, that gives the features. */
  readonly output: string;
  /** How the steps of an output [B, T, D] become one: `none` keeps them. Outputs [B, C, H, W] have `mean` or `none`. */
  readonly pool: "mean" | "first" | "last" | "none";
  /** Where the data has its channels, if they are moved before the network reads a sample. */
  readonly layout: "as-is" | "channels-first" | "channels-last";
  /** Shape of a sample of the data, of the output for it before pooling, and of its features. */
  readonly sample: Shape;
  readonly axes: Shape;
  readonly features: Shape;
  /** Samples of a call, if the file fixes their number; 0 if it does not. */
  readonly batch: number;
}

/** A kind of encoder, as the registry (index.ts) lists it. */
export interface EncoderType {
  readonly kind: string;
  /** One line for lists of encoders. */
  readonly summary: string;
  /** The samples that it reads, for messages: `samples of any shape`. */
  readonly reads: string;
  fits(sample: Shape): boolean;
  /** The normalisation of the samples unless the run has one. Default `standard`. @throws ConfigError for bad settings. */
  normalize?(sample: Shape, settings: unknown): Normalize;
  /** Settings without what the data decides; `parse` fills in defaults. An optional `kind` is one of them. */
  readonly schema: z.ZodType;
  /** Names of the settings. */
  readonly settings: readonly string[];
  /** The setting that names a file, if the kind reads one: `--encoder face=KIND:FILE` sets it. */
  readonly file?: string;
  /** The frozen network of a description or of settings, whose outputs are the samples that the encoder reads; undefined if there is none. */
  frozen?(description: Readonly<Record<string, unknown>>): FrozenModel | undefined;
  /** The description in a model file. */
  readonly stored: z.ZodType;
  /** Names of the published weights that it can start from; it then has the setting `weights`. */
  readonly published?: PublishedNames;
  /**
   * The encoder for samples of a shape that `fits`. `masked` samples are [T, F + 1]: steps whose last channel is 1 where they are valid and
   * 0 where they are padding. @throws ConfigError for bad settings.
   */
  create(sample: Shape, settings: unknown, masked?: boolean): Module;
  /** The encoder of a description. @throws ConfigError if it is not one of this kind. */
  restore(description: unknown, where: string): Module;
}

/** A kind of encoder before the types of its settings are erased. */
interface EncoderDefinition<S extends z.ZodObject, D extends z.ZodObject>
  extends Pick<EncoderType, "kind" | "summary" | "reads" | "fits" | "file" | "frozen" | "published"> {
  readonly schema: S;
  readonly stored: D;
  normalize?(sample: Shape, settings: z.output<S>): Normalize;
  create(sample: Shape, settings: z.output<S>, masked: boolean): Module;
  restore(description: z.output<D>): Module;
}

/** Makes a definition an entry of the registry. */
export function defineEncoder<S extends z.ZodObject, D extends z.ZodObject>(
  definition: EncoderDefinition<S, D>,
): EncoderType {
  const { kind, schema, stored, normalize, published, ...rest } = definition;
  const all = published === undefined ? schema : schema.extend({ weights: weightsFile.optional() });
  const parsed = (settings: unknown): z.output<S> => parseOptions(schema, withoutWeights(settings), kind);
  return {
    ...rest,
    kind,
    ...(published !== undefined && { published, file: "weights" }),
    schema: all,
    stored,
    ...(normalize && { normalize: (sample, settings) => normalize(sample, parsed(settings)) }),
    settings: Object.keys(all.shape),
    create: (sample, settings, masked = false) => definition.create(sample, parsed(settings), masked),
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

/** The features of a step of samples [T, F], or [T, F + 1] where they are masked. */
export const featuresOf = (sample: Shape, masked: boolean): number => sample[1]! - Number(masked);

/** Whether the samples of an encoder in a model file have a channel that says which steps are valid. */
export const masked: z.ZodType<boolean> = z.boolean().default(false);

/** Sizes in a model file, from the features of the data on. */
export const sizes = (least: number): z.ZodType<number[]> => z.array(z.int().min(1)).min(least);
