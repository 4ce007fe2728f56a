/** @file The registry of encoders by kind: made from settings, or rebuilt from the description in a model file. */
import { configError, hint } from "../core/errors.ts";
import { isRecord } from "../core/keys.ts";
import { type OptionIssue, optionIssues } from "../core/options.ts";
import { ownValue } from "../core/record.ts";
import { formatShape, type Shape } from "../core/shape.ts";
import type { Weights } from "../data/formats/weights.ts";
import type { Module } from "../nn/module.ts";
import type { EncoderType } from "./encoder.ts";
import { mlpEncoder } from "./mlp.ts";
import { poolEncoder } from "./pool.ts";
import { withWeights } from "./published/convert.ts";

/** All kinds of encoder by name; the first is the default. */
export const encoderTypes: Readonly<Record<string, EncoderType>> = { mlp: mlpEncoder, pool: poolEncoder };
export const encoderKinds: readonly string[] = Object.keys(encoderTypes);

/** Settings of an encoder: its kind (default `mlp`) and the settings of that kind. */
export type EncoderSettings = Readonly<Record<string, unknown>>;

/**
 * The settings of one modality: its own, and for all others those of `encoder`, which hold for every modality whose kind of encoder has them.
 */
export function settingsOf(encoder: EncoderSettings, own: EncoderSettings): EncoderSettings {
  const kind = own.kind ?? encoder.kind ?? "mlp";
  const known = ownValue(encoderTypes, String(kind))?.settings ?? [];
  const shared = Object.entries(encoder).filter(([name]) => known.includes(name));
  return { ...Object.fromEntries(shared), ...own, kind };
}

/** Problems of settings. */
export function encoderIssues(settings: EncoderSettings): OptionIssue[] {
  const { kind = "mlp" } = settings;
  const type = typeof kind === "string" ? ownValue(encoderTypes, kind) : undefined;
  if (type !== undefined) return optionIssues(type.schema, settings);
  return [
    { path: ["kind"], message: `there is no encoder ${JSON.stringify(kind)}${hint(String(kind), encoderKinds)}` },
  ];
}

/** Checked settings with defaults. */
export function withDefaults(settings: EncoderSettings): EncoderSettings {
  const parsed: unknown = encoderTypes[String(settings.kind ?? "mlp")]!.schema.parse(settings);
  return isRecord(parsed) ? parsed : settings;
}

/** Files of weights by the path in the settings. */
export type WeightFiles = ReadonlyMap<string, Weights>;

/**
 * The encoder of a modality under checked settings; it starts from the weights that they name if these are among `files`.
 * @throws ConfigError if its kind does not read samples of this shape, or if the weights do not fit (`fields.file`).
 */
export function encoderOf(
  settings: EncoderSettings,
  sample: Shape,
  modality: string,
  files: WeightFiles = new Map(),
): Module {
  const type = encoderTypes[String(settings.kind ?? "mlp")]!;
  if (type.fits(sample)) return starting(type.create(sample, settings), type, settings, sample, files);
  const others = encoderKinds.filter((kind) => encoderTypes[kind]!.fits(sample));
  throw configError(
    `samples of ${modality} are ${formatShape(sample)}; the encoder ${type.kind} reads ${type.reads}. Encoders for ${formatShape(sample)}: ${others.join(", ")}.`,
    { modality, kind: type.kind, allowed: others },
  );
}

function starting(
  module: Module,
  { published }: EncoderType,
  { weights: file }: EncoderSettings,
  sample: Shape,
  files: WeightFiles,
): Module {
  const weights = typeof file === "string" ? files.get(file) : undefined;
  return weights === undefined || published === undefined ? module : withWeights(module, published, weights, sample);
}

/** Settings of a run whose encoders name other files: `change` gives the new path for each, or undefined to remove the setting. */
export function withEncoderFiles<T extends Readonly<Record<string, unknown>>>(
  settings: T,
  change: (file: string, setting: string) => string | undefined,
): T {
  const names = Object.values(encoderTypes).flatMap(({ file }) => file ?? []);
  const changed = (own: unknown): unknown =>
    isRecord(own)
      ? Object.fromEntries(
          Object.entries(own).flatMap(([name, value]) => {
            const next = names.includes(name) && typeof value === "string" ? change(value, name) : value;
            return next === undefined ? [] : [[name, next]];
          }),
        )
      : own;
  const { encoder, encoders } = settings;
  return {
    ...settings,
    ...(isRecord(encoder) && { encoder: changed(encoder) }),
    ...(isRecord(encoders) && {
      encoders: Object.fromEntries(Object.entries(encoders).map(([name, own]) => [name, changed(own)])),
    }),
  };
}

/** The encoder of a modality from the description in a file. @throws ConfigError for an unknown kind or a bad description. */
export function encoderFrom(description: Module["description"], modality: string): Module {
  const type = ownValue(encoderTypes, description.kind);
  if (type !== undefined) return type.restore(description, `the encoder of ${modality}`);
  throw configError(
    `the encoder of ${modality} is of kind "${description.kind}", which cannot be rebuilt from a file; kinds that can: ${encoderKinds.join(", ")}. Pass the method itself.`,
  );
}
