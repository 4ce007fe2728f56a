/** @file Makes a method from its definition: checks the options, the encoders and the number of members. */
import type * as z from "zod";
import { configError, hint, listing } from "../core/errors.ts";
import { isRecord, shown } from "../core/keys.ts";
import { parseOptions } from "../core/options.ts";
import { ownValue } from "../core/record.ts";
import type { TargetKind } from "../data/dataset.ts";
import type { Module } from "../nn/module.ts";
import { type BuildInput, defaultTargets, MAX_MEMBERS, type Method, type Outputs, type Stage } from "./method.ts";
import { pooled } from "./pool.ts";

/** What a method defines: `defineMethod` makes it callable. */
export interface MethodDefinition<S extends z.ZodType<object, object>, O extends Outputs> {
  readonly name: string;
  /** One line for lists of methods. */
  readonly summary: string;
  readonly schema: S;
  /** Named options that comparisons list as methods: `joint-mlp`. */
  readonly variants?: Readonly<Record<string, z.input<S>>>;
  /** Values to try in tuning, by option (`loss.lambda` for a nested one). */
  readonly search?: Readonly<Record<string, readonly unknown[]>>;
  /** Supported kinds of target. Default `multiclass`. */
  readonly targets?: readonly TargetKind[];
  /** As in `Method`. */
  readonly limit?: string;
  /** The largest number of modalities for which the method is defined. Default: no limit. */
  readonly maxModalities?: number;
  /** Comparisons list the method once for each modality, as its option `modality`. */
  readonly perModality?: boolean;
  /** As in `Method`. */
  readonly labelSmoothing?: number;
  /** Default number of members of a pool. Default 1. */
  readonly members?: number;
  /** As in `Method`. */
  readonly weights?: Readonly<Record<string, readonly string[]>>;
  build(input: BuildInput, encoders: Encoders, options: z.output<S>): O;
  stages(options: z.output<S>, modalities: readonly string[]): readonly Stage<O>[];
}

/** One encoder for each modality, in the order of the modalities. */
export type Encoders = Readonly<Record<string, Module>>;

/** The arguments of every method besides its own options. */
export interface MethodSettings {
  readonly encoders: Encoders;
  /** Number of members of a pool, from 1 to 64. The default depends on the method and is 1 for most. */
  readonly members?: number | undefined;
}

/** Facts about a method before it is configured, and a way to configure it with options from a file or from flags. */
export interface MethodRecord {
  readonly methodName: string;
  readonly summary: string;
  readonly schema: z.ZodType;
  readonly targets: readonly TargetKind[];
  readonly limit?: string;
  readonly variants: Readonly<Record<string, object>>;
  readonly search: Readonly<Record<string, readonly unknown[]>>;
  readonly perModality: boolean;
  /** Default number of members, and default label smoothing. */
  readonly members: number;
  readonly labelSmoothing: number;
  /** As calling the method, with options whose names and values are known only when it runs. @throws ConfigError as the call does. */
  configure(settings: MethodSettings & Readonly<Record<string, unknown>>): Method;
}

/**
 * A method before it is configured: call it with encoders (one per modality, in modality order), its options, and `members`.
 * @throws ConfigError for too few or too many modalities, and for unknown or invalid options.
 */
export interface MethodFactory<I = unknown, O extends Outputs = Outputs> extends MethodRecord {
  (settings: MethodSettings & { readonly members: number } & I): Method;
  (settings: MethodSettings & I): Method<O>;
}

