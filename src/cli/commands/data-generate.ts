/** @file `dmil data generate`: data whose true component is known for every sample. */
import * as z from "zod";
import { configError, DmilError, hint, listing, runError } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import { optionIssues } from "../../core/options.ts";
import { type DataSplits, SPLITS } from "../../data/dataset.ts";
import { checkedDigits, type DigitsOptions, digits } from "../../data/synthetic/digits.ts";
import { readDigits } from "../../data/synthetic/digits-source.ts";
import { interactionMixture, type MixtureOptions, splitSizes } from "../../data/synthetic/mixture.ts";
import { type PlaneOptions, plane } from "../../data/synthetic/plane.ts";
import { type QuadOptions, quadMixture } from "../../data/synthetic/quad.ts";
import { scenes } from "../../data/synthetic/scenes.ts";
import { type SumsOptions, sums } from "../../data/synthetic/sums.ts";
import { writeDataset } from "../../data/write.ts";
import { READER_SEED, withEvidence } from "../../interactions/recogniser.ts";
import { disk, replaceFolder } from "../../node/disk.ts";
import { notNegative, whole } from "../../optim/settings.ts";
import { type Answer, note } from "../answer.ts";
import { names, numberOrText } from "../config.ts";
import { owning } from "../owning.ts";
import { count, quoted } from "../text.ts";

/** What data is to be made. */
export interface DataFlags {
  readonly kind: string;
  readonly seed: string;
  readonly samples?: string;
  readonly noise?: string;
  readonly shares?: string;
  readonly classes?: string;
  readonly features?: string;
  readonly modalities?: string;
  readonly synergy?: string;
  readonly stratified?: boolean;
  readonly target?: string;
  /** The folder that real recordings are taken from. */
  readonly recordings?: string;
}

export interface GenerateFlags extends DataFlags {
  readonly out: string;
  /** Also into a folder that holds files. */
  readonly force?: boolean;
}

/** What a kind of data is made with: settings from flags, and the flags it knows besides `seed` and `samples`. */
interface Kind {
  readonly flags: readonly (keyof DataFlags)[];
  settings(flags: DataFlags): object;
  /** Its name in messages of the generator. */
  readonly source: string;
  /** From settings, and of kinds made from recordings from their folder. */
  generate(settings: never, recordings: Folder): DataSplits | Promise<DataSplits>;
  /** What the folder of recordings is, where the kind is made from one. */
  readonly recordings?: string;
}

const kinds: Readonly<Record<string, Kind>> = {
  "interaction-mixture": {
    flags: ["noise", "shares", "classes", "features", "modalities", "synergy", "stratified"],
    source: "interactionMixture",
    generate: interactionMixture,
    settings({ classes = "2", noise = "0.3", features = "20", modalities: list = "a,b", synergy = "all", ...flags }) {
      const modalities = names(list)!;
      return {
        classes: numberOrText(classes),
        noise: numberOrText(noise),
        samples: sizesOf(flags.samples ?? "4000"),
        shares: flags.shares === undefined ? evenShares(modalities) : sharesOf(pairs("--shares", flags.shares)),
        features: numberOrText(features),
        modalities,
        synergy,
        stratified: flags.stratified === true,
        seed: numberOrText(flags.seed),
      };
    },
  },
  scenes: {
    flags: ["noise", "shares"],
    source: "scenes",
    generate: scenes,
    settings: (flags) => ({ ...common(flags), ...given("shares", flags.shares && pairs("--shares", flags.shares)) }),
  },
  quad: {
    flags: ["noise", "features"],
    source: "quadMixture",
    generate: (settings) => {
      const { noise, ...rest } = settings as QuadOptions & { noise?: number };
      return quadMixture({ ...rest, ...given("sigma", noise) }).splits;
    },
    settings: (flags) => ({ ...common(flags), ...given("features", numberOrText(flags.features)) }),
  },
  plane: {
    flags: ["noise", "shares", "classes"],
    source: "plane",
    generate: (settings) => plane(settings as PlaneOptions).splits,
    settings: (flags) => ({
      ...common(flags),
      ...given("classes", numberOrText(flags.classes)),
      ...given("shares", flags.shares && sharesOf(pairs("--shares", flags.shares))),
    }),
  },
  digits: {
    flags: ["shares", "modalities"],
    source: "digits",
    recordings: "the data set avdigits: spoken and handwritten digits",
    async generate(settings, folder) {
      const { modalities, ...rest } = settings as DigitsOptions & { modalities?: string[] };
      const source = await readDigits(folder, modalities);
      checkedDigits(rest, Object.keys(source));
      return digits(rest, await withEvidence(source, { seed: READER_SEED, onFold: toldReading })).splits;
    },
    settings: (flags) => ({
      ...common(flags),
      ...given("modalities", names(flags.modalities)),
      ...given("shares", flags.shares && sharesOf(pairs("--shares", flags.shares))),
    }),
  },
  sums: {
    flags: ["noise", "features", "target"],
    source: "sums",
    generate: (settings) => sums(settings as SumsOptions).splits,
    settings: (flags) => ({
      ...common(flags),
      ...given("features", numberOrText(flags.features)),
      ...given("target", flags.target),
    }),
  },
};

/** Flags that some kinds have and others lack. */
const particular = [...new Set(Object.values(kinds).flatMap(({ flags }) => flags))];

function given(name: string, value: unknown): object {
  return value === undefined ? {} : { [name]: value };
}
/** Settings that all kinds have. */
function common({ seed, noise, samples }: DataFlags): object {
  return {
    seed: numberOrText(seed),
    ...given("noise", numberOrText(noise)),
    ...given("samples", allSplits(samples)),
  };
}
/** A whole number is for all splits together. */
function allSplits(samples: string | undefined): unknown {
  const sizes = samples === undefined ? undefined : sizesOf(samples);
  return Number.isInteger(sizes) && (sizes as number) >= 5 ? splitSizes(sizes as number) : sizes;
}
function sizesOf(samples: string): unknown {
  return samples.includes("=") ? pairs("--samples", samples) : numberOrText(samples);
}

