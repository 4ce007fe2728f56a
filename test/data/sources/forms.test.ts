/** @file The forms of data as people have them: without a split, split by file, with other files beside, with columns of all kinds. */

import { describe, expect, it } from "vitest";
import { type Folder, memoryFolder } from "../../../src/core/folder.ts";
import { float32, type Tensor, tensor } from "../../../src/core/tensor.ts";
import { SPLITS } from "../../../src/data/dataset.ts";
import { readDataset, readTraining } from "../../../src/data/load.ts";
import type { ReadOptions } from "../../../src/data/reading.ts";
import { labelsOf } from "../../../src/data/target.ts";
import { writeNpz } from "../../support/npz.ts";
import { decode, reference, rejected } from "../fixtures/reference.ts";
import { arrayFolder, smallArrays, smallSplits, textFolder } from "../fixtures/small.ts";

const N = 40;
const split = { seed: 0, shares: [0.7, 0.15, 0.15] };
/** A table of N rows; `cells` are its columns. */
const table = (cells: Readonly<Record<string, (row: number) => unknown>>, separator = ","): string =>
  [
    Object.keys(cells).join(separator),
    ...Array.from({ length: N }, (_, row) =>
      Object.values(cells)
        .map((of) => of(row))
        .join(separator),
    ),
  ].join("\n");
const wave = (phase: number) => (row: number) => Math.sin(phase + row * row).toFixed(4);
const plain = { a_0: wave(1), a_1: wave(2), b: wave(3), label: (row: number) => (row % 2 === 0 ? "no" : "yes") };
const read = async (files: Record<string, string>, options?: ReadOptions) =>
  readDataset(await textFolder(files), options);
const refusal = async (files: Record<string, string>, options?: ReadOptions): Promise<string> =>
  (await rejected(read(files, options))).message;
const taken = async (files: Record<string, string>, options: ReadOptions = { split }) =>
  (await read(files, options)).report.taken;

describe("data without a split", () => {
  const whole = (): Record<string, Tensor> => ({
    sound: float32(
      [N, 2],
      Float32Array.from({ length: 2 * N }, (_, i) => Math.sin(i)),
    ),
    face: float32(
      [N, 3],
      Float32Array.from({ length: 3 * N }, (_, i) => Math.cos(i)),
    ),
    labels: tensor(
      "int32",
      [N],
      Int32Array.from({ length: N }, (_, i) => i % 2),
    ),
  });
  const folders: [string, () => Promise<Folder>][] = [
    ["a table", () => textFolder({ "wine.csv": table(plain) })],
    [
      "an archive",
      async () => {
        const folder = memoryFolder("data");
        await folder.write("all.npz", writeNpz(whole()));
        return folder;
      },
    ],
    [
      "a folder of arrays",
      async () => {
        const all = await arrayFolder(Object.fromEntries(Object.keys(smallArrays()).map((key) => [key, null])));
        const { writeNpy } = await import("../../../src/data/formats/npy.ts");
        for (const [name, array] of Object.entries(whole())) await all.write(`${name}.npy`, writeNpy(array));
        return all;
      },
    ],
  ];
  it.each(folders)("%s is refused with the flag that splits it, and split by it", async (_, folder) => {
    expect((await rejected(readDataset(await folder()))).message).toMatch(/nothing assigns samples.*--split-seed 0/);
    const { splits, report } = await readDataset(await folder(), { split });
    expect(SPLITS.map((name) => splits[name].size)).toEqual([28, 6, 6]);
    // By class: each is half of every split.
    for (const name of SPLITS)
      expect(labelsOf(splits[name]).filter((label) => label === 0)).toHaveLength(splits[name].size / 2);
    expect(new Set(SPLITS.flatMap((name) => splits[name].ids)).size).toBe(N);
    expect(report.taken.split).toBe("by class, shares 0.7, 0.15, 0.15, seed 0");
    expect((await readDataset(await folder(), { split })).splits).toEqual(splits);
    expect((await readTraining(await folder(), { split })).validation).toEqual(splits.validation);
    expect((await readDataset(await folder(), { split: { ...split, seed: 1 } })).splits.test.ids).not.toEqual(
      splits.test.ids,
    );
  });
  it("dataset.json may say the split; other shares", async () => {
    const files = { "data.csv": table(plain), "dataset.json": '{"split": {"seed": 3, "shares": [0.5, 0.25, 0.25]}}' };
    const { splits } = await read(files);
    expect(SPLITS.map((name) => splits[name].size)).toEqual([20, 10, 10]);
    expect(await refusal({ ...files, "dataset.json": '{"split": {"shares": [0.5, 0.2]}}' })).toMatch(
      /split\.shares: \[0\.5, 0\.2\] given; needed are three shares/,
    );
  });
  it("groups are kept whole", async () => {
    const text = table({ ...plain, group: (row) => `p${row % 8}` });
    const { splits, report } = await read({ "data.csv": text }, { split });
    const groups = SPLITS.map((name) => new Set(splits[name].groups));
    expect([...groups[0]!].some((group) => groups[1]!.has(group) || groups[2]!.has(group))).toBe(false);
    expect(report.taken).toMatchObject({ split: expect.stringContaining("whole groups"), groups: "group" });
    const named = await read({ "data.csv": text.replace("group", "who") }, { split, group: "who" });
    expect(named.splits).toEqual(splits);
  });
  it("that has a split is not split anew, but where that may be left alone", async () => {
    const files = {
      "data.csv": table({ ...plain, split: (row) => ["train", "train", "val", "dev", "test"][row % 5] }),
    };
    expect(await refusal(files, { split })).toMatch(/split of its own \(the column split\).*leave --split-seed/);
    expect((await read(files, { split, keepSplit: true })).splits).toEqual((await read(files)).splits);
  });
  it("a row without a label cannot be split", async () => {
    const text = table({ ...plain, label: (row) => (row === 7 ? "" : row % 2) });
    expect(await refusal({ "data.csv": text }, { split })).toMatch(/row 7 .*has no label.*"split"/);
  });
});

