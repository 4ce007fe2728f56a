/** @file `dmil data generate`: data whose true component is known for every sample. */
import { configError, hint, runError } from "../../core/errors.ts";
import { SPLITS } from "../../data/dataset.ts";
import { interactionMixture, type MixtureOptions } from "../../data/synthetic/mixture.ts";
import { writeDataset } from "../../data/write.ts";
import { disk, isDirectory } from "../../node/disk.ts";
import type { Answer } from "../answer.ts";
import { locating, names, numberOrText } from "../config.ts";
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

/** Generates three splits and writes them as a data folder. */
export async function dataGenerate(flags: GenerateFlags): Promise<Answer> {
  if (!kinds.includes(flags.kind)) throw configError(`--kind: unknown kind "${flags.kind}"${hint(flags.kind, kinds)}`);
  const { out } = flags;
  if ((await isDirectory(out)) && (await disk(out).list()).length > 0) {
    throw runError(`${out}: this folder is not empty; give another --out.`, { folder: out });
  }
  const modalities = names(flags.modalities)!;
  const options = {
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
  const origin = (place: readonly (string | number)[]): string => `--${place.join(".")}: `;
  const splits = await locating({ origin }, () => interactionMixture(options as MixtureOptions));
  await writeDataset(disk(out), splits);
  const samples = Object.fromEntries(SPLITS.map((split) => [split, splits[split].labels.length]));
  const listed = Object.entries(samples).map(([split, n]) => `${split} ${n}`);
  return {
    text: `${out}: ${count(modalities.length, "modality")} (${modalities.join(", ")}), ${listed.join(", ")}\nnext: dmil train ${quoted(out)}`,
    json: { out, kind: flags.kind, options, samples },
  };
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
