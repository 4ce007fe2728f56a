/** @file UPMC Food-101: pictures of dishes and the titles of their recipes (Wang et al., 2015); not the Food-101 of ETH, which has no text. */
import * as z from "zod";
import { readRows } from "../lists.ts";
import { seedOption, shareOption, wholeOption } from "../options.ts";
import { compareByCodePoint } from "../order.ts";
import { defineRecipe, type Recipe } from "../recipe.ts";
import { classNumber, partOf } from "../source.ts";
import { withValidation } from "../splits.ts";
import { type Spoken, withWords, wordOptions, wordsModality } from "../words.ts";
import { findList } from "./clips.ts";

const options = z.strictObject({
  size: wholeOption(1, 224).describe("height and width of a picture; the aspect is not kept"),
  ...wordOptions(10_000, 40),
  valid: shareOption("0.07").describe("share of train that becomes the validation split"),
  seed: seedOption("seed of the validation split"),
});

export const food101: Recipe = defineRecipe({
  name: "food101",
  summary: "101 dishes as picture and title (UPMC Food-101)",
  licence: "for research; pictures and texts are of web pages",
  size: "90,704 pictures with texts, 5 GB",
  get: "UPMC Food-101 from the page of its authors or from Kaggle (gianmarco96/upmcfood101).",
  layout: ["images/{train,test}/<class>/<class>_<n>.jpg", "texts/{train,test}_titles.csv: picture,title,class"],
  options,
  modalities: ({ size, words, length }) => ({
    image: {
      what: `picture [${size}, ${size}, 3]`,
      read: ({ files }, { image }) => image(files[0]!, { width: size, height: size, channels: 3 }),
    },
    text: wordsModality({ words, length }),
  }),
  async list(source, { words, length, valid, seed }) {
    const samples: Spoken[] = [];
    const lists: string[] = [];
    let classes: string[] = [];
    for (const split of ["train", "test"] as const) {
      const file = findList(source, [`texts/${split}_titles.csv`, `${split}_titles.csv`], "food101", "the titles");
      lists.push(file);
      const rows = (await readRows(source, file)).filter(([picture = ""]) => /\.jpe?g$/i.test(picture));
      if (split === "train") classes = [...new Set(rows.map(([, , label = ""]) => label))].sort(compareByCodePoint);
      for (const [picture = "", text = "", label = ""] of rows) {
        const name = picture.slice(picture.lastIndexOf("/") + 1);
        const tried = [`images/${split}/${label}/${name}`, `${split}/${label}/${name}`, `images/${picture}`, picture];
        samples.push({
          id: `${split}/${name}`,
          split,
          target: classNumber(classes, label, `${source.label}/${file}: ${name}`),
          parts: { image: partOf(source, tried), text: { files: [file] } },
          text,
        });
      }
    }
    const drawn = withValidation(samples, valid, seed);
    const spoken = withWords(drawn, "text", { words, length });
    const used = new Set(samples.flatMap(({ parts }) => parts.image!.files));
    return {
      target: { kind: "multiclass", names: classes },
      samples: spoken.samples,
      vocabularies: { text: spoken.vocabulary },
      lists,
      notes: [
        ...(classes.length === 101
          ? []
          : [`The titles of train have ${classes.length} classes, the published ones 101.`]),
        "Titles often name the dish, so that text alone reaches 86 %.",
      ],
      odd: source.files.filter((file) => /\.jpe?g$/i.test(file) && !used.has(file)),
    };
  },
});