describe("splits by other names", () => {
  const renamed = async (to: string): Promise<Folder> => {
    const changes = Object.fromEntries(
      Object.entries(smallArrays()).flatMap(([key, array]) =>
        key.startsWith("valid/") ? [[key, null] as const, [key.replace("valid", to), array] as const] : [],
      ),
    );
    return arrayFolder(changes);
  };
  it.each(["val", "dev", "validation", "Val"])("%s/", async (name) => {
    const { splits, report } = await readDataset(await renamed(name));
    expect(splits).toEqual(smallSplits());
    expect(report.taken.split).toBe(`the folders train/, ${name}/, test/`);
  });
  it("another name is refused with those that are known and those found", async () => {
    expect((await rejected(readDataset(await renamed("held")))).message).toMatch(
      /no folder valid\/;.*valid \(or validation, val, dev\); found: held\/, test\/, train\//,
    );
  });
  it("one archive for each split", async () => {
    const folder = memoryFolder("data");
    for (const [file, dir] of [
      ["train", "train"],
      ["val", "valid"],
      ["test", "test"],
    ] as const) {
      const own = Object.entries(smallArrays()).filter(([key]) => key.startsWith(`${dir}/`));
      await folder.write(
        `${file}.npz`,
        writeNpz(Object.fromEntries(own.map(([key, array]) => [key.slice(dir.length + 1), array]))),
      );
    }
    const { splits, report } = await readDataset(folder);
    expect(splits).toEqual(smallSplits());
    expect(report.taken.split).toBe("the files train.npz, val.npz, test.npz");
    await folder.remove("val.npz");
    expect((await rejected(readDataset(folder))).message).toMatch(/valid\.npz is missing.*validation, val, dev/);
  });
  it("tables of tabs", async () => {
    const part = (from: number, to: number): string => {
      const [head, ...rows] = table(plain, "\t").split("\n");
      return [head, ...rows.slice(from, to)].join("\n");
    };
    const report = await taken({ "train.tsv": part(0, 20), "dev.tsv": part(20, 30), "test.tsv": part(30, 40) }, {});
    expect(report).toMatchObject({ split: "the files train.tsv, dev.tsv, test.tsv", form: "separated by tabs" });
  });
});

