/** @file `dmil data generate`: data where the true component of every sample is known. */
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
import { withFolderLock } from "../folder-lock.ts";
import { count, quoted } from "../text.ts";

/** Which data to generate. */
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
  /** The folder of the recordings that some kinds are made from. */
  readonly recordings?: string;
}

export interface GenerateFlags extends DataFlags {
  readonly out: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
}

/** A kind of data: the flags it takes besides `seed` and `samples`, and how its settings and data are made. */
interface Kind {
  readonly flags: readonly (keyof DataFlags)[];
  settings(flags: DataFlags): object;
  /** Name of the generator in its error messages. */
  readonly source: string;
  /** Generates data from settings and, if the kind is made from recordings, from their folder. */
  generate(settings: never, recordings: Folder): DataSplits | Promise<DataSplits>;
  /** Describes the folder of recordings, if the kind is made from one. */
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
    settings: (flags) => ({ ...common(flags), ...setting("shares", flags.shares && pairs("--shares", flags.shares)) }),
  },
  quad: {
    flags: ["noise", "features"],
    source: "quadMixture",
    generate: (settings) => {
      const { noise, ...rest } = settings as QuadOptions & { noise?: number };
      return quadMixture({ ...rest, ...setting("sigma", noise) }).splits;
    },
    settings: (flags) => ({ ...common(flags), ...setting("features", numberOrText(flags.features)) }),
  },
  plane: {
    flags: ["noise", "shares", "classes"],
    source: "plane",
    generate: (settings) => plane(settings as PlaneOptions).splits,
    settings: (flags) => ({
      ...common(flags),
      ...setting("classes", numberOrText(flags.classes)),
      ...setting("shares", flags.shares && sharesOf(pairs("--shares", flags.shares))),
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
      return digits(rest, await withEvidence(source, { seed: READER_SEED, onFold: noteReading })).splits;
    },
    settings: (flags) => ({
      ...common(flags),
      ...setting("modalities", names(flags.modalities)),
      ...setting("shares", flags.shares && sharesOf(pairs("--shares", flags.shares))),
    }),
  },
  sums: {
    flags: ["noise", "features", "target"],
    source: "sums",
    generate: (settings) => sums(settings as SumsOptions).splits,
    settings: (flags) => ({
      ...common(flags),
      ...setting("features", numberOrText(flags.features)),
      ...setting("target", flags.target),
    }),
  },
};

/** Flags that only some kinds have. */
const specificFlags = [...new Set(Object.values(kinds).flatMap(({ flags }) => flags))];

function setting(name: string, value: unknown): object {
  return value === undefined ? {} : { [name]: value };
}
/** Settings that all kinds have. */
function common({ seed, noise, samples }: DataFlags): object {
  return {
    seed: numberOrText(seed),
    ...setting("noise", numberOrText(noise)),
    ...setting("samples", allSplits(samples)),
  };
}
/** The sizes of the splits; one whole number is the total over all splits. */
function allSplits(samples: string | undefined): unknown {
  const sizes = samples === undefined ? undefined : sizesOf(samples);
  return Number.isInteger(sizes) && (sizes as number) >= 5 ? splitSizes(sizes as number) : sizes;
}
function sizesOf(samples: string): unknown {
  return samples.includes("=") ? pairs("--samples", samples) : numberOrText(samples);
}

const splitCounts = z.strictObject({ train: whole(1, "600"), validation: whole(1, "200"), test: whole(1, "200") });

/** Checks the values of single flags; the generator checks that they fit together. */
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
  modalities: z.array(z.string()).min(2, { error: "two or more names are needed, for example audio,face" }).optional(),
  synergy: z
    .enum(["all", "pairs"], {
      error: (issue) => `unknown word "${issue.input}"${hint(String(issue.input), ["all", "pairs"])}`,
    })
    .optional(),
  seed: whole(0, "0"),
});

