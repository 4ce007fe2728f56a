/** @file The settings of a run, as in a configuration file; checked as far as possible without the data. */
import * as z from "zod";
import { configError, type DmilError, hint } from "../core/errors.ts";
import { isRecord } from "../core/keys.ts";
import { allowing, type OptionIssue, oneOf, optionIssues } from "../core/options.ts";
import { readingSchemas, type SplitRequest } from "../data/reading.ts";
import { type EncoderSettings, encoderIssues, settingsOf, withDefaults } from "../encoders/index.ts";
import { methodNamed, methodNames, resolveMethod } from "../methods/index.ts";
import { MAX_MEMBERS } from "../methods/method.ts";
import { normalizeIssues } from "../modalities/index.ts";
import type { NormalizeSetting } from "../modalities/modality.ts";
import { OPTIMISERS, type Optimiser, optimisers } from "../optim/index.ts";
import { fraction, notNegative, positive, whole } from "../optim/settings.ts";
import { BACKENDS, type BackendName } from "../runtime/backend.ts";
import { defaults } from "../train/defaults.ts";
import { MONITORS, type Monitor } from "../train/monitor.ts";
import { type ByStage, type ClassWeights, isWarmup, requireOneRate, type Warmup } from "../train/plan.ts";
import { TAUGHT, type Taught } from "../train/teacher.ts";

/** Settings with all defaults that do not depend on the data. */
export interface Settings {
  /** Path of the data folder. */
  readonly data: string;
  /** Modalities in order; default: all. */
  readonly modalities?: readonly string[] | undefined;
  /** Columns or arrays that are not features. */
  readonly leaveOut?: readonly string[] | undefined;
  /** The column or array to predict; default: `label` or `labels`. */
  readonly label?: string | readonly string[] | undefined;
  /** The column or array of groups. */
  readonly group?: string | undefined;
  /** How to split data that has no split. */
  readonly split?: SplitRequest | undefined;
  /** A method, or a named variant such as `ogm-ge`; default "dmil". */
  readonly method: string;
  /** Number of members of the pool, which are trained one after the other; default: that of the method, mostly 1. */
  readonly members?: number | undefined;
  /** Random seed; default 0. */
  readonly seed: number;
  /** Samples per step; default 64. */
  readonly batchSize: number;
  /** Epochs of all stages, or by stage; default: those of the method. */
  readonly epochs: ByStage;
  /** Learning rate of all stages, or by stage; default: that of the optimiser if it has one, else that of the method. */
  readonly learningRate?: ByStage | undefined;
  /** Linear warm-up of the learning rate in each stage; default: none. */
  readonly warmup?: Warmup | undefined;
  /** Early stopping: epochs without improvement after which a stage ends; default: that of the method. */
  readonly patience?: ByStage | undefined;
  /** The validation metric that selects the best epoch; default: that of the method. */
  readonly monitor?: Monitor | undefined;
  /** Weights of the classes in losses; default: all 1. */
  readonly classWeights?: ClassWeights | undefined;
  /** The name of the optimiser and its settings. */
  readonly optimiser: { readonly name: (typeof OPTIMISERS)[number] } & Readonly<Record<string, unknown>>;
  /** Maximum global norm of the gradients; default: no clipping. */
  readonly clipNorm?: number | undefined;
  /** Share of the samples of a training batch in which one modality is hidden; default: none. */
  readonly modalityDropout?: number | undefined;
  /** Label smoothing: share of each training target spread evenly over the classes, or over yes and no of a label; default: that of the method. */
  readonly labelSmoothing?: number | undefined;
  /** A finished run to distil: which of its outputs (`of`), and the weight of the loss of each. */
  readonly teacher?: { readonly run: string; readonly weight: number; readonly of: readonly Taught[] } | undefined;
  /** Threads within one operation; "auto" is 1 for small models and 2 for large ones. */
  readonly threads: number | "auto";
  readonly backend: BackendName;
  /** Convolutions as direct products, without Winograd's rounding; slower. Default: not. */
  readonly exact?: boolean | undefined;
  /** The encoder of every modality; default an MLP with one hidden layer of 64. */
  readonly encoder: EncoderSettings;
  /** Encoders of single modalities; for settings that they do not have, those of `encoder` hold where the kind has them. */
  readonly encoders?: Readonly<Record<string, EncoderSettings>> | undefined;
  /** Normalisation of all modalities, or by modality; default `standard`. */
  readonly normalize?: NormalizeSetting | undefined;
  /** Options of the method. */
  readonly options: Readonly<Record<string, unknown>>;
}

