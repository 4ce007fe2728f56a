/** @file A set of one's own: labels from a table, from folders, from names; splits by list, column, group and seed; kinds of files and targets. */
import { expect, test } from "vitest";
import { allOf, arrayOf, type Files, loaded, npy, planOf, prepareFiles } from "./support.ts";

/** Five files of each class, of speakers s0 to s4. */
function tree(): Record<string, string | Uint8Array> {
  const files: Record<string, string | Uint8Array> = { "notes.txt": "no data" };
  for (const label of ["cat", "dog", "owl"]) {
    for (let i = 0; i < 5; i++) {
      const id = `${label}_s${i}_01`;
      files[`sound/${label}/${id}.wav`] = `sound ${id}`;
      files[`photo/${label}/${id}.JPG`] = `photo ${id}`;
    }
  }
  return files;
}

test("labels, groups and splits from a table, with tabs, other columns, and names of splits as people write them", async () => {
  const lines = ["file\tclass\tspeaker\tpart\tage"];
  for (const label of ["cat", "dog", "owl"]) {
    for (let i = 0; i < 5; i++)
      lines.push(`${label}_s${i}_01\t${label}\ts${i}\t${["train", "Train", "train", "dev", "test"][i]}\t${20 + i}`);
  }
  const files = { ...tree(), "meta/all.tsv": lines.join("\r\n"), "sound/owl/stray.wav": "not listed" };
  const options = {
    labels: "meta/all.tsv",
    id: "file",
    label: "class",
    group: "speaker",
    split: "part",
    others: "speaker",
    sound: "sound/{class}/{id}.wav",
    photo: "photo/{class}/{id}.jpg",
    size: "2",
  };
  const made = await prepareFiles("folder", files, { options });
  expect(made.prepared.samples).toEqual({ train: 9, valid: 3, test: 3 });
  expect(made.plan.notes).toEqual(["1 samples have files but no line in meta/all.tsv: stray."]);
  expect(made.plan.odd).toEqual(["sound/owl/stray.wav"]);
  const { splits } = await loaded(made);
  expect(splits.test.ids).toEqual(["cat_s4_01", "dog_s4_01", "owl_s4_01"]);
  expect(splits.test.target.names).toEqual(["cat", "dog", "owl"]);
  expect(Array.from(splits.test.target.values.data)).toEqual([0, 1, 2]);
  expect(splits.test.groups).toEqual(["s4", "s4", "s4"]);
  expect(await arrayOf(made.store, "valid/speaker.npy")).toMatchObject({ data: ["s3", "s3", "s3"] });
  await expect(planOf("folder", files, { options: { ...options, label: "clas" } })).rejects.toThrow(
    'there is no column "clas"',
  );
});

test("labels and splits from the folders: the same id below each of them is a sample of its own", async () => {
  const files: Record<string, string> = {};
  for (const split of ["train", "val", "test"]) {
    for (const label of ["no", "yes"]) {
      for (let i = 0; i < 5; i++) files[`${split}/${label}/${i}.png`] = `${split} ${label} ${i}`;
    }
  }
  const made = await prepareFiles("folder", files, {
    options: { image: "{split}/{class}/{id}.png", size: "2", grey: "true" },
  });
  expect(made.prepared.samples).toEqual({ train: 10, valid: 10, test: 10 });
  expect(made.prepared.modalities.image).toMatchObject({ shape: [2, 2, 1] });
  const { splits } = await loaded(made);
  expect(splits.validation.ids[0]).toBe("val/no/0");
  for (const { ids, target } of allOf(splits)) {
    ids.forEach((id, i) => {
      expect(target.values.data[i]).toBe(id.includes("/yes/") ? 1 : 0);
    });
  }
});

test("labels and groups by a regular expression on the name; a drawn split keeps groups whole", async () => {
  const options = {
    sound: "sound/*/{id}.wav",
    name: "^(?<label>[a-z]+)_(?<group>s\\d)_",
    classes: "owl,dog,cat",
    shares: "0.6,0.2,0.2",
  };
  const plan = await planOf("folder", tree(), { options });
  expect(plan.target.names).toEqual(["owl", "dog", "cat"]);
  expect(plan.samples.find(({ id }) => id === "owl_s0_01")).toMatchObject({ target: 0, group: "s0" });
  for (const group of ["s0", "s1", "s2", "s3", "s4"]) {
    const own = plan.samples.filter((sample) => sample.group === group);
    expect([own.length, new Set(own.map(({ split }) => split)).size]).toEqual([3, 1]);
  }
  const other = await planOf("folder", tree(), { options: { ...options, seed: "3" } });
  expect(other.samples.map(({ id }) => id)).not.toEqual(plan.samples.map(({ id }) => id));
  await expect(planOf("folder", tree(), { options: { ...options, name: "(?<label>cat)" } })).rejects.toThrow(
    'the regular expression gives no label for the id "dog_s0_01"',
  );
});

