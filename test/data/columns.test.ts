/** @file Which columns make one modality: numbered runs, names of their own, and what dataset.json says. */
import { describe, expect, it } from "vitest";
import { abridged, groupColumns, namedColumns } from "../../src/data/columns.ts";
import { caught } from "./fixtures/reference.ts";

const grouped = (columns: readonly string[]): { groups: Record<string, readonly string[]>; warnings: string[] } => {
  const warnings: string[] = [];
  return { groups: Object.fromEntries(groupColumns(columns, "t.csv", warnings)), warnings };
};

describe("numbered columns", () => {
  it.each([
    ["audio_0", "audio_1", "audio_2"],
    ["audio.0", "audio.1", "audio.2"],
    ["audio-0", "audio-1", "audio-2"],
    ["audio0", "audio1", "audio2"],
    ["audio[0]", "audio[1]", "audio[2]"],
    ["audio 1", "audio 2", "audio 3"],
    ["audio-0", "audio_1", "audio.2"],
    ["audio_000", "audio_001", "audio_002"],
  ])("%s, %s, %s are one modality, in the order of their numbers", (a, b, c) => {
    expect(grouped([b, c, a])).toEqual({ groups: { audio: [a, b, c] }, warnings: [] });
  });
  it("keep the place of their first column, and many of them are one group", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `gene_${i}`);
    expect(Object.keys(grouped(["age", ...many, "bmi"]).groups)).toEqual(["age", "gene", "bmi"]);
    expect(grouped(many).groups.gene).toHaveLength(20_000);
  });
  it("without a name are the features of an array", () => {
    expect(grouped(["0", "1", "2"]).groups).toEqual({ features: ["0", "1", "2"] });
  });
  it.each([
    ["a gap", ["pm_0", "pm_2", "pm_3"]],
    ["a start at 10", ["pm_10", "pm_25"]],
    ["a number twice", ["pm_1", "pm_1x", "pm1", "pm_2"]],
  ])("with %s are modalities of their own, and a warning says so", (_, columns) => {
    const { groups, warnings } = grouped(columns);
    expect(Object.values(groups)).toEqual(columns.map((column) => [column]));
    expect(warnings).toEqual([
      expect.stringMatching(/t\.csv: the columns pm.* not numbered without a gap.*"modalities"/),
    ]);
  });
  it("alone are what they were: the first of a run, or a word that ends in a digit", () => {
    expect(grouped(["audio_0", "x1", "pm_10", "humidity"])).toEqual({
      groups: { audio: ["audio_0"], x1: ["x1"], pm_10: ["pm_10"], humidity: ["humidity"] },
      warnings: [],
    });
  });
  it("with the name of another column are refused", () => {
    expect(caught(() => grouped(["a", "a_0", "a_1"])).message).toMatch(/would both be the modality "a"; rename/);
  });
});

it("names that cannot be used become ones that can", () => {
  expect(grouped(["mean radius", "od280/od315", "bill (mm)"]).groups).toEqual({
    mean_radius: ["mean radius"],
    od280_od315: ["od280/od315"],
    bill_mm: ["bill (mm)"],
  });
});

describe("modalities of dataset.json", () => {
  const columns = ["mean radius", "mean area", "radius error", "worst radius"];
  it("are columns, and all that begin or end in a way", () => {
    const named = namedColumns({ mean: ["mean *"], rest: ["* error", "worst radius"] }, columns, "t.csv");
    expect(Object.fromEntries(named)).toEqual({
      mean: ["mean radius", "mean area"],
      rest: ["radius error", "worst radius"],
    });
  });
  it("must be there", () => {
    expect(caught(() => namedColumns({ a: ["median *"] }, columns, "t.csv")).message).toMatch(
      /modalities, a: no column is called "median \*"; columns of features: mean radius/,
    );
  });
});

it("long lists are abridged", () => {
  expect(abridged(["a", "b", "c", "d"])).toBe("a, b, c, d");
  expect(abridged(["a", "b", "c", "d", "e"])).toBe("a, b ... e");
});
