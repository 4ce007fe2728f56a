/**
 * @file The same seed gives the same bits as when this list was made: a hash of a trained model and of its predictions for each method on each
 * kind of target. WebAssembly counts alike on every machine, which the native library does not. After a change that is meant to move
 * numbers: `npx vitest run test/golden/bits.test.ts -u`.
 */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { DataSplits } from "../../src/data/dataset.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { methodNamed, methodNames, resolveMethod } from "../../src/methods/index.ts";
import { fit } from "../../src/train/fit.ts";
import { methodOf } from "../support/models.ts";

const samples = { train: 48, validation: 24, test: 16 };
const shares = { redundant: 0.3, unique: 0.2, synergistic: 0.3 };
/** The kinds by the words that the lines begin with. */
const kinds = { classes: "multiclass", labels: "multilabel", values: "regression" } as const;
const data: Readonly<Record<"classes" | "labels" | "values", DataSplits>> = {
  classes: interactionMixture({ classes: 3, noise: 0.3, samples, features: 5, shares, seed: 5 }),
  labels: sums({ seed: 5, features: 5, target: "multilabel", samples }).splits,
  values: sums({ seed: 5, features: 5, samples }).splits,
};
const engine = { backend: "wasm", threads: 1 } as const;

const serves = (name: string, kind: keyof typeof data): boolean =>
  methodNamed(resolveMethod(name).method).targets.includes(kinds[kind]) &&
  (kind !== "values" || name !== "ensemble-product");
const cases = (["classes", "labels", "values"] as const).flatMap((kind) =>
  methodNames.filter((name) => serves(name, kind)).map((name) => ({ kind, name })),
);

/** The first half of a hash of all bytes, in order. */
function hashOf(arrays: Iterable<Float32Array>): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest("hex").slice(0, 32);
}

test("every method on every kind of target", { timeout: 120_000 }, async () => {
  const lines: string[] = [];
  for (const { kind, name } of cases) {
    const splits = data[kind];
    const fitted = await fit(methodOf(name), splits, { seed: 7, batchSize: 16, epochs: 2, ...engine });
    const { logits, unimodal } = await predict(fitted, splits.test, engine);
    const state = Object.entries(fitted.state).sort(([a], [b]) => (a < b ? -1 : 1));
    const model = hashOf(state.map(([, { data: numbers }]) => numbers));
    lines.push(`${kind} ${name} model ${model} predictions ${hashOf([logits, ...Object.values(unimodal)])}`);
  }
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("bits.txt");
});
