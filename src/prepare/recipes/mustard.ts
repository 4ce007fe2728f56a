/** @file MUStARD: sarcasm in utterances of television shows, as text, voice and picture (Castro et al., ACL 2019). */
import * as z from "zod";
import { dataError } from "../../core/errors.ts";
import { isRecord } from "../../core/keys.ts";
import { oneOf } from "../../core/options.ts";
import { readText } from "../lists.ts";
import { seedOption, shareOption } from "../options.ts";
import { compareByCodePoint } from "../order.ts";
import { defineRecipe, type Recipe, type SplitFolder } from "../recipe.ts";
import { drawnSplit, withValidation } from "../splits.ts";
import { type Spoken, withWords, wordOptions, wordsModality } from "../words.ts";
import { clipFiles, clipModalities, clipOptions, findList } from "./clips.ts";

/** Utterances of the published file, and of those the sarcastic ones. */
const PUBLISHED = [690, 345] as const;

const options = z.strictObject({
  ...clipOptions("fbank-ks", 3),
  ...wordOptions(2000, 30),
  split: oneOf("speaker", "random")
    .default("speaker")
    .describe("speaker: the show FRIENDS is the test split, as in the authors' code; random: 70 : 15 : 15 by class"),
  valid: shareOption("0.15").describe("by speaker: share of train that becomes the validation split"),
  seed: seedOption("seed of what is drawn"),
});

export const mustard: Recipe = defineRecipe({
  name: "mustard",
  summary: "sarcasm in television shows: text, voice, picture (MUStARD)",
  licence: "MIT (texts and labels); videos: rights of their owners",
  size: "690 utterances, 1.2 GB",
  get: "data/sarcasm_data.json of the repository soujanyaporia/MUStARD, and the videos that its README links to.",
  layout: ["sarcasm_data.json", "utterances_final/<id>.mp4"],
  options,
  modalities: (given) => ({ text: wordsModality(given), ...clipModalities(given, "video") }),
  async list(source, { split, valid, seed, words, length }) {
    const file = findList(source, ["sarcasm_data.json"], "mustard", "the texts and labels");
    const where = `${source.label}/${file}`;
    const clips = clipFiles(source, (path) => !/context/i.test(path));
    const samples = utterances(await readText(source, file), where).map(
      ({ id, utterance, speaker, show, target }): Spoken => {
        const folder: SplitFolder = show === "FRIENDS" ? "test" : "train";
        const parts = { text: { files: [file] }, audio: clips.sound([id]), video: clips.frames([id]) };
        return { id, split: folder, group: `${show}: ${speaker}`, target, parts, text: utterance };
      },
    );
    const whole = samples.map(({ group: _, ...sample }): Spoken => sample);
    const drawn = drawnSplit(whole, [0.7, 0.15, 0.15], seed);
    const bySpeaker = withValidation(whole, valid, seed);
    const splits = new Map(split === "random" ? drawn : bySpeaker.map((sample) => [sample.id, sample.split]));
    const spoken = withWords(
      samples.map((sample) => ({ ...sample, split: splits.get(sample.id)! })),
      "text",
      { words, length },
    );
    const counts = [samples.length, samples.filter(({ target }) => target === 1).length];
    return {
      target: { kind: "multiclass", names: ["sincere", "sarcastic"] },
      samples: spoken.samples,
      vocabularies: { text: spoken.vocabulary },
      lists: [file],
      notes:
        counts.join() === PUBLISHED.join()
          ? []
          : [
              `${file} has ${counts[0]} utterances, ${counts[1]} of them sarcastic; the published file ${PUBLISHED.join(" and ")}.`,
            ],
      odd: clips.odd(new Set(samples.map(({ id }) => id.toLowerCase()))),
    };
  },
});

interface Utterance {
  readonly id: string;
  readonly utterance: string;
  readonly speaker: string;
  readonly show: string;
  readonly target: number;
}

function utterances(text: string, where: string): Utterance[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw dataError(`${where}: not valid JSON (${(error as Error).message}).`, { where });
  }
  if (!isRecord(value)) throw dataError(`${where}: an object with an utterance under each id is needed.`, { where });
  const found = Object.entries(value).map(([id, entry]): Utterance => {
    const { utterance, speaker, show, sarcasm } = isRecord(entry) ? entry : {};
    if (
      typeof utterance !== "string" ||
      typeof speaker !== "string" ||
      typeof show !== "string" ||
      typeof sarcasm !== "boolean"
    ) {
      throw dataError(`${where}: ${id} has no text, speaker, show, or sarcasm (true or false).`, { where, id });
    }
    return { id, utterance, speaker, show, target: Number(sarcasm) };
  });
  return found.sort((a, b) => compareByCodePoint(a.id, b.id));
}
