/** @file Laws of exported files: run by themselves on raw data they say what `explain` reports, for every method and kind of target. */

import { describe, expect, test } from "vitest";
import type { Dataset } from "../../src/data/dataset.ts";
import { toOnnx } from "../../src/evaluation/export.ts";
import type { Fitted } from "../../src/evaluation/model.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { report } from "../../src/interactions/explain.ts";
import type { SampleReport } from "../../src/interactions/report.ts";
import { expectedOf, exportCases, feedsOf } from "../support/exported.ts";
import { difference } from "../support/numbers.ts";

/** A file at work: named tables of what it says of data. */
async function opened(fitted: Fitted, missing: boolean) {
  const ort = await import("onnxruntime-node");
  const session = await ort.InferenceSession.create(toOnnx(fitted, { missing }));
  return async (data: Dataset): Promise<Record<string, Float32Array>> => {
    const feeds = Object.entries(feedsOf(fitted, data, missing)).flatMap(([name, { dims, data: values }]) =>
      session.inputNames.includes(name) ? [[name, new ort.Tensor("float32", values, [...dims])] as const] : [],
    );
    const out = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(Object.entries(out).map(([name, { data: own }]) => [name, own as Float32Array]));
  };
}

async function expectSame(fitted: Fitted, data: Dataset, read: Awaited<ReturnType<typeof opened>>): Promise<void> {
  const file = await read(data);
  const predictions = await predict(fitted, data);
  const { samples } = report(predictions, data, fitted);
  const expected = expectedOf(fitted.target, predictions, samples);
  for (const [name, values] of Object.entries(expected)) {
    expect(difference(values, file[name]!), name).toBeLessThan(name === "bits" ? 1e-4 : 1e-5);
  }
  expect("gate" in file).toBe("gate" in expected);
  if (fitted.target.kind === "multiclass") expectUnimodal(fitted, samples, file.unimodal_probabilities!);
}

/** Each modality's own prediction has the probability that the report gives it. */
function expectUnimodal(
  { method: { modalities }, target: { names } }: Fitted,
  samples: readonly SampleReport[],
  file: Float32Array,
): void {
  const gaps = samples.flatMap((sample, i) =>
    modalities.map((name, m) => {
      const { prediction, probability } = sample.modalities[name]!;
      const at = (i * modalities.length + m) * names.length + names.indexOf(prediction!);
      return Math.abs(file[at]! - probability!);
    }),
  );
  expect(Math.max(...gaps), "unimodal").toBeLessThan(1e-5);
}

/** What a file of each kind has not: values have no probabilities, and several labels no bits. */
const others = {
  multiclass: ["values"],
  ordinal: ["values", "bits"],
  multilabel: ["values", "bits"],
  regression: ["probabilities", "unimodal_probabilities", "logits", "bits"],
} as const;

describe("the file says what explain reports", () => {
  test.each(exportCases().map((own) => [own.name, own] as const))("%s", async (_, { fitted, whole, gaps }) => {
    await expectSame(fitted, whole, await opened(fitted, false));
    const read = await opened(fitted, true);
    await expectSame(fitted, whole, read);
    await expectSame(fitted, gaps, read);
    for (const absent of others[fitted.target.kind]) expect(Object.keys(await read(whole))).not.toContain(absent);
  });
});
