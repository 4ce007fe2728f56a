/** @file Kinetic-Sounds: 31 classes of Kinetics-400 that are heard and seen. Lists as OGM-GE (Peng et al., CVPR 2022) or BML publish them. */
import * as z from "zod";
import { dataError } from "../../core/errors.ts";
import { isRecord } from "../../core/keys.ts";
import { readLines, readText } from "../lists.ts";
import { seedOption, shareOption } from "../options.ts";
import { defineRecipe, type Recipe, type Sample, type SplitFolder } from "../recipe.ts";
import { classNumber, type Source } from "../source.ts";
import { withValidation } from "../splits.ts";
import { clipFiles, clipModalities, clipOptions, findList } from "./clips.ts";

/** In alphabetical order, which is that of the numbers in the lists. Other papers use 32 to 34 classes. */
const CLASSES: readonly string[] = [
  ...["blowing_nose", "blowing_out_candles", "bowling", "chopping_wood", "dribbling_basketball", "laughing"],
  ...["mowing_lawn", "playing_accordion", "playing_bagpipes", "playing_bass_guitar", "playing_clarinet"],
  ...["playing_drums", "playing_guitar", "playing_harmonica", "playing_keyboard", "playing_organ", "playing_piano"],
  ...["playing_saxophone", "playing_trombone", "playing_trumpet", "playing_violin", "playing_xylophone"],
  ...["ripping_paper", "shoveling_snow", "shuffling_cards", "singing", "stomping_grapes", "tap_dancing"],
  ...["tapping_guitar", "tapping_pen", "tickling"],
];
/** Clips of the published lists. */
const PUBLISHED = { train: 14_799, test: 2597 } as const;

const options = z.strictObject({
  ...clipOptions("fbank-ks", 3),
  valid: shareOption("0.1").describe("share of train that becomes the validation split, where the list has none"),
  seed: seedOption("seed of the validation split"),
});

export const kineticSounds: Recipe = defineRecipe({
  name: "kinetic-sounds",
  summary: "31 actions that are heard and seen (Kinetic-Sounds)",
  licence: "videos of YouTube: rights of their owners; lists: without a licence",
  size: "17,396 clips of 10 s, 30 to 50 GB",
  get: "Clips of Kinetics-400, and the lists my_train.txt and my_test.txt of OGM-GE or KS_train_val.json of BML. Part of the videos is no longer public: --check says how many you have.",
  layout: [
    "<YouTube id>_<start>_<end>.mp4 in any folder, or .wav and folders of frames of these names",
    "my_train.txt, my_test.txt: lines id,seconds,class number; or KS_train_val.json",
  ],
  options,
  modalities: (given) => clipModalities(given, "video"),
  async list(source, { valid, seed }) {
    const json = source.files.find((file) => /(^|\/)KS_train_val\.json$/.test(file));
    const { entries, files } = json === undefined ? await textLists(source) : await jsonList(source, json);
    const clips = clipFiles(source);
    const samples = entries.map(({ name, split, target }): Sample => {
      const names = namesOf(name);
      return {
        id: name,
        split,
        target,
        group: name.slice(0, 11),
        parts: { audio: clips.sound(names), video: clips.frames(names) },
      };
    });
    const notes = (["train", "test"] as const).flatMap((split) => {
      const count = entries.filter((entry) => entry.split === split).length;
      return count === PUBLISHED[split]
        ? []
        : [`The list of ${split} has ${count} clips, the published one ${PUBLISHED[split]}.`];
    });
    const known = new Set(samples.flatMap(({ id }) => namesOf(id).map((name) => name.toLowerCase())));
    return {
      target: { kind: "multiclass", names: CLASSES },
      samples: samples.some(({ split }) => split === "valid") ? samples : withValidation(samples, valid, seed),
      lists: files,
      notes,
      odd: clips.odd(known),
    };
  },
});

interface Entry {
  readonly name: string;
  readonly split: SplitFolder;
  readonly target: number;
}

/** Names of a clip in the lists: with both times, with the start alone, with or without leading zeros. */
function namesOf(name: string): string[] {
  const [, id = name, start, end] = /^(.{11})_(\d+)(?:_(\d+))?$/.exec(name) ?? [];
  if (start === undefined) return [name];
  const [from, to] = [Number(start), end === undefined ? Number(start) + 10 : Number(end)];
  const six = (seconds: number): string => String(seconds).padStart(6, "0");
  return [name, `${id}_${six(from)}_${six(to)}`, `${id}_${six(from)}`, `${id}_${from}`, `${id}_${from}_${to}`, id];
}

async function textLists(source: Source): Promise<{ entries: Entry[]; files: string[] }> {
  const entries: Entry[] = [];
  const files: string[] = [];
  for (const split of ["train", "test"] as const) {
    const file = findList(source, [`my_${split}.txt`], "kinetic-sounds", "the lists of clips");
    files.push(file);
    for (const line of await readLines(source, file)) {
      const cells = line.split(",");
      const [name = "", target] = [cells[0], Number(cells.at(-1))];
      if (cells.length < 2 || name === "" || CLASSES[target] === undefined) {
        throw dataError(
          `${source.label}/${file}: "${line.slice(0, 60)}" is not of the form id,seconds,class number (0 to 30).`,
          { line },
        );
      }
      entries.push({ name, split, target });
    }
  }
  return { entries, files };
}

/** `{ database: { id: { subset, label } } }`. */
async function jsonList(source: Source, file: string): Promise<{ entries: Entry[]; files: string[] }> {
  const where = `${source.label}/${file}`;
  const value = parsedJson(await readText(source, file), where);
  const database = isRecord(value) ? value.database : undefined;
  if (!isRecord(database)) throw dataError(`${where}: there is no object "database" in it.`, { where });
  const splits: Readonly<Record<string, SplitFolder>> = { training: "train", validation: "valid", testing: "test" };
  const entries = Object.entries(database).flatMap(([name, entry]): Entry[] => {
    const { subset, label, annotations } = isRecord(entry) ? entry : {};
    const split = typeof subset === "string" ? splits[subset] : undefined;
    const word = label ?? (isRecord(annotations) ? annotations.label : undefined);
    if (split === undefined || typeof word !== "string") {
      throw dataError(`${where}: ${name} has no subset (training, validation, testing) or no label.`, { where });
    }
    return [{ name, split, target: classNumber(CLASSES, word.replaceAll(" ", "_"), `${where}: ${name}`) }];
  });
  return { entries, files: [file] };
}

function parsedJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw dataError(`${where}: not valid JSON (${(error as Error).message}).`, { where });
  }
}
