/** @file An experiment: the data, methods, seeds and splits of a sweep, from a file or from flags. */

import * as z from "zod";
import { hint } from "../core/errors.ts";
import { isRecord } from "../core/keys.ts";
import { allowing, type OptionIssue, optionIssues } from "../core/options.ts";
import { ownValue } from "../core/record.ts";
import { type DataSplits, SPLITS } from "../data/dataset.ts";
import { readingSchemas, type SplitRequest } from "../data/reading.ts";
import { methodNames, methods } from "../methods/index.ts";
import { whole } from "../optim/settings.ts";
import { issuesError, members } from "../runs/settings.ts";
import { MOST_RUNS } from "./entry.ts";

/** One data set of an experiment. */
export interface DataEntry {
  /** The data: its folder, how to generate it (by the names of the flags of `dmil data generate`), or splits in memory. */
  readonly path?: string | undefined;
  readonly generate?: Readonly<Record<string, unknown>> | undefined;
  readonly splits?: DataSplits | undefined;
  /** Name in tables; default: the name of the folder. */
  readonly name?: string | undefined;
  readonly modalities?: readonly string[] | undefined;
  /** How to read the folder, as in the settings of a run. */
  readonly leaveOut?: readonly string[] | undefined;
  readonly label?: string | readonly string[] | undefined;
  readonly group?: string | undefined;
  readonly split?: SplitRequest | undefined;
  /** Settings for this data only; they override those of the experiment. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** An experiment with all defaults. */
export interface Experiment {
  readonly data: readonly DataEntry[];
  /** Names that `methodCalled` parses: methods and variants, `unimodal-audio`, `mmib x4`. */
  readonly methods: readonly string[];
  readonly seeds: readonly number[];
  /** Tuning trials of each method, including its defaults; 0 means no tuning. */
  readonly tune: number;
  /** Settings of every run. `epochs` may be one number for every stage. */
  readonly set: Readonly<Record<string, unknown>>;
  /** `own`, `share`, or the name of the groups. */
  readonly splitBy: string;
  readonly folds?: number | undefined;
  /** Number of classes left out of training for a probe. */
  readonly classesOut?: number | undefined;
  readonly trainShares: readonly number[];
}

/** An experiment as it is given: what is missing has a default. */
export interface ExperimentInput extends Partial<Omit<Experiment, "data" | "methods">> {
  readonly data: readonly (Omit<DataEntry, "settings"> & Partial<Pick<DataEntry, "settings">>)[];
  readonly methods?: "all" | readonly string[];
}

const text = (what: string): z.ZodType<string> => z.string({ error: allowing(what) }).min(1, `is empty; give ${what}`);
const settings = z.record(z.string(), z.unknown(), {
  error: allowing("settings by name, for example {batchSize: 32}"),
});
const modalities = z.array(text("the name of a modality"), {
  error: allowing("a list of names, for example [audio, face]"),
});

const entry = z
  .strictObject(
    {
      path: text("the path of a data folder").optional(),
      generate: settings.optional(),
      splits: z
        .custom<DataSplits>((value) => isRecord(value) && SPLITS.every((name) => isRecord(value[name])), {
          error: allowing("data in memory, from a program: { train, validation, test }"),
        })
        .optional(),
      name: text("a name for tables").optional(),
      modalities: modalities.min(2, "names fewer than two modalities; methods need two or more").optional(),
      ...readingSchemas,
      group: text("the name of a column or array").optional(),
      settings: settings.default({}),
    },
    { error: allowing("a data set, for example {path: clips, modalities: [audio, face]}") },
  )
  .superRefine(({ path, generate, splits, name }, context) => {
    if ([path, generate, splits].filter((source) => source !== undefined).length !== 1) {
      context.addIssue("give either path (the data folder) or generate (how to make the data)");
    }
    if (path === undefined && name === undefined) {
      context.addIssue(generate === undefined ? "data in memory needs a name" : "generated data needs a name");
    }
  });

const share = z
  .number({ error: allowing("numbers above 0 up to 1, for example [0.1, 0.3, 1]") })
  .refine((value) => value > 0 && value <= 1, {
    error: ({ input }) => `${input} given; allowed is a share above 0 and up to 1, for example 0.3`,
  });

/** `{ method: mmib, members: 4 }`, which tables call `mmib x4`. */
const pool = z
  .strictObject({ method: text("the name of a method"), members })
  .transform(({ method, members: count }) => `${method} x${count}`);

const schema = z.strictObject(
  {
    data: z
      .array(entry, { error: allowing("a list of data sets, for example [{path: clips}]") })
      .min(1, "is empty; give at least one data set"),
    methods: z
      .union([z.literal("all"), z.array(z.union([text("the name of a method"), pool])).min(1)], {
        error: allowing("all, or a list of methods, for example [joint, dmil, {method: joint, members: 4}]"),
      })
      .default("all"),
    seeds: z
      .array(whole(0, "0"), { error: allowing("seeds, for example 0-4 or [0, 1]") })
      .min(1)
      .default([0, 1, 2, 3, 4]),
    tune: whole(0, "12").default(0),
    set: settings.default({}),
    splitBy: text("own, share, or the name of the groups").default("own"),
    folds: whole(2, "5").optional(),
    classesOut: whole(2, "2").optional(),
    trainShares: z
      .array(share, { error: allowing("a list of shares, for example [0.1, 0.3, 1]") })
      .min(1)
      .default([1]),
  },
  { error: allowing("an experiment, for example {data: [{path: clips}], methods: [joint, dmil]}") },
);

/** Settings that the experiment sets for each run, with the name of the key that sets them. */
const SET_BY_EXPERIMENT: Readonly<Record<string, string>> = {
  data: "the list data",
  modalities: "modalities of the data",
  leaveOut: "leaveOut of the data",
  label: "label of the data",
  group: "group of the data",
  split: "split of the data",
  method: "methods",
  seed: "seeds",
};

/** Checks an experiment and fills in defaults. @throws ConfigError; `fields.issues` lists every problem. */
export function parseExperiment(value: unknown): Experiment {
  const issues = optionIssues(schema, value);
  if (issues.length > 0) throw issuesError(issues);
  const parsed = schema.parse(value);
  const experiment: Experiment = {
    ...parsed,
    methods: parsed.methods === "all" ? methodNames : [...new Set(parsed.methods)],
    seeds: [...new Set(parsed.seeds)],
    trainShares: [...new Set(parsed.trainShares)].sort((a, b) => a - b),
  };
  const problems = [
    ...methodIssues(experiment),
    ...splitIssues(experiment),
    ...settingIssues(experiment),
    ...sizeIssues(experiment),
  ];
  if (problems.length > 0) throw issuesError(problems);
  return experiment;
}

function sizeIssues({ data, methods: names, seeds, trainShares, folds = 1 }: Experiment): OptionIssue[] {
  const runs = data.length * names.length * seeds.length * trainShares.length * folds;
  if (runs <= MOST_RUNS) return [];
  const message = `give ${runs} runs with these methods, data and splits; at most ${MOST_RUNS} are possible, so use fewer.`;
  return [{ path: ["seeds"], message }];
}

function methodIssues({ methods: names }: Experiment): OptionIssue[] {
  return names.flatMap((name, i) => {
    const { method, modality, members: count } = methodCalled(name);
    const path = ["methods", i];
    if (modality === undefined && !methodNames.includes(method)) {
      return [{ path, message: `unknown method "${name}"${hint(method, methodNames)}` }];
    }
    return optionIssues(members.optional(), count).map(({ message }) => ({
      path,
      message: `${name}: of members ${message}`,
    }));
  });
}

function splitIssues({ splitBy, folds, classesOut }: Experiment): OptionIssue[] {
  const chosen = [
    ...(splitBy === "own" ? [] : ["splitBy"]),
    ...(folds === undefined ? [] : ["folds"]),
    ...(classesOut === undefined ? [] : ["classesOut"]),
  ];
  if (chosen.length < 2) return [];
  return [{ path: [chosen[1]!], message: `cannot be combined with ${chosen[0]}; choose one of the two ways to split` }];
}

function settingIssues({ set, data }: Experiment): OptionIssue[] {
  const issuesOf = (settings: Readonly<Record<string, unknown>>, where: OptionIssue["path"]): OptionIssue[] =>
    Object.keys(settings).flatMap((name) =>
      ownValue(SET_BY_EXPERIMENT, name) === undefined
        ? []
        : [{ path: [...where, name], message: `cannot be set here; it is set by ${SET_BY_EXPERIMENT[name]}` }],
    );
  return [...issuesOf(set, ["set"]), ...data.flatMap((item, i) => issuesOf(item.settings, ["data", i, "settings"]))];
}

/** A parsed method name of an experiment. */
export interface Called {
  /** A method or variant, as in the settings of a run. */
  readonly method: string;
  /** The modality of `unimodal-audio`, a method that is listed once per modality. */
  readonly modality?: string;
  /** The number of members of a pool such as `mmib x4`. */
  readonly members?: number;
}

/** Parses `joint`, `ogm-ge` or `unimodal-audio`, with ` x4` at the end for a pool. It does not check that the method exists. */
export function methodCalled(name: string): Called {
  const [, plain = name, count] = /^(.*) x(\d+)$/.exec(name) ?? [];
  const pool = count === undefined ? {} : { members: Number(count) };
  for (const [method, { perModality }] of Object.entries(methods)) {
    if (perModality && plain.startsWith(`${method}-`)) {
      return { method, modality: plain.slice(method.length + 1), ...pool };
    }
  }
  return { method: plain, ...pool };
}

/** Method names for data with these modalities; a unimodal method is listed once per modality. */
export function methodsFor(names: readonly string[], modalityNames: readonly string[]): string[] {
  return [
    ...new Set(
      names.flatMap((name) => {
        const { method, modality, members: count } = methodCalled(name);
        if (modality !== undefined || !ownValue(methods, method)?.perModality) return [name];
        return modalityNames.map((name) => `${method}-${name}${count === undefined ? "" : ` x${count}`}`);
      }),
    ),
  ];
}

/** The name of the data in tables, for example `mfeat fou+kar` if not all modalities are used. */
export function dataName({ name }: DataEntry, folder: string, used: readonly string[], all: readonly string[]): string {
  if (name !== undefined) return name;
  return used.length === all.length ? folder : `${folder} ${used.join("+")}`;
}
