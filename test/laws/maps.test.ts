/** @file Every method trains on images and frames with encoders of convolutions, predicts each sample on its own, explains, and exports. */
import "../support/shared-sessions.ts";
import { describe, expect, test } from "vitest";
import { takeRows } from "../../src/data/dataset.ts";
import { hideModalities } from "../../src/data/presence.ts";

import { lenet } from "../../src/encoders/lenet.ts";
import { parametersOf } from "../../src/engine/graph.ts";
import { toOnnx } from "../../src/evaluation/export.ts";
import { widthsOf } from "../../src/evaluation/model.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { explain } from "../../src/interactions/explain.ts";
import type { MethodRecord } from "../../src/methods/define.ts";
import { methods } from "../../src/methods/index.ts";
import type { Method } from "../../src/methods/method.ts";
import { initialState } from "../../src/nn/module.ts";
import { fit } from "../../src/train/fit.ts";
import { imageShapes, imageSplits } from "../support/images.ts";
import { difference } from "../support/numbers.ts";

const N = 16;
const splits = imageSplits(N);

function methodOf(factory: MethodRecord): Method {
  const one = factory.perModality ? { modality: "video" } : {};
  const encoders = {
    image: lenet(imageShapes.image, { width: 2, dropout: 0.2 }),
    video: lenet(imageShapes.video, { width: 2, freeze: "block0" }),
  };
  return factory.configure({ encoders, embedding: 4, ...one, members: 1 });
}

describe.each(Object.entries(methods))("%s", (_, factory) => {
  test("trains, predicts each sample on its own, explains and exports", async () => {
    const method = methodOf(factory);
    const epochs = Object.fromEntries(method.stages.map((stage) => [stage.name, 1]));
    const fitted = await fit(method, splits, { seed: 1, batchSize: 8, threads: 1, epochs });
    const first = initialState(parametersOf(method, widthsOf(fitted)), 1);
    const moved = (block: string): boolean[] =>
      ["weight", "norm.scale", "norm.running_mean"].map((name) => {
        const full = `encoders.video.${block}.${name}`;
        return difference(fitted.state[full]!.data, first[full]!.data) > 0;
      });
    expect(moved("block0")).toEqual([false, false, false]);
    expect(moved("block1")).toEqual([true, true, true]);
    const { test } = splits;
    const whole = await predict(fitted, test, { threads: 1 });
    const rows = [7, 0, 3];
    const some = await predict(fitted, takeRows(test, rows), { threads: 1, batchSize: 1 });
    rows.forEach((row, i) => {
      expect(difference(some.logits.slice(3 * i, 3 * i + 3), whole.logits.slice(3 * row, 3 * row + 3))).toBeLessThan(
        1e-5,
      );
    });
    const { samples: reports } = await explain(fitted, hideModalities(test, ["image"], [1]), { threads: 1 });
    expect(reports).toHaveLength(N);
    const ort = await import("onnxruntime-node");
    const session = await ort.InferenceSession.create(toOnnx(fitted));
    const feeds = Object.fromEntries(
      method.modalities.map((modality) => {
        const { data, shape } = test.modalities[modality]!;
        return [modality, new ort.Tensor("float32", data as Float32Array, [...shape])];
      }),
    );
    const { logits } = await session.run(feeds);
    expect(difference(whole.logits, logits!.data as Float32Array)).toBeLessThan(1e-5);
  });
});