test("splits by lists; a list of the validation split may be left out; an id in two lists is an error", async () => {
  const ids = Object.keys(tree()).flatMap((file) => /sound\/.*\/(.*)\.wav$/.exec(file)?.[1] ?? []);
  const lists = { "train.txt": `\ufeff${ids.slice(0, -4).join("\r\n")}\r\n\r\n`, "test.txt": ids.slice(-3).join("\n") };
  const options = {
    sound: "sound/{class}/{id}.wav",
    "train-list": "train.txt",
    "test-list": "test.txt",
    labels: "l.csv",
  };
  const labels = ["id,label", ...ids.map((id) => `${id},${id.slice(0, 3)}`)].join("\n");
  const files: Files = { ...tree(), ...lists, "l.csv": labels };
  const plan = await planOf("folder", files, { options });
  expect(plan.samples.filter(({ split }) => split === "test").map(({ id }) => id)).toEqual(ids.slice(-3));
  expect(plan.samples.some(({ split }) => split === "valid")).toBe(true);
  expect(plan.notes[0]).toBe(`1 samples are in no split list and are left out: ${ids.at(-4)}.`);
  await expect(planOf("folder", { ...files, "test.txt": ids.join("\n") }, { options })).rejects.toThrow(
    `raw/test.txt: "${ids[0]}" is also in the list of train; a sample is in one split.`,
  );
});

test("a table of features, numbers to predict, several labels", async () => {
  const rows = Array.from({ length: 30 }, (_, i) => `p${i},${i / 8},${-i},${i % 7},${i % 2},${i % 3 === 0 ? "" : 1}`);
  const files = { "values.csv": ["id,x,y,score,a,b", ...rows].join("\n") };
  const own = { values: "values.csv", labels: "values.csv" };
  const made = await prepareFiles("folder", files, {
    options: { ...own, label: "score", target: "regression", others: "a,b" },
  });
  expect(made.prepared.modalities.values).toMatchObject({ shape: [2], present: 30 });
  const { splits } = await loaded(made);
  expect(splits.train.target).toMatchObject({ kind: "regression", names: ["score"] });
  for (const { ids, target, modalities } of allOf(splits)) {
    ids.forEach((id, i) => {
      const n = Number(id.slice(1));
      expect(target.values.data[i]).toBe(n % 7);
      expect(Array.from(modalities.values!.data.slice(2 * i, 2 * i + 2))).toEqual([n / 8, 0 - n]);
    });
  }
  const several = await planOf("folder", files, {
    options: { ...own, label: "a,b", target: "multilabel", others: "score" },
  });
  expect(several.target).toEqual({ kind: "multilabel", names: ["a", "b"] });
  expect(several.samples.find(({ id }) => id === "p0")).toMatchObject({ target: [0, Number.NaN] });
});

test("wrong options and folders: what was looked for, the first paths, the nearest name", async () => {
  const plan = (options: Record<string, string>, files: Files = tree()) => planOf("folder", files, { options });
  await expect(plan({})).rejects.toThrow("folder: no modality is given");
  await expect(plan({ lables: "labels.csv" })).rejects.toThrow("did you mean --labels?");
  await expect(plan({ sound: "sound/{id}.doc" })).rejects.toThrow(
    "folder.sound: files of the ending .doc are not read",
  );
  await expect(plan({ sound: "sounds/{class}/{id}.wav" })).rejects.toThrow(
    "raw: not found: files like sounds/{class}/{id}.wav; tried raw/sounds/*/*.wav.",
  );
  await expect(plan({ sound: "sound/{clas}/{id}.wav" })).rejects.toThrow(
    "allowed are {id}, {class}, {split}, {group} and *",
  );
  const files = { ...tree(), "labels.csv": "id,label\ncat_s9_01,cat\ndog_s9_01,dog\n" };
  await expect(plan({ sound: "sound/cat/{id}.wav", labels: "labels.csv" }, files)).rejects.toThrow(
    "raw: not found: a file of any of the 2 listed samples; tried raw/sound/cat/cat_s9_01.wav, raw/sound/cat/dog_s9_01.wav. The nearest existing name is sound/cat/cat_s0_01.wav.",
  );
  await expect(plan({ sound: "sound/{class}/{id}.wav", labels: "label.csv" }, files)).rejects.toThrow(
    "raw: not found: the table label.csv; tried raw/label.csv. The nearest existing name is labels.csv.",
  );
});

test("several pictures of a sample are taken evenly", async () => {
  const files: Record<string, string | Uint8Array> = {};
  for (let i = 0; i < 12; i++) {
    for (let f = 0; f < 6; f++) files[`${i % 2 ? "b" : "a"}/clip${i}/${f}.jpg`] = `${f}`;
    files[`${i % 2 ? "b" : "a"}/clip${i}.npy`] = npy([1], () => i);
  }
  const options = { frames: "2", size: "1", grey: "true", video: "{class}/{id}/*.jpg", point: "{class}/{id}.npy" };
  const made = await prepareFiles("folder", files, { options });
  expect(made.prepared.modalities.video).toMatchObject({ shape: [2, 1, 1, 1], present: 12 });
  const array = await arrayOf(made.store, "test/video.npy");
  const code = (frame: string): number => (7 * 31 + frame.charCodeAt(0)) % 251;
  expect(Array.from(array.data as Uint8Array).slice(0, 2)).toEqual([code("1"), code("4")]);
});
