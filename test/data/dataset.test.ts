import { describe, expect, it } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import { featureCount, selectModalities, takeRows } from "../../src/data/dataset.ts";
import { classTarget, labelsOf } from "../../src/data/target.ts";
import { caught } from "./fixtures/reference.ts";
import { smallSplits } from "./fixtures/small.ts";

const { train } = smallSplits();

describe("selectModalities", () => {
  it("keeps the order asked for, and the rest of the data", () => {
    const picked = selectModalities(train, ["sound", "picture"]);
    expect(Object.keys(picked.modalities)).toEqual(["sound", "picture"]);
    expect(picked.modalities.sound).toBe(train.modalities.sound);
    expect(picked.target).toBe(train.target);
  });
  it("names the known ones and the nearest", () => {
    const error = caught(() => selectModalities(train, ["sounds"]));
    expect(error.code).toBe("ConfigError");
    expect(error.message).toMatch(/no modality "sounds"; did you mean "sound"\? Allowed: picture, sound\./);
    expect(caught(() => selectModalities(train, ["constructor"])).code).toBe("ConfigError");
  });
  it("refuses none, and one twice", () => {
    expect(caught(() => selectModalities(train, [])).message).toMatch(/at least one of picture, sound/);
    expect(caught(() => selectModalities(train, ["sound", "sound"])).message).toMatch(/named twice/);
  });
});

describe("takeRows", () => {
  it("takes the same rows of everything", () => {
    const data = { ...train, groups: ["a", "a", "b", "b", "c", "c"], truth: new Array<string>(6).fill("redundant") };
    const part = takeRows(data, [4, 1, 4], "part");
    expect(part.name).toBe("part");
    expect(part.ids).toEqual(["4", "1", "4"]);
    expect(part.groups).toEqual(["c", "a", "c"]);
    expect(part.truth).toHaveLength(3);
    expect([...labelsOf(part)]).toEqual([0, 1, 0]);
    const [source, taken] = [train.modalities.picture!, part.modalities.picture!];
    expect(taken.shape).toEqual([3, 2, 2]);
    expect([...taken.data.subarray(4, 8)]).toEqual([...source.data.subarray(4, 8)]);
    expect([...taken.data.subarray(8)]).toEqual([...source.data.subarray(16, 20)]);
  });
  it("leaves out groups and truth where there are none", () => {
    expect(Object.keys(takeRows(train, [0]))).not.toContain("groups");
  });
  it.each([[6], [-1], [0.5], [Number.NaN]])("refuses row %d", (row) => {
    expect(caught(() => takeRows(train, [row])).message).toMatch(/which has 6: use 0\.\.5/);
  });
});

it("featureCount counts the numbers of one sample", () => {
  expect([float32([3]), float32([3, 4]), float32([2, 3, 5])].map(featureCount)).toEqual([1, 4, 15]);
});

it("true bits go with their samples", () => {
  const whole = {
    name: "test",
    ids: ["x", "y", "z"],
    modalities: { a: float32([3, 1], [1, 2, 3]) },
    ...classTarget(["0", "1"], [0, 1, 0]),
    truthBits: { redundant: Float32Array.of(0.25, 0.5, 1) },
  };
  expect([...takeRows(whole, [2, 0]).truthBits!.redundant!]).toEqual([1, 0.25]);
});
