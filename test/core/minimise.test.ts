import { expect, test } from "vitest";
import { goldenSection } from "../../src/core/minimise.ts";

test("finds the bottom of a valley, inside and at both ends", () => {
  const at = (bottom: number) => goldenSection((x) => (x - bottom) ** 2, -1, 3, 40);
  expect(at(0.3)).toBeCloseTo(0.3, 6);
  expect(at(-5)).toBeCloseTo(-1, 6);
  expect(at(9)).toBeCloseTo(3, 6);
});
