import { expect, test } from "vitest";
import { parametersOf, stageGraph } from "../../src/engine/graph.ts";
import { joint } from "../../src/methods/joint.ts";
import { mmml } from "../../src/methods/mmml.ts";
import { B, encoders, outputsOf, trainedBits, valuesOf, widths } from "./support.ts";

test("with weight 0 and one hidden layer it is joint learning with that head, bit for bit", async () => {
  const shared = (name: string): boolean => !name.startsWith("heads.") && name !== "head.mean";
  const plain = await trainedBits(joint({ encoders: encoders(), embedding: 4, head: "mlp" }), shared);
  const same = mmml({ encoders: encoders(), embedding: 4, unimodal: 0, dropout: 0, hidden: [4] });
  expect(await trainedBits(same, shared)).toBe(plain);
});

test("the loss is the cross-entropy of the prediction and, weighted, of each modality", () => {
  const method = mmml({ encoders: encoders(3), embedding: 4, unimodal: 0.5 });
  const { terms } = stageGraph(method, method.stages[0] as never, widths(method), B);
  expect(terms.flatMap(({ names }) => names)).toEqual(["ce.prediction", "ce.only.a", "ce.only.b", "ce.only.c"]);
  expect(terms.flatMap(({ weights }) => weights)).toEqual([1, 0.5, 0.5, 0.5]);
});

test("the fusion network has the published shape, and nothing is dropped when it answers", () => {
  const method = mmml({ encoders: encoders(3), embedding: 10 });
  const shapes = parametersOf(method, widths(method)).filter(({ name }) => /^head\..*weight/.test(name));
  expect(shapes.map(({ shape }) => shape)).toEqual([
    [30, 10],
    [10, 10],
    [10, 5],
    [5, 3],
  ]);
  const { logits, unimodal } = outputsOf(method, false);
  const train = outputsOf(method, true);
  const masks = {
    "heads.mask": new Float32Array(3 * B * 10).fill(1),
    "encoders.a.0.mask": new Float32Array(B * 6).fill(1),
  };
  expect(valuesOf(method, [train.logits, train.unimodal], masks)).toEqual(valuesOf(method, [logits, unimodal]));
  expect(valuesOf(method, [train.logits])).not.toEqual(valuesOf(method, [logits]));
});
