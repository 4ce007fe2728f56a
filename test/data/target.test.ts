/** @file Labels and values as they lie on disk: three forms, unknown entries, what is refused. */

import { describe, expect, test } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { float32, type Tensor, tensor } from "../../src/core/tensor.ts";
import { checkSplits } from "../../src/data/check.ts";
import { type DataSplits, takeRows } from "../../src/data/dataset.ts";
import { loadDataset, readDataset } from "../../src/data/load.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { classTarget, labelsOf, requireKind } from "../../src/data/target.ts";
import { writeDataset } from "../../src/data/write.ts";
import { hashData } from "../../src/runs/identity.ts";
import { rejected } from "./fixtures/reference.ts";
import { archiveFolder, arrayFolder, textFolder } from "./fixtures/small.ts";

const NaNs = Number.NaN;
/** Two labels or values a sample: 6 train, 3 valid, 4 test rows. */
const pairs = (train: number[], valid = train.slice(0, 6), last = train.slice(0, 8)): Record<string, Tensor> => ({
  "train/labels": float32([6, 2], train),
  "valid/labels": float32([3, 2], valid),
  "test/labels": float32([4, 2], last),
});
const yesNo = [1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 1];
const numbers = [1.5, 0, -2, 1, 0.25, 3, -1, 8, 2, 9, 1, -1];
const says = (kind: string, names?: string[]): Record<string, string> => ({
  "dataset.json": JSON.stringify({ target: { kind, ...(names && { names }) } }),
});
const load = async (changes: Parameters<typeof arrayFolder>[0]): Promise<DataSplits> =>
  loadDataset(await arrayFolder(changes));
const refused = async (changes: Parameters<typeof arrayFolder>[0]): Promise<string> =>
  (await rejected(load(changes))).message;

