/** @file `dmil data generate`: data whose true component is known for every sample. */
import { z } from "zod";
import { configError, DmilError, hint, runError } from "../../core/errors.ts";
import { optionIssues } from "../../core/options.ts";
import { type DataSplits, SPLITS } from "../../data/dataset.ts";
import { interactionMixture, type MixtureOptions } from "../../data/synthetic/mixture.ts";
import { writeDataset } from "../../data/write.ts";
import { disk, isDirectory } from "../../node/disk.ts";
import { notNegative, whole } from "../../optim/settings.ts";
import type { Answer } from "../answer.ts";
import { names, numberOrText } from "../config.ts";
import { count, quoted } from "../text.ts";

export interface GenerateFlags {
  readonly kind: string;
  readonly out: string;
  readonly classes: string;
  readonly noise: string;
  readonly samples: string;
  readonly shares?: string;
  readonly features: string;
  readonly modalities: string;
  readonly synergy: string;
  readonly stratified?: boolean;
  readonly seed: string;
}

const kinds = ["interaction-mixture"];
const splitCounts = z.strictObject({ train: whole(1, "600"), validation: whole(1, "200"), test: whole(1, "200") });

/** The flags as numbers, checked in the words of the command line; how they fit together is checked by the mixture. */
const schema = z.object({
  kind: z.enum(kinds, { error: (issue) => `unknown kind "${issue.input}"${hint(String(issue.input), kinds)}` }),
  classes: whole(2, "4"),
  noise: notNegative("0.3"),
  samples: z.union([whole(5, "4000"), splitCounts], {
    error: (issue) =>
      `${JSON.stringify(issue.input)} given; allowed is a whole number from 5, or train=600,validation=200,test=200`,
  }),
  shares: z.unknown(),
  features: whole(1, "20"),
  modalities: z.array(z.string()).min(2, { error: "two or more names are needed, as in audio,face" }),
  synergy: z.enum(["all", "pairs"], {
    error: (issue) => `unknown word "${issue.input}"${hint(String(issue.input), ["all", "pairs"])}`,
  }),
  stratified: z.boolean(),
  seed: whole(0, "0"),
});

/** Generates three splits and writes them as a data folder. */
export async function dataGenerate(flags: GenerateFlags): Promise<Answer> {
  const { out } = flags;
  const modalities = names(flags.modalities)!;
  const given = {
    kind: flags.kind,
    classes: numberOrText(flags.classes),
    noise: numberOrText(flags.noise),
    samples: flags.samples.includes("=") ? pairs("--samples", flags.samples) : numberOrText(flags.samples),
    shares: flags.shares === undefined ? evenShares(modalities) : sharesOf(pairs("--shares", flags.shares)),
    features: numberOrText(flags.features),
    modalities,
    synergy: flags.synergy,
    stratified: flags.stratified === true,
    seed: numberOrText(flags.seed),
  };
  const issues = optionIssues(schema, given);
  if (issues.length > 0) {
    throw configError(issues.map(({ path, message }) => `--${path[0]}: ${message}`).join("\n"), { issues });
  }
  if ((await isDirectory(out)) && (await disk(out).list()).length > 0) {
    throw runError(`${out}: this folder is not empty; give another --out.`, { folder: out });
  }
  const { kind, ...options } = given;
  const splits = generated(options as MixtureOptions);
  await writeDataset(disk(out), splits);
  const samples = Object.fromEntries(SPLITS.map((split) => [split, splits[split].labels.length]));
  const listed = Object.entries(samples).map(([split, n]) => `${split} ${n}`);
  return {
    text: `${out}: ${count(modalities.length, "modality")} (${modalities.join(", ")}), ${listed.join(", ")}\nnext: dmil train ${quoted(out)}`,
    json: { out, kind, options, samples },
  };
}

/** The mixture; what it finds wrong is told under the flag's name. */
function generated(options: MixtureOptions): DataSplits {
  try {
    return interactionMixture(options);
  } catch (error) {
    if (!(error instanceof DmilError) || error.code !== "ConfigError") throw error;
    throw configError(error.message.replaceAll("interactionMixture.", "--"), error.fields);
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