/** Reports that the networks that read the recordings are trained, which takes seconds for each fold. */
function noteReading(modality: string, done: number, folds: number): void {
  if (done === folds) note(`${modality}: cross-fitted evidence of networks, ${folds} folds`);
}

/** Generates three splits and writes them as a data folder. */
export async function dataGenerate(recordings: string | undefined, options: GenerateFlags): Promise<Answer> {
  const flags = { ...options, ...(recordings !== undefined && { recordings }) };
  const { out, kind: name } = flags;
  const { settings, make } = generatorOf(flags);
  const splits = await withFolderLock(out, { instead: "give another --out" }, async () => {
    if (flags.force !== true && (await disk(out).list()).length > 0) {
      throw runError(
        `${out}: this folder is not empty; give another --out, or --force to replace the data set in it.`,
        {
          folder: out,
        },
      );
    }
    const made = await make();
    await replaceFolder(out, (folder) => writeDataset(folder, made));
    return made;
  });
  const modalities = Object.keys(splits.train.modalities);
  const samples = Object.fromEntries(SPLITS.map((split) => [split, splits[split].size]));
  const listed = Object.entries(samples).map(([split, n]) => `${split} ${n}`);
  return {
    text: `${out}: ${count(modalities.length, "modality")} (${listing(modalities)}), ${listed.join(", ")}\nnext: dmil train ${quoted(out)}`,
    json: { out, kind: name, options: settings, samples },
  };
}

/** Checks the flags. Returns the settings and a function that generates the data. @throws ConfigError that names the flag. */
export function generatorOf(flags: DataFlags): {
  readonly settings: object;
  readonly make: () => Promise<DataSplits>;
} {
  const { kind: name } = flags;
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind === undefined) throw configError(`--kind: unknown kind "${name}"${hint(name, Object.keys(kinds))}`);
  const stray = specificFlags.find((flag) => flags[flag] !== undefined && !kind.flags.includes(flag));
  if (stray !== undefined) {
    throw configError(
      `--${stray} does not apply to --kind ${name}, which takes: ${["samples", "seed", ...kind.flags].join(", ")}.`,
    );
  }
  const { recordings } = flags;
  if (kind.recordings === undefined && recordings !== undefined) {
    throw configError(`${recordings}: --kind ${name} uses no recordings; remove the folder, or give --kind digits.`);
  }
  if (kind.recordings !== undefined && recordings === undefined) {
    throw configError(
      `--kind ${name} is made from ${kind.recordings}; give its folder before the flags, for example dmil data generate AVDIGITS.`,
    );
  }
  const settings = kind.settings(flags);
  const issues = optionIssues(schema, settings);
  if (issues.length > 0) {
    throw configError(issues.map(({ path, message }) => `--${path[0]}: ${message}`).join("\n"), { issues });
  }
  return { settings, make: () => generated(kind, settings, disk(recordings ?? ".")) };
}

/** Generates the data; errors of the generator name the flag instead of the option. */
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

/** Shares with one `unique` for all modalities, or with one per modality from `unique_<modality>`. */
function sharesOf(shares: Readonly<Record<string, number>>): unknown {
  const unique = Object.entries(shares).filter(([name]) => name.startsWith("unique_"));
  if (unique.length === 0) return shares;
  const rest = Object.fromEntries(Object.entries(shares).filter(([name]) => !name.startsWith("unique_")));
  return { unique: Object.fromEntries(unique.map(([name, value]) => [name.slice("unique_".length), value])), ...rest };
}

/** Parses `a=1,b=2`. */
function pairs(flag: string, text: string): Record<string, number> {
  return Object.fromEntries(
    text.split(",").map((pair) => {
      const [name = "", value = ""] = pair.split("=").map((part) => part.trim());
      if (name === "" || value === "" || Number.isNaN(Number(value))) {
        throw configError(`${flag} ${text}: "${pair}" is not of the form name=number, for example redundant=0.25`);
      }
      return [name, Number(value)];
    }),
  );
}
