/** @file VGGSound: 309 classes of sounds whose sources are seen (Chen et al., ICASSP 2020). */
import * as z from "zod";
import { dataError } from "../../core/errors.ts";
import { readRows } from "../lists.ts";
import { seedOption, shareOption } from "../options.ts";
import { compareByCodePoint } from "../order.ts";
import { defineRecipe, type Recipe, type Sample } from "../recipe.ts";
import { withValidation } from "../splits.ts";
import { clipFiles, clipModalities, clipOptions, findList } from "./clips.ts";

const CLASSES = 309;

const options = z.strictObject({
  ...clipOptions("stft-pmr", 1),
  valid: shareOption("0.05").describe("share of train that becomes the validation split"),
  seed: seedOption("seed of the validation split"),
});

export const vggsound: Recipe = defineRecipe({
  name: "vggsound",
  summary: "309 sounds whose sources are seen (VGGSound)",
  licence: "lists: CC BY 4.0; videos of YouTube: rights of their owners",
  size: "about 200,000 clips of 10 s, 300 GB",
  get: "vggsound.csv of the project's page and the clips of YouTube that it names; part of them is no longer public.",
  layout: [
    "<YouTube id>_<start>.mp4 in any folder, or .wav and folders of frames of these names",
    "vggsound.csv: id,start,label,train or test",
  ],
  options,
  modalities: (given) => clipModalities(given, "video"),
  async list(source, { valid, seed }) {
    const file = findList(source, ["vggsound.csv"], "vggsound", "the list of clips");
    const rows = (await readRows(source, file)).filter(([, start = ""]) => /^\d+$/.test(start));
    const clips = clipFiles(source);
    // Class numbers come from the names of the whole list, never from the clips that are there.
    const classes = [...new Set(rows.map(([, , label = ""]) => label))].sort(compareByCodePoint);
    const numberOf = new Map(classes.map((name, k) => [name, k]));
    const known = new Set<string>();
    const samples = rows.map(([id = "", start = "", label = "", split = ""]): Sample => {
      if (split !== "train" && split !== "test") {
        throw dataError(
          `${source.label}/${file}: the clip ${id} is in the split "${split.slice(0, 20)}"; allowed are train and test.`,
          { id },
        );
      }
      const names = [`${id}_${start.padStart(6, "0")}`, `${id}_${Number(start)}`, id];
      for (const name of names) known.add(name.toLowerCase());
      const parts = { audio: clips.sound(names), video: clips.frames(names) };
      return { id: names[0]!, split, group: id, target: numberOf.get(label)!, parts };
    });
    return {
      target: { kind: "multiclass", names: classes },
      samples: withValidation(samples, valid, seed),
      lists: [file],
      notes:
        classes.length === CLASSES ? [] : [`${file} has ${classes.length} classes, the published list ${CLASSES}.`],
      odd: clips.odd(known),
    };
  },
});
