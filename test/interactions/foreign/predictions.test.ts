/** @file Tables of predictions in every format: the same numbers whatever they are written as, labels by name or number, rows that calibrate. */
import { describe, expect, test } from "vitest";
import { float32, tensor } from "../../../src/core/tensor.ts";
import { readTable, type TableOptions, tablePredictions } from "../../../src/interactions/foreign/index.ts";
import { encodeTable } from "../../../src/runs/tables.ts";
import { writeNpz } from "../../support/npz.ts";

const rows = Array.from({ length: 12 }, (_, i) => ({
  id: `s${i}`,
  label: i % 3 === 0 ? "sad" : "happy",
  split: i < 4 ? "train" : i < 8 ? "valid" : "test",
  p_audio_happy: 0.5 + i / 64,
  p_audio_sad: 0.5 - i / 64,
  p_face_happy: 0.25,
  p_face_sad: 0.75,
  p_both_happy: 0.125 + i / 32,
  p_both_sad: 0.875 - i / 32,
}));
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = async (bytes: Uint8Array, name: string, options: Partial<TableOptions> = {}) =>
  tablePredictions(await readTable(bytes, name), { seed: 0, ...options });
const without = (...names: string[]) =>
  rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name))));
const csv = (changed: readonly object[] = rows): Uint8Array => encodeTable(changed as never, "t.csv");

test.each(["t.csv", "t.jsonl", "t.parquet"])("%s", async (name) => {
  const { predictions, taken } = await read(encodeTable(without("split") as never, name), name);
  expect(predictions.classes).toEqual(["happy", "sad"]);
  expect(predictions.ids).toEqual(rows.map(({ id }) => id));
  expect([...predictions.labels!]).toEqual(rows.map(({ label }) => (label === "sad" ? 1 : 0)));
  rows.forEach((row, i) => {
    expect(Math.exp(predictions.sets.audio![2 * i]!)).toBeCloseTo(row.p_audio_happy, 14);
    expect(Math.exp(predictions.sets["audio+face"]![2 * i + 1]!)).toBeCloseTo(row.p_both_sad, 14);
  });
  expect(taken).toEqual([
    "p_audio_...: probabilities from audio",
    "p_face_...: probabilities from face",
    "p_both_...: probabilities from all modalities together",
    "classes: happy, sad",
    "labels: column label",
  ]);
});

test("npz: an array a set, classes by number where none are named, labels by number", async () => {
  const of = (name: "audio" | "face" | "both") =>
    float32([12, 2], Float32Array.from(rows.flatMap((row) => [row[`p_${name}_happy`], row[`p_${name}_sad`]])));
  const label = tensor(
    "int32",
    [12],
    Int32Array.from(rows, (row) => Number(row.label === "sad")),
  );
  const bytes = writeNpz({ label, p_audio: of("audio"), p_face: of("face"), p_both: of("both") });
  const { predictions } = await read(bytes, "t.npz");
  expect(predictions.classes).toEqual(["0", "1"]);
  expect([...predictions.labels!]).toEqual(rows.map((row) => Number(row.label === "sad")));
  expect(Math.exp(predictions.sets.audio![22]!)).toBeCloseTo(rows[11]!.p_audio_happy, 7);
});