describe("other files", () => {
  it("that systems leave are passed over", async () => {
    const junk = {
      "train/._sound.npy": "x",
      "._train": "x",
      ".DS_Store": "x",
      "train/.DS_Store": "x",
      "test/Thumbs.db": "x",
    };
    const { splits, report } = await readDataset(await arrayFolder({ ...junk, "._data.csv": "x" }));
    expect(splits).toEqual(smallSplits());
    expect(report.taken.leftOut).toEqual([]);
  });
  it("texts beside the modalities are ids, or left out; no array is named", async () => {
    const ids = Object.fromEntries(
      [
        ["train", 6],
        ["valid", 3],
        ["test", 4],
      ].map(([dir, n]) => [
        `${dir}/ids.json`,
        JSON.stringify(Array.from({ length: Number(n) }, (_, i) => `${dir}${i}`)),
      ]),
    );
    const { splits, report } = await readDataset(await arrayFolder({ ...ids, "train/notes.md": "x" }));
    expect(splits.validation.ids).toEqual(["valid0", "valid1", "valid2"]);
    expect(report.taken).toMatchObject({ ids: "ids.json", leftOut: [{ name: "notes.md", reason: "no array" }] });
    const words = reference.npy.find(({ name }) => name === "text")!.bytes;
    const dates = { "train/date.npy": decode(words), "valid/date.npy": decode(words), "test/date.npy": decode(words) };
    const left = await readDataset(await arrayFolder(dates));
    expect(left.splits).toEqual(smallSplits());
    expect(left.report.taken.leftOut).toEqual([{ name: "date", reason: "texts" }]);
  });
  it("called ids that are none are left out with the reason", async () => {
    const names = {
      "train/names.txt": "a\na\nb\nc\nd\ne",
      "valid/names.txt": "a\nb\nc",
      "test/names.txt": "a\nb\nc\nd",
    };
    const { splits, report } = await readDataset(await arrayFolder(names));
    expect(splits.train.ids).toEqual(["0", "1", "2", "3", "4", "5"]);
    expect(report.taken.leftOut).toEqual([
      { name: "names.txt", reason: expect.stringMatching(/the same text for several/) },
    ]);
  });
});

describe("columns of a table", () => {
  it("taken as what they are, with the reason of each that is not", async () => {
    const text = table({
      "": (row) => row,
      "Unnamed: 0": (row) => row,
      ...plain,
      island: (row) => ["Biscoe", "Dream"][row % 2],
      blank: () => "",
      smoker: (row) => (row % 3 === 0 ? "True" : "False"),
      id: (row) => `s${row}`,
    });
    const { splits, report } = await read({ "data.csv": text }, { split, leaveOut: ["b"] });
    expect(report.taken).toEqual({
      modalities: {
        a: { from: "columns a_0, a_1", shape: [2] },
        smoker: { from: "column smoker", shape: [1] },
      },
      target: { from: "column label", kind: "multiclass", names: ["no", "yes"] },
      ids: "id",
      split: "by class, shares 0.7, 0.15, 0.15, seed 0",
      leftOut: [
        { name: "b", reason: "as asked" },
        { name: "column 1 (without a name)", reason: "the row index that pandas writes" },
        { name: "Unnamed: 0", reason: "the row index that pandas writes" },
        { name: "island", reason: "text (Biscoe, Dream)" },
        { name: "blank", reason: "empty" },
      ],
    });
    expect([...new Set(splits.train.modalities.smoker!.data)].sort()).toEqual([0, 1]);
  });
  it("ids and groups from elsewhere: the columns id and group are no features", async () => {
    const text = table({
      ...plain,
      id: (row) => row,
      group: (row) => row % 9,
      who: (row) => `p${row}`,
      set: (row) => `s${row % 8}`,
    });
    const report = await taken({ "data.csv": text, "dataset.json": '{"ids": "who", "groups": "set"}' });
    expect(Object.keys(report.modalities)).toEqual(["a", "b"]);
    expect(report).toMatchObject({ ids: "who", groups: "set" });
    expect(report.leftOut).toEqual([
      { name: "group", reason: "groups are taken from set" },
      { name: "id", reason: "ids are taken from who" },
    ]);
  });
  it("what is to be left out must be there; a whole modality may be named", async () => {
    expect(Object.keys((await taken({ "data.csv": table(plain) }, { split, leaveOut: ["a"] })).modalities)).toEqual([
      "b",
    ]);
    expect(await refusal({ "data.csv": table(plain) }, { split, leaveOut: ["bb"] })).toMatch(/no "bb" to leave out/);
  });
  it("dataset.json makes modalities of columns by name", async () => {
    const manifest = { modalities: { one: ["a_0", "b"], two: ["a_1"] }, split };
    const files = { "data.csv": table({ ...plain, c: wave(5) }), "dataset.json": JSON.stringify(manifest) };
    const report = await taken(files, {});
    expect(report.modalities).toEqual({
      one: { from: "columns a_0, b", shape: [2] },
      two: { from: "column a_1", shape: [1] },
    });
    expect(report.leftOut).toEqual([{ name: "c", reason: expect.stringMatching(/not among the columns/) }]);
    expect(Object.keys((await taken(files, { modalities: ["two"] })).modalities)).toEqual(["two"]);
  });
});

