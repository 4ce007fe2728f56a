/** @file Labels and values whose bounds are known: who reaches them, and who cannot. */
import { describe, expect, test } from "vitest";
import { sums } from "../../src/data/synthetic/sums.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { type Metrics, score } from "../../src/evaluation/score.ts";
import { methodNamed, resolveMethod } from "../../src/methods/index.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { fit } from "../../src/train/fit.ts";

async function reached(name: string, splits: ReturnType<typeof sums>["splits"]): Promise<Metrics> {
  const { method, options } = resolveMethod(name);
  const encoders = { a: mlp([8, 32]), b: mlp([8, 32]) };
  const built = methodNamed(method).configure({ encoders, embedding: 16, ...options });
  const fitted = await fit(built, splits, { seed: 0, threads: 1 });
  return score(await predict(fitted, splits.test), splits.test);
}

describe("a sum of redundant, unique and synergistic parts", () => {
  const { splits, bound } = sums({ seed: 1 });
  test("joint with a deep head comes near the bound, with a linear one near that of sums", async () => {
    const { r2, correlation } = (await reached("joint-bilinear", splits)).values;
    expect(r2).toBeGreaterThan(bound.any - 0.03);
    expect(correlation).toBeGreaterThan(Math.sqrt(bound.any) - 0.02);
    const linear = (await reached("joint", splits)).values.r2!;
    expect(linear).toBeGreaterThan(bound.additive - 0.04);
    expect(linear).toBeLessThan(bound.additive + 0.04);
  });
  test("the ensemble cannot have the synergy; a modality alone has its parts", async () => {
    const { values: figures, unimodal } = await reached("ensemble", splits);
    expect(figures.r2).toBeLessThan(bound.additive + 0.02);
    for (const own of Object.values(unimodal)) {
      expect(own).toBeGreaterThan(0.5 * bound.any - 0.05);
      expect(own).toBeLessThan(0.5 * bound.any + 0.05);
    }
  });
  test("DMIL finds the synergy, where its published form stays a sum", async () => {
    const own = (await reached("dmil", splits)).values.r2!;
    expect(own).toBeGreaterThan(bound.additive + 0.1);
    expect((await reached("dmil-published", splits)).values.r2).toBeLessThan(bound.additive + 0.04);
  });
});

test("a product and nothing else: the ensemble knows nothing, joint and DMIL nearly all", async () => {
  const { splits, bound } = sums({ seed: 2, weights: [0, 0, 0, 1] });
  expect((await reached("ensemble", splits)).values.r2).toBeLessThan(0.05);
  expect((await reached("joint-bilinear", splits)).values.r2).toBeGreaterThan(bound.any - 0.05);
  expect((await reached("dmil", splits)).values.r2).toBeGreaterThan(bound.any - 0.15);
});

test("labels: the ensemble guesses the synergistic one, DMIL knows it", async () => {
  const { splits } = sums({ seed: 1, target: "multilabel" });
  const [ensemble, dmil] = [await reached("ensemble", splits), await reached("dmil", splits)];
  for (const name of ["redundant", "unique_a", "unique_b"]) {
    expect(ensemble.perOutput![name]!.accuracy).toBeGreaterThan(0.95);
    expect(dmil.perOutput![name]!.accuracy).toBeGreaterThan(0.95);
  }
  expect(ensemble.perOutput!.synergistic!.auroc).toBeLessThan(0.6);
  expect(dmil.perOutput!.synergistic!.auroc).toBeGreaterThan(0.9);
});
