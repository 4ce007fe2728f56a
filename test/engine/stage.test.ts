import { expect, test } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";
import type { Expr } from "../../src/graph/expr.ts";
import { stack } from "../../src/graph/ops/index.ts";
import { joint } from "../../src/methods/joint.ts";
import type { Method, Outputs } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { fit } from "../../src/train/fit.ts";

/** Samples in the order of their classes; feature 0 is the row's number over all, feature 1 says nothing. */
function ordered(samples: number): Dataset {
  const rows = Float32Array.from({ length: 2 * samples }, (_, j) => (j % 2 === 0 ? j / 2 / samples : (j >> 1) % 2));
  return {
    name: "ordered",
    ids: Array.from({ length: samples }, (_, i) => String(i)),
    modalities: { a: float32([samples, 2], rows), b: float32([samples, 2], rows.slice()) },
    ...classTarget(
      ["one", "two", "three", "four"],
      Int32Array.from({ length: samples }, (_, i) => Math.floor((4 * i) / samples)),
    ),
  };
}

/** Joint learning that stores the mean of the labels, which nothing reads. */
function counting(): Method {
  const method = joint({ encoders: { a: mlp([2]), b: mlp([2]) }, embedding: 2 }) as Method;
  return {
    ...method,
    build(input) {
      const own = input.scope.statistic("shares", [input.classes], 0);
      return { ...method.build(input), representations: { shares: stack([own]) } };
    },
    stages: method.stages.map((stage) => ({
      ...stage,
      statistics: (_: Outputs, target: Expr) => ({ shares: target }),
    })),
  };
}

test.each([40, 4100])(
  "stored means are over samples from the whole of the training data, in whatever order (%i samples)",
  async (samples) => {
    const data = { train: ordered(samples), validation: ordered(40) };
    const { state } = await fit(counting(), data, { seed: 0, batchSize: 512, epochs: { whole: 1 }, threads: 1 });
    expect([...state.shares!.data].map((share) => Number(share.toFixed(2)))).toEqual([0.25, 0.25, 0.25, 0.25]);
  },
);

test("a stored mean that nobody asked for is the author's mistake", async () => {
  const method = counting();
  const wrong: Method = {
    ...method,
    stages: method.stages.map((stage) => ({ ...stage, statistics: (_: Outputs, target: Expr) => ({ share: target }) })),
  };
  const data = { train: ordered(40), validation: ordered(40) };
  await expect(fit(wrong, data, { seed: 0, epochs: { whole: 1 }, threads: 1 })).rejects.toThrow(
    /stage whole: statistics has "share", which build requested by no scope\.statistic/,
  );
});
