import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchPlan, epochOrder } from "../../src/data/batches.ts";
import { caught } from "./fixtures/reference.ts";

describe("epochOrder", () => {
  it("is a permutation that depends on seed and epoch alone", () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(), fc.nat(100), (n, seed, epoch) => {
        const order = epochOrder(n, seed, epoch);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
        expect(epochOrder(n, seed, epoch)).toEqual(order);
      }),
    );
    expect(epochOrder(50, 1, 0)).not.toEqual(epochOrder(50, 1, 1));
    expect(epochOrder(50, 1, 0)).not.toEqual(epochOrder(50, 2, 0));
  });
  it("stays the order it has always been, so old runs can be resumed", () => {
    expect([...epochOrder(8, 0, 0)]).toEqual([5, 6, 7, 2, 1, 0, 3, 4]);
    expect([...epochOrder(8, 7, 3)]).toEqual([5, 0, 7, 2, 6, 4, 3, 1]);
  });
});

describe("batchPlan", () => {
  it.each([
    [10, 4, "train", [4, 4, 2]],
    [9, 4, "train", [4, 4]],
    [9, 4, "evaluate", [4, 4, 1]],
    [8, 4, "train", [4, 4]],
    [3, 64, "train", [3]],
    [1, 64, "evaluate", [1]],
    [3, 1, "train", [1, 1, 1]],
    [0, 4, "evaluate", []],
  ] as const)("%d samples by %d to %s", (n, size, use, plan) => {
    expect(batchPlan(n, size, use)).toEqual(plan);
  });
  it("refuses sizes that are none, and training on one sample", () => {
    for (const size of [0, -1, 1.5, Number.NaN])
      expect(caught(() => batchPlan(5, size, "train")).code).toBe("ConfigError");
    expect(caught(() => batchPlan(1, 4, "train")).message).toMatch(/at least two/);
  });
});