const text = (what: string): z.ZodType<string> => z.string({ error: allowing(what) }).min(1, `is empty; give ${what}`);

/** One number for all stages, or one for each. */
const byStage = (value: z.ZodType<number>, example: string): z.ZodType<unknown> => {
  const allowed = `a number for each stage, for example {whole: ${example}}, or one for all, for example ${example}`;
  const stages = z.record(z.string(), value, { error: allowing(allowed) });
  return z.unknown().superRefine((input, context) => {
    const issues = input === undefined ? [] : optionIssues(typeof input === "number" ? value : stages, input);
    for (const { path, message } of issues) context.addIssue({ code: "custom", path: [...path], message });
  });
};

/** The number of members of a pool. */
export const members: z.ZodType<number> = whole(1, "4").refine((count) => count <= MAX_MEMBERS, {
  error: allowing(`a whole number from 1 to ${MAX_MEMBERS}, for example 4`),
});

/** Settings of an encoder; those of its kind are checked by `encoderIssues`. */
const encoder = z.looseObject({}, { error: allowing("settings of the encoder, for example {hidden: [64, 32]}") });

const schema = z.strictObject(
  {
    data: text("the path of a data folder"),
    modalities: z
      .array(text("the name of a modality"), { error: allowing("a list of names, for example [audio, face]") })
      .min(1, "is empty; name modalities, or remove it for all")
      .optional(),
    ...readingSchemas,
    group: text("the name of a column or array").optional(),
    method: text("the name of a method").default("dmil"),
    members: members.optional(),
    seed: whole(0, "0").default(0),
    batchSize: whole(2, "64").default(defaults.batchSize),
    epochs: byStage(whole(0, "10"), "10").default({}),
    learningRate: byStage(positive("0.001"), "0.001").optional(),
    warmup: z.custom<Warmup>(isWarmup, { error: allowing("{epochs: 2} or {steps: 500}, above 0") }).optional(),
    patience: byStage(whole(1, "10"), "10").optional(),
    monitor: oneOf(...MONITORS).optional(),
    classWeights: z
      .union([z.literal("balanced"), z.record(z.string(), notNegative("2"))], {
        error: allowing("balanced, or weights by class, for example {happy: 2, sad: 0.5}"),
      })
      .optional(),
    optimiser: z
      .looseObject({ name: oneOf(...OPTIMISERS).default("adam") }, { error: allowing("{name: adam}") })
      .default({ name: "adam" }),
    clipNorm: positive("1").optional(),
    modalityDropout: fraction("0.2").optional(),
    labelSmoothing: fraction("0.1").optional(),
    teacher: z
      .strictObject(
        {
          run: text("the folder of a run, for example --teacher RUN"),
          weight: z
            .number({ error: allowing("a number from 0, for example 1") })
            .min(0, { error: allowing("a number from 0, for example 1") })
            .default(1),
          of: z
            .array(oneOf(...TAUGHT), { error: allowing(`a list of ${TAUGHT.join(", ")}`) })
            .min(1, `is empty; name some of ${TAUGHT.join(", ")}`)
            .default(["prediction"]),
        },
        { error: allowing("a run to learn from, for example {run: runs/clips-dmil-0, weight: 1, of: [prediction]}") },
      )
      .optional(),
    threads: z
      .custom<number | "auto">(
        (value) => value === "auto" || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 256),
        {
          error: allowing("auto, or a whole number from 1 to 256, for example 2"),
        },
      )
      .default("auto"),
    backend: oneOf("auto", ...BACKENDS).default("auto"),
    exact: z.boolean({ error: allowing("true or false") }).optional(),
    encoder: encoder.default({}),
    encoders: z
      .record(z.string(), encoder, { error: allowing("encoders by modality, for example {audio: {kind: mlp}}") })
      .optional(),
    normalize: z.unknown().optional(),
    options: z
      .looseObject({}, { error: allowing("the options of the method, for example {embedding: 64}") })
      .default({}),
  },
  { error: allowing("settings by name, for example {data: clips, method: dmil}") },
);

