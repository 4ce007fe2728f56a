/** @file CLEVR (Johnson et al., CVPR 2017) and VQA v2 (Goyal et al., CVPR 2017): a picture, a question, an answer. */
import * as z from "zod";
import { dataError } from "../../core/errors.ts";
import { jsonObjects } from "../json-array.ts";
import { seedOption, shareOption, wholeOption } from "../options.ts";
import { compareByCodePoint } from "../order.ts";
import { defineRecipe, type Modality, type Recipe } from "../recipe.ts";
import { partOf, type Source } from "../source.ts";
import { withValidation } from "../splits.ts";
import { type Spoken, type WordOptions, withWords, wordOptions, wordsModality } from "../words.ts";
import { findList } from "./clips.ts";

function modalitiesOf({ size, ...words }: WordOptions & { readonly size: number }): Readonly<Record<string, Modality>> {
  return {
    image: {
      what: `picture [${size}, ${size}, 3]`,
      read: ({ files }, { image }) => image(files[0]!, { width: size, height: size, channels: 3 }),
    },
    question: wordsModality(words),
  };
}

/** A field of an object of a list. @throws DataError if it has another type. */
function field<T extends "string" | "number">(
  object: Readonly<Record<string, unknown>>,
  name: string,
  type: T,
  where: string,
): T extends "string" ? string : number {
  const value = object[name];
  if (typeof value === type) return value as T extends "string" ? string : number;
  throw dataError(`${where}: an entry has no "${name}" (${type}): ${JSON.stringify(object).slice(0, 80)}.`, { where });
}

/** All answers of CLEVR. */
const ANSWERS: readonly string[] = [
  ...Array.from({ length: 11 }, (_, n) => String(n)),
  ...["yes", "no", "cube", "sphere", "cylinder", "large", "small", "metal", "rubber"],
  ...["gray", "red", "blue", "green", "brown", "purple", "cyan", "yellow"],
].sort(compareByCodePoint);

const clevrOptions = z.strictObject({
  size: wholeOption(1, 128).describe("height and width of a picture; the aspect is not kept"),
  ...wordOptions(100, 45),
  valid: shareOption("0.05").describe(
    "share of train that becomes the validation split; questions of a picture stay together",
  ),
  seed: seedOption("seed of the validation split"),
});

export const clevr: Recipe = defineRecipe({
  name: "clevr",
  summary: "questions about rendered scenes of objects (CLEVR v1.0)",
  licence: "CC BY 4.0",
  size: "85,000 pictures, 850,000 questions with answers, 18 GB",
  get: "CLEVR_v1.0.zip from the page of the data set; unpack it.",
  layout: ["images/{train,val}/CLEVR_{train,val}_<6 digits>.png", "questions/CLEVR_{train,val}_questions.json"],
  options: clevrOptions,
  modalities: modalitiesOf,
  async list(source, { valid, seed, words, length }) {
    const samples: Spoken[] = [];
    const lists: string[] = [];
    for (const [split, part] of [
      ["train", "train"],
      ["test", "val"],
    ] as const) {
      const name = `CLEVR_${part}_questions.json`;
      const file = findList(source, [`questions/${name}`, name], "clevr", "the questions");
      const root = file.endsWith(`questions/${name}`) ? file.slice(0, -`questions/${name}`.length) : "";
      const where = `${source.label}/${file}`;
      lists.push(file);
      let row = 0;
      for await (const entry of jsonObjects(source, file, "questions")) {
        const picture = field(entry, "image_filename", "string", where);
        const answer = field(entry, "answer", "string", where);
        const target = ANSWERS.indexOf(answer);
        if (target < 0) throw dataError(`${where}: "${answer.slice(0, 40)}" is no answer of CLEVR.`, { where });
        const tried = [`${root}images/${part}/${picture}`, `${root}${part}/${picture}`];
        samples.push({
          id: `${part}-${String(row++).padStart(6, "0")}`,
          split,
          group: picture,
          target,
          parts: { image: partOf(source, tried), question: { files: [file] } },
          text: field(entry, "question", "string", where),
        });
      }
    }
    const spoken = withWords(withValidation(samples, valid, seed), "question", { words, length });
    return {
      target: { kind: "multiclass", names: ANSWERS },
      samples: spoken.samples,
      vocabularies: { question: spoken.vocabulary },
      lists,
      notes: ["The published test split has no answers, so that val is the test split here."],
      odd: [],
    };
  },
});

