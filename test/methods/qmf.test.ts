import { expect, test } from "vitest";
import type { Expr } from "../../src/graph/expr.ts";
import { constant } from "../../src/graph/ops/index.ts";
import { confidences, qmf, ranking, scaledHistory } from "../../src/methods/qmf.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { fit } from "../../src/train/fit.ts";
import { normals } from "../support/numbers.ts";
import { expectResumed } from "./resumed.ts";
import { B, bits, encoders, gradientsOf, K, smallData } from "./support.ts";

const numbersOf = (expr: Expr): number[] => [...interpret([expr], {})[0]!.data];
const column = (values: readonly number[]): Expr => constant(values, [1, values.length, 1]);
const rank = (
  confidence: readonly number[],
  history: readonly number[],
  margin: "slack" | "strict" = "slack",
): number => numbersOf(ranking(column(confidence), column(history), margin))[0]!;

test("confidence: ln K / 10 of logits that are zero; a constant added to all logits adds a tenth of it", () => {
  const plain = normals([2, B, K], 4);
  const raised = plain.map((v, i) => v + (i < B * K ? 30 : 0));
  for (const c of numbersOf(confidences(constant(0, [2, B, K]), 10))) expect(c).toBeCloseTo(Math.log(K) / 10, 9);
  const [before, after] = [plain, raised].map((data) => numbersOf(confidences(constant([...data], [2, B, K]), 10)));
  before!.forEach((c, i) => void expect(after![i]! - c).toBeCloseTo(i < B ? 3 : 0, 5));
  const huge = constant([1000, 0, -1000], [1, 1, 3]);
  expect(numbersOf(confidences(huge, 10))[0]).toBeCloseTo(100, 6);
});

test("ranking: nothing for equal histories, nor where confidence runs against history in every pair", () => {
  const confidence = [0.7, -0.2, 0.4, 0.1];
  expect(rank(confidence, [0.3, 0.3, 0.3, 0.3])).toBe(0);
  expect(rank(confidence, [0.3, 0.3, 0.3, 0.3], "strict")).toBe(0);
  expect(rank(confidence, [0.1, 0.9, 0.2, 0.6])).toBe(0);
  // The same orders with confidences turned round.
  expect(
    rank(
      confidence.map((c) => -c),
      [0.1, 0.9, 0.2, 0.6],
    ),
  ).toBeGreaterThan(0);
});

test("histories lie between 0 and 1 for each modality, and are 0 where all are equal", () => {
  const given = (values: number[], least: number[], largest: number[]): number[] =>
    numbersOf(
      scaledHistory({ values: constant(values, [3, 2]), min: constant(least, [2]), max: constant(largest, [2]) }),
    );
  expect(given([1, 5, 2, 5, 3, 5], [1, 5], [3, 5])).toEqual([0, 0.5, 1, 0, 0, 0]);
});

test("lambda weighs the ranking alone", () => {
  const given = {
    "samples.losses": [0, 3, 1, 2, 2, 1, 3, 0, 4, 5, 5, 4],
    "samples.losses.least": [0, 0],
    "samples.losses.largest": [5000, 5000],
  };
  const [none, small, large] = [0, 0.1, 1].map((lambda) =>
    gradientsOf(qmf({ encoders: encoders(), embedding: 4, lambda }), 0, lambda === 0 ? {} : given),
  );
  let moved = 0;
  for (const [name, base] of Object.entries(none!)) {
    base.forEach((g, i) => {
      const own = large![name]![i]! - g;
      expect(own).toBeCloseTo(10 * (small![name]![i]! - g), 9);
      moved += Math.abs(own);
    });
  }
  expect(moved).toBeGreaterThan(1e-3);
});

test("in the first epoch nothing has a history, so nothing is ranked: the bits are those of lambda 0", async () => {
  const method = (lambda: number) => qmf({ encoders: encoders(), embedding: 4, lambda });
  const run = async (lambda: number, epochs: number): Promise<string> => {
    const own = method(lambda);
    const { state } = await fit(own, smallData(own), { seed: 1, batchSize: 16, threads: 1, epochs: { whole: epochs } });
    return bits(state);
  };
  expect(await run(1, 1)).toBe(await run(0, 1));
  expect(await run(1, 6)).not.toBe(await run(0, 6));
});

test("resumes to the same bits", () =>
  expectResumed(qmf({ encoders: encoders(), embedding: 4, lambda: 1 }), 3, [2, 7, 13]));