/**
 * Checks settings and fills in defaults.
 * @throws ConfigError; `fields.issues` lists every problem with its path.
 */
export function parseSettings(value: unknown): Settings {
  const issues = optionIssues(schema, value);
  const isWrong = (name: string): boolean => issues.some((issue) => issue.path[0] === name || issue.path.length === 0);
  const raw = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const { method = "dmil", options = {}, optimiser = {} } = raw;
  const learningRate = isWrong("learningRate") ? {} : ((raw.learningRate ?? {}) as ByStage);
  if (!isWrong("method")) {
    if (!methodNames.includes(method as string)) {
      const message = `unknown method "${method}"${hint(method as string, methodNames)}`;
      issues.push({ path: ["method"], message });
    } else if (!isWrong("options")) {
      const named = resolveMethod(method as string);
      const all = { ...named.options, ...(options as object) };
      issues.push(...under(["options"], optionIssues(methodNamed(named.method).schema, all)));
    }
  }
  issues.push(...modalityIssues(raw));
  if (!isWrong("optimiser")) issues.push(...under(["optimiser"], optimiserIssues(optimiser as object, learningRate)));
  if (issues.length > 0) throw issuesError(issues);
  const parsed = schema.parse(value);
  const named = resolveMethod(parsed.method);
  const all = { ...named.options, ...parsed.options };
  const encoders =
    parsed.encoders &&
    Object.fromEntries(
      Object.entries(parsed.encoders).map(([name, own]) => [name, withDefaults(settingsOf(parsed.encoder, own))]),
    );
  return {
    ...parsed,
    encoder: withDefaults(parsed.encoder),
    ...(encoders !== undefined && { encoders }),
    options: methodNamed(named.method).schema.parse(all),
  } as Settings;
}

/** Problems with settings of encoders and normalisation; whether there are such modalities is checked with the data. */
function modalityIssues({ encoder = {}, encoders = {}, normalize }: Record<string, unknown>): OptionIssue[] {
  const shared = isRecord(encoder) ? encoder : {};
  const named = isRecord(normalize) ? Object.keys(normalize) : [];
  return [
    ...under(["encoder"], encoderIssues(shared)),
    ...Object.entries(isRecord(encoders) ? encoders : {}).flatMap(([name, own]) =>
      isRecord(own) ? under(["encoders", name], encoderIssues({ ...own, kind: settingsOf(shared, own).kind })) : [],
    ),
    ...under(["normalize"], normalizeIssues(normalize, named)),
  ];
}

/** A ConfigError about all problems of settings: one line each, and as data in `fields.issues`. */
export function issuesError(issues: readonly OptionIssue[]): DmilError {
  const lines = issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`));
  return configError(lines.join("\n"), { issues });
}

/** The optimiser of the settings. */
export function optimiserOf({ name, ...settings }: Settings["optimiser"]): Optimiser {
  return optimisers[name](settings);
}

/** Problems with the settings of an optimiser. */
function optimiserIssues(
  { name = "adam", ...settings }: { name?: keyof typeof optimisers },
  learningRate: ByStage,
): OptionIssue[] {
  try {
    requireOneRate(optimisers[name](settings).learningRate, learningRate);
    return [];
  } catch (error) {
    const { fields, message } = error as DmilError;
    return (fields.issues as readonly OptionIssue[] | undefined)?.slice() ?? [{ path: [], message }];
  }
}

function under(parents: readonly string[], issues: readonly OptionIssue[]): OptionIssue[] {
  return issues.map(({ path, message }) => ({ path: [...parents, ...path], message }));
}
