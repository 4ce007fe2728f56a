/** @file Data sets with texts from fake trees: ids of words, answers, titles, JSON lists that are read in parts. */
import { expect, test } from "vitest";
import { jsonObjects } from "../../src/prepare/json-array.ts";
import { wordsOf } from "../../src/prepare/words.ts";
import { arrayOf, memorySource, planOf, prepareFiles, targetsOf } from "./support.ts";

const question = (n: number, part: string, text: string, answer: string) => ({
  image_filename: `CLEVR_${part}_${String(n).padStart(6, "0")}.png`,
  question: text,
  answer,
  program: [{ inputs: [], function: "scene]}" }],
});

test("clevr: answers by number, words by frequency in train, questions of a picture together", async () => {
  const train = Array.from({ length: 20 }, (_, i) =>
    question(i >> 1, "train", i % 2 ? "Is it red?" : "How many cubes?", i % 2 ? "yes" : "3"),
  );
  const files: Record<string, string> = {
    "CLEVR_v1.0/questions/CLEVR_train_questions.json": JSON.stringify({ info: { questions: [1] }, questions: train }),
    "CLEVR_v1.0/questions/CLEVR_val_questions.json": JSON.stringify({
      questions: [question(0, "val", "Is it new?", "no")],
    }),
  };
  for (let i = 0; i < 10; i++)
    files[`CLEVR_v1.0/images/train/CLEVR_train_${String(i).padStart(6, "0")}.png`] = `picture ${i}`;
  const made = await prepareFiles("clevr", files, { options: { size: "2", length: "4", valid: "0.2" } });
  const targets = targetsOf(made.plan);
  const names = made.plan.target.names;
  expect(names).toHaveLength(28);
  expect(names[targets["train-000000"] as number]).toBe("3");
  expect(names[targets["val-000000"] as number]).toBe("no");
  expect(made.plan.vocabularies?.question?.slice(0, 2)).toEqual(["<pad>", "<unk>"]);
  const ids = await arrayOf(made.store, "test/question.npy");
  const words = Array.from(ids.data as Int32Array, (id) => made.plan.vocabularies!.question![id]);
  expect(words).toEqual(["is", "it", "<unk>", "<pad>"]);
  expect(await arrayOf(made.store, "test/image_present.npy")).toMatchObject({ data: Uint8Array.of(0) });
  const groups = (split: string) =>
    made.plan.samples.flatMap((sample) => (sample.split === split ? [sample.group] : []));
  expect(groups("valid")).toHaveLength(4);
  expect(groups("train").filter((group) => groups("valid").includes(group))).toEqual([]);
});

test("vqav2: the most frequent answers of train are the classes; others are left out of train and unknown in test", async () => {
  const answers = ["yes", "yes", "no", "no", "maybe", "yes", "no", "yes"];
  const files: Record<string, string> = {};
  for (const [part, list] of [
    ["train2014", answers],
    ["val2014", ["no", "perhaps"]],
  ] as const) {
    const questions = list.map((_, i) => ({ question_id: i, image_id: i, question: `What is "this" {${i}}?` }));
    const annotations = list.map((answer, i) => ({
      question_id: i,
      multiple_choice_answer: answer,
      answers: [{ answer }],
    }));
    files[`v2_OpenEnded_mscoco_${part}_questions.json`] = JSON.stringify({ questions });
    files[`v2_mscoco_${part}_annotations.json`] = JSON.stringify({ annotations });
    list.forEach((_, i) => {
      files[`${part}/COCO_${part}_${String(i).padStart(12, "0")}.jpg`] = `photo ${i}`;
    });
  }
  const plan = await planOf("vqav2", files, { options: { answers: "2", valid: "0.3" } });
  expect(plan.target.names).toEqual(["no", "yes"]);
  expect(plan.samples.filter(({ split }) => split === "test").map(({ target }) => target)).toEqual([0, -1]);
  expect(plan.samples.filter(({ split }) => split !== "test")).toHaveLength(7);
  expect(plan.notes.at(-1)).toBe("1 training questions are left out, as their answer is not among the 2 classes.");
});

