import { expect, it } from "vitest";
import { Sum, sumOf } from "../../src/info/sum.ts";

it("keeps what plain addition loses", () => {
  const sum = new Sum();
  sum.add(1e16);
  for (let i = 0; i < 1000; i++) sum.add(1);
  sum.add(-1e16);
  expect(sum.value).toBe(1000);
  expect(sumOf(new Float64Array(1000).fill(0.1))).toBeCloseTo(100, 14);
});