describe("what is predicted", () => {
  const named = (name: string, of: (row: number) => unknown = plain.label): string =>
    table({ a_0: plain.a_0, a_1: plain.a_1, b: plain.b, [name]: of });
  it.each(["Label", "LABELS", "labels"])("a column %s", async (name) => {
    expect((await taken({ "data.csv": named(name) })).target.from).toBe(`column ${name}`);
  });
  it.each(["class", "target", "y", "outcome", "diagnosis", "Classes", "species"])(
    "a column %s is proposed, and taken when named",
    async (name) => {
      expect(await refusal({ "data.csv": named(name) }, { split })).toMatch(
        new RegExp(`no column "label".*Is ${name} to be predicted.*--label ${name}, or "label": "${name}"`),
      );
      expect((await taken({ "data.csv": named(name) }, { split, label: name })).target.from).toBe(`column ${name}`);
    },
  );
  it("nothing like it: how to say so, with the columns", async () => {
    expect(await refusal({ "data.csv": named("mood") }, { split })).toMatch(/--label NAME.*Columns: a_0, a_1, b, mood/);
    expect(await refusal({ "data.csv": named("mood") }, { split, label: "mod" })).toMatch(
      /no column "mod" to predict.*"mood"/,
    );
  });
  it("an array by another name", async () => {
    const changes = Object.fromEntries(
      Object.entries(smallArrays()).flatMap(([key, array]) =>
        key.endsWith("/labels") ? [[key, null] as const, [key.replace("labels", "y"), array] as const] : [],
      ),
    );
    expect((await rejected(readDataset(await arrayFolder(changes)))).message).toMatch(/no array "labels".*--label y/);
    expect((await readDataset(await arrayFolder(changes), { label: "y" })).splits).toEqual(smallSplits());
  });
  it("columns label_NAME of 0 and 1 are labels, value_NAME are values, and a note says so", async () => {
    const labels = table({
      a: wave(1),
      b: wave(2),
      label_happy: (row) => row % 2,
      label_sad: (row) => Number(row % 3 === 0),
    });
    expect((await taken({ "data.csv": labels })).target).toMatchObject({
      kind: "multilabel",
      names: ["happy", "sad"],
      note: expect.stringContaining('"target": {"kind":"multilabel","names":["happy","sad"]}'),
    });
    const values = table({ a: wave(1), b: wave(2), value_mood: wave(3) });
    expect((await taken({ "data.csv": values })).target).toMatchObject({ kind: "regression", names: ["mood"] });
  });
  it("numbers in the column of classes: what to write, and that it then works", async () => {
    const text = named("mpg", (row) => 10 + row * 0.37);
    const message = await refusal({ "data.csv": text }, { split, label: "mpg" });
    const manifest = /write (\{.*\}) into dataset\.json/.exec(message)![1]!;
    expect(JSON.parse(manifest)).toEqual({ label: "mpg", target: { kind: "regression" } });
    expect((await taken({ "data.csv": text, "dataset.json": manifest })).target).toMatchObject({
      kind: "regression",
      names: ["mpg"],
    });
  });
  it("several columns", async () => {
    const text = table({ a: wave(1), b: wave(2), Weight: wave(3), Pulse: wave(4) });
    const message = await refusal({ "data.csv": text }, { split, label: ["Weight", "Pulse"] });
    const manifest = /write (\{.*\}) into dataset\.json/.exec(message)![1]!;
    expect((await taken({ "data.csv": text, "dataset.json": manifest })).target).toMatchObject({
      kind: "regression",
      names: ["Weight", "Pulse"],
    });
  });
});

it("tables for each modality and split say how to make arrays of them", async () => {
  const files = ["1_tr.csv", "1_te.csv", "2_tr.csv", "2_te.csv", "labels_tr.csv", "labels_te.csv", "1_featname.csv"];
  expect(await refusal(Object.fromEntries(files.map((file) => [file, "0.1,0.2\n0.3,0.4\n"])))).toMatch(
    /several tables.*none of them is called data\.csv.*train\/NAME\.npy.*numpy\.loadtxt/,
  );
  expect(await refusal({ "red.csv": table(plain), "white.csv": table(plain) })).toMatch(
    /Rename the one to read data\.csv/,
  );
});