test("food101: titles with quotation marks, with and without a header, and a picture that is missing", async () => {
  const files: Record<string, string> = { "texts/test_titles.csv": 'pho_9.jpg,"Pho, quick",pho\n' };
  const lines = ["image_path,text,label"];
  for (const label of ["pho", "apple_pie"]) {
    for (let i = 0; i < 5; i++) {
      lines.push(`${label}_${i}.jpg,"${label} ""best"" recipe",${label}`);
      files[`images/train/${label}/${label}_${i}.jpg`] = `photo ${label} ${i}`;
    }
  }
  files["texts/train_titles.csv"] = `\ufeff${lines.join("\r\n")}`;
  files["images/train/pho/pho_77.jpg"] = "not listed";
  const made = await prepareFiles("food101", files, { options: { size: "2", length: "6", valid: "0.3" } });
  expect(made.plan.target.names).toEqual(["apple_pie", "pho"]);
  expect(targetsOf(made.plan)["train/pho_0.jpg"]).toBe(1);
  expect(made.prepared.modalities.image).toMatchObject({ present: 10 });
  expect(made.prepared.modalities.text).toMatchObject({ present: 11, shape: [6], dtype: "int32" });
  expect(made.plan.odd).toEqual(["images/train/pho/pho_77.jpg"]);
});

test("mustard: the show FRIENDS is the test split, labels are true or false", async () => {
  const entry = (i: number, show: string) => ({
    utterance: `It's number ${i}!`,
    speaker: `S${i % 2}`,
    show,
    sarcasm: i % 2 === 0,
    context: [],
  });
  const data = Object.fromEntries(
    Array.from({ length: 14 }, (_, i) => [`1_${i}`, entry(i, i < 4 ? "FRIENDS" : "BBT")]),
  );
  const files: Record<string, string> = {
    "data/sarcasm_data.json": JSON.stringify(data),
    "context_final/1_3_c.mp4": "no utterance",
  };
  for (const id of Object.keys(data)) if (id !== "1_3") files[`utterances_final/${id}.mp4`] = `video ${id}`;
  const plan = await planOf("mustard", files, { options: { valid: "0.3" } });
  expect(plan.samples.filter(({ split }) => split === "test").map(({ id, target }) => [id, target])).toEqual([
    ["1_0", 1],
    ["1_1", 0],
    ["1_2", 1],
    ["1_3", 0],
  ]);
  expect(plan.samples.find(({ id }) => id === "1_3")?.parts.video?.files).toEqual([]);
  expect(plan.notes).toEqual([
    "data/sarcasm_data.json has 14 utterances, 7 of them sarcastic; the published file 690 and 345.",
  ]);
  expect(wordsOf("It\u2019s number 3, \ufb01rst-CLASS caf\u00e9!")).toEqual([
    "its",
    "number",
    "3",
    "first",
    "class",
    "caf\u00e9",
  ]);
});

test("a list of JSON is read in parts: texts with brackets and escapes, a list outside of any object", async () => {
  const items = [{ a: 'x"]}{\\' }, { a: "é\u{1f600}", b: [{ c: [1, { d: 2 }] }] }, { a: "" }];
  const text = JSON.stringify({ first: [{ no: 1 }], rows: items, after: 1 });
  const whole = memorySource({ "a.json": text, "b.json": JSON.stringify(items), "c.json": text.slice(0, -30) });
  const all = async (path: string, key?: string, parts = whole) => {
    const out = [];
    for await (const item of jsonObjects(parts, path, key)) out.push(item);
    return out;
  };
  expect(await all("a.json", "rows")).toEqual(items);
  expect(await all("b.json")).toEqual(items);
  await expect(all("a.json", "other")).rejects.toThrow('raw/a.json: there is not a list "other" in it.');
  await expect(all("c.json", "rows")).rejects.toThrow(
    "raw/c.json: the file ends within its list; copy or download it again.",
  );
});