/** Turns a definition into a factory, which checks its options. */
export function defineMethod<S extends z.ZodType<object, object>, O extends Outputs>(
  definition: MethodDefinition<S, O>,
): MethodFactory<z.input<S>, O> {
  const { name, summary, schema, targets = defaultTargets, limit, labelSmoothing, weights } = definition;
  function configure(settings: MethodSettings & { readonly members: number }): Method;
  function configure(settings: MethodSettings): Method<O>;
  function configure(settings: MethodSettings): Method<O> | Method {
    const { encoders, members = definition.members ?? 1, ...rest } = checkedSettings(definition, settings);
    const modalities = Object.keys(encoders);
    const options = parseOptions(schema, rest, name);
    const stages = definition.stages(options, modalities);
    const duplicate = stages.find(({ name }, i) => stages.findIndex((stage) => stage.name === name) < i);
    if (duplicate !== undefined) {
      throw configError(`${name}: two stages would be called "${duplicate.name}"; rename the modality.`);
    }
    const method: Method<O> = {
      name,
      targets,
      ...(limit !== undefined && { limit }),
      modalities,
      description: {
        encoders: Object.fromEntries(modalities.map((modality) => [modality, encoders[modality]!.description])),
        options,
        ...(members > 1 && { members }),
      },
      build(input) {
        for (const modality of modalities) {
          if (ownValue(input.inputs, modality) === undefined) {
            throw configError(
              `${name}: the data has no modality "${modality}"${hint(modality, Object.keys(input.inputs))}`,
            );
          }
        }
        return definition.build(input, encoders, options);
      },
      stages,
      ...initialValues(encoders, definition.perModality === true && isRecord(options) ? options.modality : undefined),
      ...(labelSmoothing !== undefined && { labelSmoothing }),
      ...(weights !== undefined && { weights }),
    };
    return members === 1 ? method : pooled(method, members);
  }
  return Object.assign(configure, {
    methodName: name,
    summary,
    schema,
    targets,
    ...(limit !== undefined && { limit }),
    variants: definition.variants ?? {},
    search: definition.search ?? {},
    perModality: definition.perModality === true,
    members: definition.members ?? 1,
    labelSmoothing: labelSmoothing ?? 0,
    configure,
  });
}

/** The values that encoders start from, by path in the model; a method that uses one modality has those of its encoder. */
function initialValues(encoders: Encoders, only: unknown): Pick<Method, "values"> {
  const used = Object.entries(encoders).filter(([modality]) => only === undefined || modality === only);
  const values = used.flatMap(([modality, { values = {} }]) =>
    Object.entries(values).map(([name, value]) => [`encoders.${modality}.${name}`, value] as const),
  );
  return values.length === 0 ? {} : { values: Object.fromEntries(values) };
}

/** The settings themselves. @throws ConfigError for encoders that are none, too few or too many modalities, and a wrong number of members. */
function checkedSettings(
  {
    name,
    perModality = false,
    maxModalities = Number.POSITIVE_INFINITY,
  }: MethodDefinition<z.ZodType<object, object>, Outputs>,
  settings: MethodSettings,
): MethodSettings {
  const encoders: unknown = isRecord(settings) ? settings.encoders : undefined;
  if (!isRecord(encoders)) {
    throw configError(
      `${name}: encoders is ${shown(encoders)}; an encoder for each modality is needed: ${name}({ encoders: { audio: mlp([74, 64]), text: mlp([300, 64]) } }).`,
    );
  }
  const modalities = Object.keys(encoders);
  for (const modality of modalities) {
    const encoder = encoders[modality];
    if (isRecord(encoder) && isRecord(encoder.description) && typeof encoder.build === "function") continue;
    throw configError(
      `${name}: encoders.${modality} is ${shown(encoder)}; an encoder is needed, for example mlp([74, 64]).`,
    );
  }
  const { members = 1 } = settings;
  if (!Number.isInteger(members) || members < 1 || members > MAX_MEMBERS) {
    throw configError(`${name}: members is ${shown(members)}; a whole number from 1 to ${MAX_MEMBERS} is needed.`);
  }
  // A method that uses one modality needs only one.
  if (modalities.length < (perModality ? 1 : 2)) {
    throw configError(
      `${name}: encoders has ${modalities.length} modalities (${listing(modalities)}); two or more are needed.`,
    );
  }
  if (modalities.length > maxModalities) {
    throw configError(
      `${name} is defined for ${maxModalities === 2 ? maxModalities : `at most ${maxModalities}`} modalities; ${modalities.length} were given (${listing(modalities)}). Choose ${maxModalities} of them.`,
      { maxModalities, modalities },
    );
  }
  return settings;
}
