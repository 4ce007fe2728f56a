/** @file CREMA-D: emotions in voice and face. Classes and spectrogram as OGM-GE (Peng et al., CVPR 2022) has them. */
import * as z from "zod";
import { oneOf } from "../../core/options.ts";
import { readRows } from "../lists.ts";
import { seedOption, shareOption } from "../options.ts";
import { compareByCodePoint } from "../order.ts";
import { defineRecipe, type Recipe, type Sample, type SplitFolder } from "../recipe.ts";
import { missing, type Source } from "../source.ts";
import { drawnSplit, withValidation } from "../splits.ts";
import { clipFiles, clipModalities, clipOptions, findList, stemOf } from "./clips.ts";

/** Emotions in the order of OGM-GE; others sort the names. */
const CLASSES: readonly string[] = ["NEU", "HAP", "SAD", "FEA", "DIS", "ANG"];
const NAME = /^(\d{4})_([A-Z]{3})_([A-Z]{3})_([A-Z]{1,2})$/;
/** Clips of the split of OGM-GE. */
const PUBLISHED = { train: 6698, test: 744 } as const;

const options = z.strictObject({
  ...clipOptions("stft-ogm", 1),
  split: oneOf("actors", "ogm")
    .default("actors")
    .describe("actors: no actor is in two splits; ogm: train.csv and test.csv of OGM-GE, which share actors"),
  valid: shareOption("0.1").describe("ogm: share of train that becomes the validation split"),
  seed: seedOption("seed of the split"),
});

export const cremad: Recipe = defineRecipe({
  name: "cremad",
  summary: "six emotions in voice and face of 91 actors (CREMA-D)",
  licence: "Open Database License 1.0",
  size: "7,442 clips, 7.6 GB",
  get: "The repository CheyneyComputerScience/CREMA-D, cloned with git-lfs installed; its zip download has stubs only. Split of OGM-GE: data/CREMAD/train.csv and test.csv of its repository.",
  layout: [
    "AudioWAV/<actor>_<sentence>_<emotion>_<level>.wav",
    "VideoFlash/<the same>.flv, or Image-01-FPS/<the same>/*.jpg",
    "with --split ogm: train.csv and test.csv, lines <clip>,<emotion>",
  ],
  options,
  modalities: (given) => clipModalities(given, "face"),
  async list(source, { split, valid, seed }) {
    const clips = clipFiles(source);
    const notes: string[] = [];
    const listed = split === "ogm" ? await ogmLists(source, notes) : namesBelow(source, seed);
    const odd: string[] = [];
    const samples: Sample[] = [];
    for (const { name, split: folder } of listed.clips) {
      const [, actor = "", , emotion = ""] = NAME.exec(name) ?? [];
      const target = CLASSES.indexOf(emotion);
      if (target < 0) {
        odd.push(`${name} (in a list)`);
        continue;
      }
      // Some clones have one clip under a name without its last letter.
      const names = name === "1040_ITH_SAD_XX" ? [name, "1040_ITH_SAD_X"] : [name];
      const parts = { audio: clips.sound(names), face: clips.frames(names) };
      samples.push({ id: name, split: folder, group: actor, target, parts });
    }
    const known = new Set([...samples.map(({ id }) => id.toLowerCase()), "1040_ith_sad_x"]);
    return {
      target: { kind: "multiclass", names: CLASSES },
      samples: split === "ogm" ? withValidation(samples.map(withoutGroup), valid, seed).map(withActor) : samples,
      lists: listed.files,
      notes,
      odd: [...odd, ...clips.odd(known)],
    };
  },
});

interface Listed {
  readonly clips: readonly { readonly name: string; readonly split: SplitFolder }[];
  readonly files: readonly string[];
}

/** The published split shares actors, so that its validation split is drawn by class and not by actor. */
function withoutGroup({ group: _, ...sample }: Sample): Sample {
  return sample;
}
function withActor(sample: Sample): Sample {
  return { ...sample, group: sample.id.slice(0, 4) };
}

async function ogmLists(source: Source, notes: string[]): Promise<Listed> {
  const clips: { name: string; split: SplitFolder }[] = [];
  const files: string[] = [];
  for (const split of ["train", "test"] as const) {
    const file = findList(source, [`${split}.csv`, `CREMAD/${split}.csv`], "cremad", "the lists of OGM-GE");
    files.push(file);
    const names = (await readRows(source, file)).map(([name = ""]) => name).filter((name) => NAME.test(name));
    if (names.length !== PUBLISHED[split])
      notes.push(`${file} lists ${names.length} clips, OGM-GE's has ${PUBLISHED[split]}.`);
    clips.push(...names.map((name) => ({ name, split })));
  }
  return { clips, files };
}

/** The clips that are there in any form, split by actor. @throws DataError if there is none. */
function namesBelow(source: Source, seed: number): Listed {
  const stems = source.files.flatMap((file) => [stemOf(file), file.split("/").at(-2) ?? ""]);
  const names = [...new Set(stems)].filter((name) => NAME.test(name)).sort(compareByCodePoint);
  if (names.length === 0) {
    const tried = ["AudioWAV/1001_DFA_ANG_XX.wav", "VideoFlash/1001_DFA_ANG_XX.flv"];
    throw missing(source, tried, { recipe: "cremad", what: "clips of CREMA-D" });
  }
  const actors = drawnSplit(
    names.map((id) => ({ id, group: id.slice(0, 4), target: 0 })),
    [0.7, 0.15, 0.15],
    seed,
  );
  return { clips: names.map((name) => ({ name, split: actors.get(name)! })), files: [] };
}
