/** @file An experiment: which data, methods, seeds and splits a sweep runs over, as a file or flags say it. */

import * as z from "zod";
import { hint } from "../../core/errors.ts";
import { shown } from "../../core/keys.ts";
import { type OptionIssue, optionIssues } from "../../core/options.ts";
import { ownValue } from "../../core/record.ts";
import { readingSchemas, type SplitRequest } from "../../data/reading.ts";
import { methodNames, methods } from "../../methods/index.ts";
import { whole } from "../../optim/settings.ts";
import { issuesError, members } from "../settings.ts";
import { MOST_RUNS } from "./entry.ts";

/** One data set of an experiment. */
export interface DataEntry {
  /** Where it lies; or how it is made, by the names of the flags of `dmil data generate`. */
  readonly path?: string | undefined;
  readonly generate?: Readonly<Record<string, unknown>> | undefined;
  /** As tables name it; of the folder if left out. */
  readonly name?: string | undefined;
  readonly modalities?: readonly string[] | undefined;
  /** How the folder is to be read, as in the settings of a run. */
  readonly leaveOut?: readonly string[] | undefined;
  readonly label?: string | readonly string[] | undefined;
  readonly group?: string | undefined;
  readonly split?: SplitRequest | undefined;
  /** Settings for this data alone; they go before those of the experiment. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What a sweep runs. */
export interface Experiment {
  readonly data: readonly DataEntry[];
  /** By the names that `methodCalled` reads: methods and variants, `unimodal-audio`, `mmib x4`. */
  readonly methods: readonly string[];
  readonly seeds: readonly number[];
  /** Trials of tuning for each method, the defaults among them; 0: none. */
  readonly tune: number;
  /** Settings of every run. `epochs` may be one number for every stage. */
  readonly set: Readonly<Record<string, unknown>>;
  /** `own`, `share`, or the groups' name. */
  readonly splitBy: string;
  readonly folds?: number | undefined;
  /** Classes kept apart for a probe. */
  readonly classesOut?: number | undefined;
  readonly trainShares: readonly number[];
}

const allowing =
  (allowed: string) =>
  (issue: { readonly input?: unknown }): string =>
    `${shown(issue.input)} given; allowed is ${allowed}`;
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
      name: text("a name for tables").optional(),
      modalities: modalities.min(2, "names fewer than two modalities; a method needs two or more").optional(),
      ...readingSchemas,
      group: text("the name of a column or array").optional(),
      settings: settings.default({}),
    },
    { error: allowing("a data set, for example {path: clips, modalities: [audio, face]}") },
  )
  .superRefine(({ path, generate, name }, context) => {
    if ((path === undefined) === (generate === undefined)) {
      context.addIssue("one of path and generate is needed: where the data lies, or how to make it");
    }
    if (generate !== undefined && name === undefined) context.addIssue("data that is generated needs a name");
  });

const share = z
  .number({ error: allowing("numbers above 0 up to 1, for example [0.1, 0.3, 1]") })
  .refine((value) => value > 0 && value <= 1, {
    error: ({ input }) => `${input} given; a share is above 0, up to 1, for example 0.3`,
  });

/** `{ method: mmib, members: 4 }`, which tables call `mmib x4`. */
const pool = z
  .strictObject({ method: text("the name of a method"), members })
  .transform(({ method, members: count }) => `${method} x${count}`);

const schema = z.strictObject(
  {
    data: z
      .array(entry, { error: allowing("a list of data sets, for example [{path: clips}]") })
      .min(1, "is empty; name data"),
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

/** What the sweep itself decides, run by run. */
const DECIDED: Readonly<Record<string, string>> = {
  data: "the list data",
  modalities: "modalities of the data",
  leaveOut: "leaveOut of the data",
  label: "label of the data",
  group: "group of the data",
  split: "split of the data",
  method: "methods",
  seed: "seeds",
};

/** Checks an experiment and fills in defaults. @throws ConfigError whose `fields.issues` lists everything wrong. */
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
  const found = [
    ...methodIssues(experiment),
    ...splitIssues(experiment),
    ...settingIssues(experiment),
    ...sizeIssues(experiment),
  ];
  if (found.length > 0) throw issuesError(found);
  return experiment;
}

function sizeIssues({ data, methods: given, seeds, trainShares, folds = 1 }: Experiment): OptionIssue[] {
  const runs = data.length * given.length * seeds.length * trainShares.length * folds;
  if (runs <= MOST_RUNS) return [];
  const message = `make ${runs} runs with the methods, data and splits given; at most ${MOST_RUNS} are possible, so name fewer.`;
  return [{ path: ["seeds"], message }];
}

function methodIssues({ methods: given }: Experiment): OptionIssue[] {
  return given.flatMap((name, i) => {
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
  return [{ path: [chosen[1]!], message: `is one way to split, ${chosen[0]} another; choose one of them` }];
}

function settingIssues({ set, data }: Experiment): OptionIssue[] {
  const among = (given: Readonly<Record<string, unknown>>, where: OptionIssue["path"]): OptionIssue[] =>
    Object.keys(given).flatMap((name) =>
      ownValue(DECIDED, name) === undefined
        ? []
        : [{ path: [...where, name], message: `is not set here but by ${DECIDED[name]}` }],
    );
  return [...among(set, ["set"]), ...data.flatMap((own, i) => among(own.settings, ["data", i, "settings"]))];
}

/** What a method's name in an experiment stands for. */
export interface Called {
  /** A method or variant, as settings of a run have it. */
  readonly method: string;
  /** `unimodal-audio`: of a method that comparisons list by modality. */
  readonly modality?: string;
  /** `mmib x4`: so many members, pooled. */
  readonly members?: number;
}

/** Reads `joint`, `ogm-ge`, `unimodal-audio`, each with ` x4` after it for a pool; whether there is such a method is not looked at. */
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

/** Names of methods on data with these modalities: those listed by modality once for each. */
export function methodsFor(names: readonly string[], modalityNames: readonly string[]): string[] {
  return [
    ...new Set(
      names.flatMap((name) => {
        const { method, modality, members: count } = methodCalled(name);
        if (modality !== undefined || !ownValue(methods, method)?.perModality) return [name];
        return modalityNames.map((own) => `${method}-${own}${count === undefined ? "" : ` x${count}`}`);
      }),
    ),
  ];
}

/** What the data is called in tables: `mfeat fou+kar` where not all modalities are used. */
export function dataName({ name }: DataEntry, folder: string, used: readonly string[], all: readonly string[]): string {
  if (name !== undefined) return name;
  return used.length === all.length ? folder : `${folder} ${used.join("+")}`;
}
