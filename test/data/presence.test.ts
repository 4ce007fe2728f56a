/** @file Masks in memory: patterns, hiding, and what standardising makes of missing rows. */
import { expect, it } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import { hasMissing, hideModalities, presenceMatrix, presentAt, rowsByPattern } from "../../src/data/presence.ts";
import { fitTransforms, transformed } from "../../src/modalities/index.ts";
import { caught } from "./fixtures/reference.ts";
import { smallSplits } from "./fixtures/small.ts";

const { train } = smallSplits();

it("hides a modality in all rows or in some, and leaves the data it was given alone", () => {
  const some = hideModalities(train, ["sound"], [1, 4]);
  expect([...some.present!.sound!]).toEqual([1, 0, 1, 1, 0, 1]);
  const more = hideModalities(some, ["picture"], [0]);
  expect([...some.present!.sound!]).toEqual([1, 0, 1, 1, 0, 1]);
  expect(presentAt(more, 0)).toEqual(["sound"]);
  expect(presentAt(more, 1)).toEqual(["picture"]);
  expect([...rowsByPattern(more)].map(([name, { rows }]) => [name, rows])).toEqual([
    ["picture+sound", [2, 3, 5]],
    ["picture", [1, 4]],
    ["sound", [0]],
  ]);
  expect([...hideModalities(train, ["sound"]).present!.sound!]).toEqual([0, 0, 0, 0, 0, 0]);
  expect(train.present).toBeUndefined();
  expect(caught(() => hideModalities(train, ["smell"])).message).toMatch(/no modality "smell"/);
});

it("knows whether something is missing, of the modalities asked for", () => {
  const some = hideModalities(train, ["sound"], [1]);
  expect([hasMissing(train), hasMissing(some), hasMissing(some, ["picture"]), hasMissing(some, ["sound"])]).toEqual([
    false,
    true,
    false,
    true,
  ]);
  expect(hasMissing({ present: { sound: new Uint8Array(6).fill(1) } })).toBe(false);
  expect([...presenceMatrix(some, ["sound", "picture"])]).toEqual([1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
});

it("standardising is fitted on present rows, and makes missing ones zeros whatever stands there", () => {
  const some = hideModalities(train, ["sound"], [1, 4]);
  const values = some.modalities.sound!.data.slice();
  for (const row of [1, 4]) values.fill(Number.NaN, 2 * row, 2 * row + 2);
  const odd = { ...some, modalities: { ...some.modalities, sound: float32([6, 2], values) } };
  const fitted = fitTransforms(odd);
  expect(fitted).toEqual(fitTransforms(some));
  const kept = [0, 2, 3, 5];
  for (const f of [0, 1]) {
    const mean = kept.reduce((total, row) => total + values[2 * row + f]! / 4, 0);
    expect(fitted.sound!.numbers.mean![f]).toBeCloseTo(mean, 6);
  }
  const { data } = transformed(odd, fitted).sound!;
  expect([...data.subarray(2, 4), ...data.subarray(8, 10)]).toEqual([0, 0, 0, 0]);
  expect(data.every(Number.isFinite)).toBe(true);
  expect(caught(() => fitTransforms(hideModalities(train, ["sound"]))).message).toMatch(
    /no sample .* has the modality "sound"/,
  );
});