const splitCounts = z.strictObject({ train: whole(1, "600"), validation: whole(1, "200"), test: whole(1, "200") });

/** The flags as numbers, checked in the words of the command line; how they fit together is checked by the generator. */
const schema = z.object({
  classes: whole(2, "4").optional(),
  noise: notNegative("0.3").optional(),
  samples: z
    .union([whole(5, "4000"), splitCounts], {
      error: (issue) =>
        `${JSON.stringify(issue.input)} given; allowed is a whole number from 5, or train=600,validation=200,test=200`,
    })
    .optional(),
  features: whole(1, "20").optional(),
  modalities: z.array(z.string()).min(2, { error: "two or more names are needed, as in audio,face" }).optional(),
  synergy: z
    .enum(["all", "pairs"], {
      error: (issue) => `unknown word "${issue.input}"${hint(String(issue.input), ["all", "pairs"])}`,
    })
    .optional(),
  seed: whole(0, "0"),
});

/** Tells of the reader of recordings, whose folds take seconds each. */
function toldReading(modality: string, done: number, folds: number): void {
  if (done === folds) note(`${modality}: read by networks that never saw what they read, in ${folds} folds`);
}

/** Generates three splits and writes them as a data folder. */
export async function dataGenerate(recordings: string | undefined, own: GenerateFlags): Promise<Answer> {
  const flags = { ...own, ...(recordings !== undefined && { recordings }) };
  const { out, kind: name } = flags;
  const { settings, make } = generatorOf(flags);
  const splits = await owning(out, { instead: "give another --out" }, async () => {
    if (flags.force !== true && (await disk(out).list()).length > 0) {
      throw runError(`${out}: this folder is not empty; give another --out, or --force to replace a data set there.`, {
        folder: out,
      });
    }
    const made = await make();
    await replaceFolder(out, (folder) => writeDataset(folder, made));
    return made;
  });
  const modalities = Object.keys(splits.train.modalities);
  const samples = Object.fromEntries(SPLITS.map((split) => [split, splits[split].labels.length]));
  const listed = Object.entries(samples).map(([split, n]) => `${split} ${n}`);
  return {
    text: `${out}: ${count(modalities.length, "modality")} (${listing(modalities)}), ${listed.join(", ")}\nnext: dmil train ${quoted(out)}`,
    json: { out, kind: name, options: settings, samples },
  };
}

/** The checked settings that flags describe, and the data they make. @throws ConfigError in the words of the flags. */
export function generatorOf(flags: DataFlags): {
  readonly settings: object;
  readonly make: () => Promise<DataSplits>;
} {
  const { kind: name } = flags;
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind === undefined) throw configError(`--kind: unknown kind "${name}"${hint(name, Object.keys(kinds))}`);
  const stray = particular.find((flag) => flags[flag] !== undefined && !kind.flags.includes(flag));
  if (stray !== undefined) {
    throw configError(
      `--${stray}: ${name} has no such setting. It has: ${["samples", "seed", ...kind.flags].join(", ")}.`,
    );
  }
  const { recordings } = flags;
  if (kind.recordings === undefined && recordings !== undefined) {
    throw configError(
      `${recordings}: ${name} is not made from recordings; leave the folder out, or give --kind digits.`,
    );
  }
  if (kind.recordings !== undefined && recordings === undefined) {
    throw configError(
      `--kind ${name} is made from ${kind.recordings}; name its folder before the flags, as in dmil data generate AVDIGITS.`,
    );
  }
  const settings = kind.settings(flags);
  const issues = optionIssues(schema, settings);
  if (issues.length > 0) {
    throw configError(issues.map(({ path, message }) => `--${path[0]}: ${message}`).join("\n"), { issues });
  }
  return { settings, make: () => generated(kind, settings, disk(recordings ?? ".")) };
}

/** The data; what the generator finds wrong is told under the flag's name. */
async function generated({ generate, source }: Kind, settings: object, recordings: Folder): Promise<DataSplits> {
  try {
    return await generate(settings as never, recordings);
  } catch (error) {
    if (!(error instanceof DmilError) || error.code !== "ConfigError") throw error;
    throw configError(error.message.replaceAll(`${source}.`, "--"), error.fields);
  }
}

function evenShares(modalities: readonly string[]): MixtureOptions["shares"] {
  const each = 1 / (modalities.length + 2);
  return { redundant: each, unique: each, synergistic: each };
}

/** `unique` for every modality, or `unique_<modality>` for each. */
function sharesOf(given: Readonly<Record<string, number>>): unknown {
  const own = Object.entries(given).filter(([name]) => name.startsWith("unique_"));
  if (own.length === 0) return given;
  const rest = Object.fromEntries(Object.entries(given).filter(([name]) => !name.startsWith("unique_")));
  return { unique: Object.fromEntries(own.map(([name, value]) => [name.slice("unique_".length), value])), ...rest };
}

/** `a=1,b=2` */
function pairs(flag: string, text: string): Record<string, number> {
  return Object.fromEntries(
    text.split(",").map((pair) => {
      const [name = "", value = ""] = pair.split("=").map((part) => part.trim());
      if (name === "" || value === "" || Number.isNaN(Number(value))) {
        throw configError(`${flag} ${text}: "${pair}" is not a name and a number, as in redundant=0.25`);
      }
      return [name, Number(value)];
    }),
  );
}