describe("labels", () => {
  test("numbers stand for classes where no label is a name, and that is said", async () => {
    const { predictions, taken } = await read(
      csv(without("split").map((row) => ({ ...row, label: row.label === "sad" ? "1.0" : "0.0" }))),
      "t.csv",
    );
    expect([...predictions.labels!].slice(0, 3)).toEqual([1, 0, 0]);
    expect(taken).toContain("labels are numbers: 0 is happy, 1 is sad");
  });
  test("missing ones are unknown; an unknown name is told with its line", async () => {
    const some = without("split").map((row, i) => ({ ...row, label: i === 2 ? undefined : row.label }));
    expect((await read(csv(some), "t.csv")).predictions.labels![2]).toBe(-1);
    await expect(read(csv(without("split").map((row) => ({ ...row, label: "sadd" }))), "t.csv")).rejects.toThrowError(
      /^t\.csv: line 2, column label is "sadd", which is not a class of the predictions; did you mean "sad"\?/,
    );
  });
  test("another column, or none", async () => {
    const named = without("split", "label").map((row, i) => ({ ...row, mood: rows[i]!.label }));
    expect((await read(csv(named), "t.csv", { label: "mood" })).predictions.labels![0]).toBe(1);
    const { predictions, taken } = await read(csv(named), "t.csv");
    expect(predictions.labels).toBeUndefined();
    expect(taken).toContain("no column of labels");
    await expect(read(csv(named), "t.csv", { label: "moood" })).rejects.toThrowError(
      /--label moood: .*did you mean "mood"/,
    );
  });
});

describe("rows that calibrate", () => {
  test("the column split: validation is fitted to, train left aside", async () => {
    const { predictions, taken } = await read(csv(), "t.csv");
    expect(predictions.ids).toEqual(rows.slice(4).map(({ id }) => id));
    expect([...predictions.fitted!]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    expect(taken.at(-1)).toMatch(/rows whose split is validation; those of train are not used/);
  });
  test("a share of every class, drawn by the seed", async () => {
    const { predictions } = await read(csv(without("split")), "t.csv", { validation: 0.5 });
    const fitted = [...predictions.fitted!];
    expect(fitted.filter((own, i) => own === 1 && rows[i]!.label === "sad")).toHaveLength(2);
    expect(fitted.filter((own, i) => own === 1 && rows[i]!.label === "happy")).toHaveLength(4);
    const again = await read(csv(without("split")), "t.csv", { validation: 0.5 });
    expect([...again.predictions.fitted!]).toEqual(fitted);
  });
  test("a share without labels, and a split of other words, are refused", async () => {
    await expect(read(csv(without("split", "label")), "t.csv", { validation: 0.5 })).rejects.toThrowError(
      /no column of labels/,
    );
    const odd = rows.map((row) => ({ ...row, split: "early" }));
    await expect(read(csv(odd), "t.csv")).rejects.toThrowError(/line 2, column split is "early"; allowed are train/);
  });
});

describe("refused", () => {
  test.each([
    ["t.npy", encode("x"), /an \.npy file contains one array without a name; save all arrays by name: numpy\.savez/],
    ["t.xlsx", encode("x"), /ends in \.csv, \.tsv, \.parquet, \.jsonl or \.npz/],
    ["t.parquet", encode("PAR1 nothing"), /not a Parquet file that can be read/],
    ["t.jsonl", encode('{"a": 1}\n{"b": 1}\n'), /line 2: the key "b" is not in every line/],
    ["t.jsonl", encode("{}\nx\n"), /line 2: not JSON/],
    ["t.jsonl", encode('{"a": [1]}\n'), /line 1: "a" holds a list or an object/],
    ["t.jsonl", encode("[1]\n"), /line 1: holds no object/],
    ["t.jsonl", encode("\n"), /has no rows/],
    [
      "t.csv",
      csv(without("split").map((row, i) => ({ ...row, p_face_sad: i === 3 ? undefined : 0.75 }))),
      /line 5, column p_face_sad is empty/,
    ],
    [
      "t.csv",
      csv(without("split").map((row, i) => ({ ...row, p_face_sad: i === 3 ? 0.5 : 0.75 }))),
      /line 5.*sum to 0\.75, not to 1/,
    ],
    [
      "t.npz",
      writeNpz({ p_a: float32([3, 2]), p_b: float32([2, 2]) }),
      /arrays of different lengths \(p_a_0 3, p_b_0 2\)/,
    ],
  ])("%s", async (name, bytes, message) => {
    await expect(read(bytes, name)).rejects.toThrowError(message);
  });
});
