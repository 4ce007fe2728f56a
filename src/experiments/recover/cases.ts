/** @file The cases of the recovery suite: data with known truth. */
import { configError } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import { digits } from "../../data/synthetic/digits.ts";
import { readDigits } from "../../data/synthetic/digits-source.ts";
import type { Generated } from "../../data/synthetic/exact.ts";
import type { MixtureOptions } from "../../data/synthetic/mixture.ts";
import { exactMixture } from "../../data/synthetic/mixture-exact.ts";
import { plane } from "../../data/synthetic/plane.ts";
import { quadMixture } from "../../data/synthetic/quad.ts";
import { type PlantedKind, plantedSet } from "../../data/synthetic/several.ts";
import { READER_SEED, withEvidence } from "../../interactions/recogniser.ts";
import { DATA_SEED, DIGITS, MANY_CLASSES, QUAD, QUICK, SIZES, type Sizes, THREADS } from "./settings.ts";

/** One case. */
export interface Case {
  readonly name: string;
  /** Description in one line. */
  readonly title: string;
  readonly sizes: Sizes;
  /** Whether the report shows probes and Theorem 1 for this case. */
  readonly probed: boolean;
  /** Whether the case is part of the quick suite. */
  readonly quick: boolean;
  /** Whether the case is made from recordings in the folder of digits. */
  readonly digits?: boolean;
  /** Why even the ceiling may miss the planted atoms: noise hides part of them from any classifier, or the measure of atoms does. */
  readonly hides?: boolean;
  generate(seed: number, sizes: Sizes, digits: Folder | undefined): Generated | Promise<Generated>;
}

const SHARES = {
  balanced: { redundant: 0.25, unique: 0.25, synergistic: 0.25 },
  redundant: { redundant: 0.7, unique: 0.1, synergistic: 0.1 },
  unique: { redundant: 0.1, unique: 0.4, synergistic: 0.1 },
  synergistic: { redundant: 0.1, unique: 0.1, synergistic: 0.7 },
} as const;
type Shares = keyof typeof SHARES;

function mixtureCase(
  classes: number,
  shares: Shares,
  noise: number,
  more: Partial<Pick<Case, "sizes" | "probed" | "quick">> = {},
): Case {
  const heavy = shares === "balanced" ? "balanced" : `mostly ${shares}`;
  return {
    name: `mixture-k${classes}-${shares}-${String(noise).replace("0.", "")}`,
    title: `interaction mixture, ${classes} classes, ${heavy}, noise ${noise}`,
    sizes: SIZES,
    probed: false,
    quick: false,
    ...more,
    generate: (seed, samples) =>
      exactMixture({ classes, noise, shares: SHARES[shares], samples, seed: DATA_SEED + seed }),
  };
}

function plantedCase(kind: PlantedKind, title: string, noise = 0.3): Case {
  return {
    name: kind,
    title,
    sizes: SIZES,
    probed: false,
    quick: false,
    generate: (seed, samples) => plantedSet({ kind, noise, samples, seed: DATA_SEED + seed }),
  };
}

/** Points in a square, few and many; with few points, networks are far from the optimum. */
function planeCase(classes: number, noise: number, train: number): Case {
  const samples: Sizes = { train, validation: train / 3, test: 2000 };
  return {
    hides: true,
    name: `plane-k${classes}-${String(noise).replace("0.", "")}-${train}`,
    title: `points of a square, ${classes} classes, noise ${noise} of a band, ${train} training samples`,
    sizes: samples,
    probed: false,
    quick: false,
    generate: (seed) => plane({ classes, noise, samples, seed: DATA_SEED + seed }),
  };
}

/** Spoken and handwritten digits; the ceiling comes from a strong classifier. */
function digitsCase(name: string, title: string, arrays: readonly string[]): Case {
  return {
    name,
    title,
    sizes: DIGITS,
    probed: false,
    quick: false,
    digits: true,
    hides: true,
    async generate(seed, samples, folder) {
      if (folder === undefined) throw configError(`the case ${name} needs the folder avdigits: --digits AVDIGITS`);
      const source = await readDigits(folder, arrays);
      return digits(
        { samples, seed: DATA_SEED + seed },
        await withEvidence(source, { seed: READER_SEED, threads: THREADS }),
      );
    },
  };
}

const threeShares: MixtureOptions["shares"] = { redundant: 0.2, unique: 0.2, synergistic: 0.2 };

/** Every case, in the order of the report. */
export const CASES: readonly Case[] = [
  ...[0.3, 0.6].flatMap((noise) =>
    [2, 4].flatMap((classes) =>
      (Object.keys(SHARES) as Shares[]).map((shares) => {
        const first = classes === 2 && shares === "balanced" && noise === 0.3;
        return mixtureCase(classes, shares, noise, { probed: shares === "balanced" && noise === 0.3, quick: first });
      }),
    ),
  ),
  mixtureCase(8, "balanced", 0.3, { sizes: MANY_CLASSES }),
  {
    name: "quad",
    title: "quad mixture: noisy signals with a visible cue of the type, weights .3 .2 .2 .3, sigma .5",
    sizes: QUAD,
    probed: true,
    quick: true,
    generate: (seed, samples) => quadMixture({ seed: DATA_SEED + seed, samples }),
  },
  {
    name: "three",
    title: "interaction mixture of three modalities, 2 classes, R, U_a, U_b, U_c and pairwise S evenly, noise .3",
    sizes: SIZES,
    probed: false,
    quick: false,
    generate: (seed, samples) =>
      exactMixture({
        classes: 2,
        noise: 0.3,
        shares: threeShares,
        modalities: ["a", "b", "c"],
        synergy: "pairs",
        samples,
        seed: DATA_SEED + seed,
      }),
  },
  plantedCase("noise", "modality b is pure noise, a holds the class"),
  plantedCase("xor", "xor gate: synergy alone"),
  plantedCase("and", "and gate: samples have no one true type; atoms of the whole law are known"),
  plantedCase("copy", "copy gate: the class is the pair of two independent bits, one in each modality"),
  plantedCase("unique-feeds-synergy", "a bit that is unique to a is also needed to read a synergistic one"),
  plantedCase("two-atoms", "each sample holds two bits, each of a type of its own"),
  plantedCase("synergy-sets", "three modalities, synergy in pairs and in all three, trained to do without some"),
  ...[2, 3, 4].flatMap((classes) =>
    [0.05, 0.3].flatMap((noise) => [600, 3000].map((train) => planeCase(classes, noise, train))),
  ),
  digitsCase(
    "digits-clean",
    "real spoken and handwritten digits, what they mean is drawn; the ceiling is a strong reader's posterior",
    ["audio", "image"],
  ),
  digitsCase("digits-noisy", "the same with white noise over the speech, at -5 dB", ["audio_noisy", "image"]),
];

/** Sizes of a case in a suite. */
export function sizesOf(own: Case, quick: boolean): Sizes {
  return quick ? QUICK : own.sizes;
}