const vqaOptions = z.strictObject({
  size: wholeOption(1, 224).describe("height and width of a picture; the aspect is not kept"),
  ...wordOptions(10_000, 14),
  answers: wholeOption(2, 3129).describe("number of classes: the most frequent answers of the training questions"),
  valid: shareOption("0.05").describe(
    "share of train that becomes the validation split; questions of a picture stay together",
  ),
  seed: seedOption("seed of the validation split"),
});

export const vqav2: Recipe = defineRecipe({
  name: "vqav2",
  summary: "questions about photographs (VQA v2)",
  licence: "questions and answers: CC BY 4.0; pictures: terms of Flickr (COCO)",
  size: "123,287 pictures, 658,111 questions with answers, 20 GB",
  get: "Questions, annotations and the pictures train2014 and val2014 of COCO from the page of VQA; unpack them in one folder.",
  layout: [
    "v2_OpenEnded_mscoco_{train,val}2014_questions.json, v2_mscoco_{train,val}2014_annotations.json",
    "{train,val}2014/COCO_{train,val}2014_<12 digits>.jpg",
  ],
  options: vqaOptions,
  modalities: ({ size, words, length }) => modalitiesOf({ size, words, length }),
  async list(source, { answers, valid, seed, words, length }) {
    const lists: string[] = [];
    const asked: (Omit<Spoken, "target"> & { readonly answer: string })[] = [];
    for (const [split, part] of [
      ["train", "train2014"],
      ["test", "val2014"],
    ] as const)
      asked.push(...(await questionsOf(source, split, part, lists)));
    const counts = new Map<string, number>();
    for (const { split, answer } of asked) if (split === "train") counts.set(answer, (counts.get(answer) ?? 0) + 1);
    const frequent = [...counts].sort(([a, n], [b, m]) => m - n || compareByCodePoint(a, b)).slice(0, answers);
    const classes = frequent.map(([answer]) => answer).sort(compareByCodePoint);
    const numberOf = new Map(classes.map((answer, k) => [answer, k]));
    const samples = asked.flatMap(({ answer, ...sample }): Spoken[] => {
      const target = numberOf.get(answer) ?? -1;
      return target < 0 && sample.split === "train" ? [] : [{ ...sample, target }];
    });
    const spoken = withWords(withValidation(samples, valid, seed), "question", { words, length });
    const out = asked.length - samples.length;
    return {
      target: { kind: "multiclass", names: classes },
      samples: spoken.samples,
      vocabularies: { question: spoken.vocabulary },
      lists,
      notes: [
        "val2014 is the test split, because the published one has no answers; a test question whose most frequent answer is no class has no label.",
        "Classes are the most frequent answers of ten people. The accuracy of VQA counts an answer that three of them gave as right: compare with care.",
        ...(out > 0
          ? [`${out} training questions are left out, as their answer is not among the ${classes.length} classes.`]
          : []),
      ],
      odd: [],
    };
  },
});

/** Questions of one part with their most frequent answers. */
async function questionsOf(source: Source, split: "train" | "test", part: string, lists: string[]) {
  const questions = findList(source, [`v2_OpenEnded_mscoco_${part}_questions.json`], "vqav2", "the questions");
  const annotations = findList(source, [`v2_mscoco_${part}_annotations.json`], "vqav2", "the answers");
  lists.push(questions, annotations);
  const where = `${source.label}/${annotations}`;
  const answerOf = new Map<number, string>();
  for await (const entry of jsonObjects(source, annotations, "annotations")) {
    answerOf.set(field(entry, "question_id", "number", where), field(entry, "multiple_choice_answer", "string", where));
  }
  const out: (Omit<Spoken, "target"> & { readonly answer: string })[] = [];
  for await (const entry of jsonObjects(source, questions, "questions")) {
    const id = field(entry, "question_id", "number", `${source.label}/${questions}`);
    const answer = answerOf.get(id);
    if (answer === undefined)
      throw dataError(`${where}: the question ${id} has no answer; get both files of one release.`, { id });
    const image = field(entry, "image_id", "number", `${source.label}/${questions}`);
    const picture = `COCO_${part}_${String(image).padStart(12, "0")}.jpg`;
    const tried = [`${part}/${picture}`, `images/${part}/${picture}`, `images/${picture}`, picture];
    out.push({
      id: `${part}-${String(id).padStart(9, "0")}`,
      split,
      group: String(image),
      parts: { image: partOf(source, tried), question: { files: [questions] } },
      text: field(entry, "question", "string", `${source.label}/${questions}`),
      answer,
    });
  }
  return out;
}