describe("the forms", () => {
  test("folder: labels 0 and 1, unknown as NaN or -1", async () => {
    const { train, test: last } = await load({
      ...pairs(yesNo, [1, 0, 0, 1, NaNs, 1], [-1, NaNs, 0, 1, 1, -1, 0, 0]),
      ...says("multilabel", ["happy", "sad"]),
    });
    expect(train).toMatchObject({ size: 6, target: { kind: "multilabel", names: ["happy", "sad"] } });
    expect(() => labelsOf(train)).toThrowError(/needs classes or ordered classes; this data has labels \(happy, sad\)/);
    expect([...train.target!.values.data]).toEqual(yesNo);
    expect([...last.target!.values.data]).toEqual([NaNs, NaNs, 0, 1, 1, NaNs, 0, 0]);
  });

  test("folder: values [N, L], where -1 is a number, and [N]", async () => {
    const { train } = await load({ ...pairs(numbers), ...says("regression") });
    expect(train.target!.names).toEqual(["value_0", "value_1"]);
    expect([...train.target!.values.data]).toEqual(numbers);
    const one = (n: number): Tensor =>
      tensor(
        "float64",
        [n],
        Float64Array.from({ length: n }, (_, i) => i / 2 - 1),
      );
    const single = await load({
      "train/labels": one(6),
      "valid/labels": one(3),
      "test/labels": one(4),
      ...says("regression", ["sentiment"]),
    });
    expect(single.test.target).toEqual({
      kind: "regression",
      names: ["sentiment"],
      values: float32([4, 1], [-1, -0.5, 0, 0.5]),
    });
  });

  test("archive", async () => {
    const folder = await archiveFolder("/", pairs(numbers));
    await folder.write("dataset.json", says("regression", ["x", "y"])["dataset.json"]!);
    expect((await loadDataset(folder)).train.target!.names).toEqual(["x", "y"]);
  });

  test("table: label_<name>, value_<name> and value are no modalities; an empty cell is unknown", async () => {
    const table = (columns: string, ...rows: string[]): string => [columns, ...rows].join("\n");
    const own = (columns: string, rows: string[], target: object) =>
      textFolder({
        ...Object.fromEntries(["train", "valid", "test"].map((name) => [`${name}.csv`, table(columns, ...rows)])),
        "dataset.json": JSON.stringify({ target }),
      }).then((folder) => loadDataset(folder));
    const labels = await own("label_sad,a,label_happy,b", ["1,2,0,3", "0,5,,6", "0,1,1,7"], { kind: "multilabel" });
    expect(labels.train.target!.names).toEqual(["sad", "happy"]);
    expect([...labels.train.target!.values.data]).toEqual([1, 0, 0, NaNs, 0, 1]);
    expect(Object.keys(labels.train.modalities)).toEqual(["a", "b"]);
    const named = { kind: "multilabel", names: ["happy"] };
    const renamed = await rejected(own("label_sad,a,label_hapy,b", ["1,2,0,3"], named));
    expect(renamed.message).toMatch(/no column "label_happy" for the target's "happy"; did you mean "label_hapy"\?/);
    const values = await own("value,a,b", ["-1.5,2,3", "2,5,6"], { kind: "regression", names: ["sentiment"] });
    expect([...values.train.target!.values.data]).toEqual([-1.5, 2]);
    expect((await rejected(own("value,a,b", ["high,2,3", "2,5,6"], { kind: "regression" }))).message).toMatch(
      /line 2, column value is "high", not a number/,
    );
    const label = await own("label,a,b", ["-1.5,2,3", "2,5,6"], { kind: "regression" });
    expect(label.train.target!.names).toEqual(["label"]);
    expect((await rejected(own("mood,a,b", ["1,2,3"], { kind: "regression" }))).message).toMatch(
      /the target is values, but no column is called value_<name> or value.*"label": \["NAME", \.\.\.\].*columns: mood, a, b/,
    );
  });

  test("what is written is read back, and hashed", async () => {
    for (const target of ["regression", "multilabel"] as const) {
      const { splits } = sums({ seed: 1, target, samples: { train: 20, validation: 10, test: 10 } });
      const folder = memoryFolder("sums");
      await writeDataset(folder, splits);
      const read = await loadDataset(folder);
      expect(read).toEqual(splits);
      const hashes = await hashData(read, ["a", "b"]);
      const { values, ...rest } = read.train.target!;
      const other = { ...rest, values: float32(values.shape, values.data.with(3, 1 - values.data[3]!)) };
      const changed = await hashData({ ...read, train: { ...read.train, target: other } }, ["a", "b"]);
      expect(Object.keys(hashes).filter((name) => hashes[name] !== changed[name])).toEqual(["train/labels"]);
    }
  });

  test("classes may be named under the target, and rows are taken with it", async () => {
    const splits = await load(says("multiclass", ["no", "yes"]));
    expect(splits.train.target).toMatchObject({ kind: "multiclass", names: ["no", "yes"] });
    const { train } = await load({ ...pairs(numbers), ...says("regression") });
    expect(takeRows(train, [5, 1]).target!.values).toEqual(float32([2, 2], [1, -1, -2, 1]));
  });

  test("the former words for kinds are still read", async () => {
    for (const [former, kind] of [
      ["labels", "multilabel"],
      ["values", "regression"],
    ] as const) {
      const { train } = await load({ ...pairs(kind === "multilabel" ? yesNo : numbers), ...says(former) });
      expect(train.target!.kind).toBe(kind);
    }
    expect((await load(says("classes", ["no", "yes"]))).train.target.names).toEqual(["no", "yes"]);
  });

  test("the report counts what is known", async () => {
    const folder = await arrayFolder({ ...pairs(yesNo, [1, 0, 0, 1, NaNs, 0]), ...says("multilabel", ["up", "down"]) });
    const { report } = await readDataset(folder);
    expect(report.target).toEqual({ kind: "multilabel", names: ["up", "down"] });
    expect(report.splits.validation).toMatchObject({ samples: 3, counts: [], missing: 0 });
    expect(report.splits.validation.target!.up).toEqual({ known: 2, mean: 0.5, deviation: 0.5, least: 0, largest: 1 });
    expect(report.splits.train.target!.down!.mean).toBe(0.5);
  });
});

describe("what is refused", () => {
  test.each([
    [
      "three columns for two names",
      pairs(numbers),
      says("regression", ["x"]),
      /shape \[6, 2\]; .* the value called x, so \[N\] or \[N, 1\] is needed/,
    ],
    [
      "a label of 2",
      pairs([2, ...yesNo.slice(1)]),
      says("multilabel"),
      /row 0 \(from 0\), label_0 is 2, neither yes nor no; allowed are 1 \(yes\), 0 \(no\)/,
    ],
    [
      "an infinite value",
      pairs([Number.POSITIVE_INFINITY, ...numbers.slice(1)]),
      says("regression"),
      /value_0 is Infinity, not finite as float32/,
    ],
    [
      "a train row of unknowns",
      pairs([NaNs, NaNs, ...numbers.slice(2)], numbers.slice(0, 6)),
      says("regression"),
      /of row 0 \(from 0\) no value is known; only the test split/,
    ],
    [
      "a value that never varies",
      pairs(numbers.map((v, i) => (i % 2 ? 4 : v))),
      says("regression", ["x", "y"]),
      /of y all 6 known are 4, so there is nothing to learn/,
    ],
    [
      "a label nobody has",
      pairs(yesNo.map((v, i) => (i % 2 ? 0 : v))),
      says("multilabel", ["x", "y"]),
      /of y all 6 known are 0/,
    ],
    [
      "an unknown kind",
      {},
      says("multilabels"),
      /dataset\.json\.target\.kind: unknown word "multilabels"; did you mean "multilabel"\?/,
    ],
    ["an unknown key", {}, { "dataset.json": '{"target": {"kid": "labels"}}' }, /unknown option "kid"/],
    [
      "classes beside labels",
      {},
      { "dataset.json": '{"classes": ["a", "b"], "target": {"kind": "multilabel"}}' },
      /classes and target are both given.*leave classes out/,
    ],
  ] as const)("%s", async (_, arrays, manifest, message) => {
    expect(await refused({ ...arrays, ...manifest })).toMatch(message);
  });

  test("texts, rows of other length, splits of different kinds", async () => {
    const text = await textFolder({
      "train.csv": "value,a,b\nbad,1,2",
      "valid.csv": "value,a,b\n1,1,2",
      "test.csv": "value,a,b\n1,1,2",
      "dataset.json": '{"target": {"kind": "regression"}}',
    });
    expect((await rejected(loadDataset(text))).message).toMatch(/"bad", not a number. Leave the cell empty/);
    const { splits } = sums({ seed: 1, samples: { train: 20, validation: 10, test: 10 } });
    const cut = { ...splits, test: { ...splits.test, target: splits.train.target! } };
    expect(() => checkSplits(cut)).toThrowError(/test\/labels holds 20 rows, test\/labels 10/);
    const without = { ...splits.test, ...classTarget(["0", "1"], new Int32Array(10)) };
    expect(() => checkSplits({ ...splits, test: without })).toThrowError(/all splits need the same values/);
    expect(() => requireKind(splits.train, ["multiclass"], "ogm", "Methods for values: joint.")).toThrowError(
      "ogm needs classes; this data has values (sum). Methods for values: joint.",
    );
  });
});
