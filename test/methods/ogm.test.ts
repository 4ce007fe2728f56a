import { expect, test } from "vitest";
import { joint } from "../../src/methods/joint.ts";
import { ogm } from "../../src/methods/ogm.ts";
import { encoders, gradientsOf, trainedBits } from "./support.ts";

const alpha = 0.8;

test("rests outside its window", () => {
  const method = ogm({ encoders: encoders(), embedding: 4, alpha, noise: true, from: 2, to: 3 });
  const plain = gradientsOf(joint({ encoders: encoders(), embedding: 4 }));
  for (const epoch of [1, 4]) expect(gradientsOf(method, 0, { epoch: [epoch] })).toEqual(plain);
  for (const epoch of [2, 3]) expect(gradientsOf(method, 0, { epoch: [epoch] })).not.toEqual(plain);
});

test("with alpha 0 is joint learning, bit for bit; with noise it is not", async () => {
  const plain = await trainedBits(joint({ encoders: encoders(), embedding: 4 }));
  expect(await trainedBits(ogm({ encoders: encoders(), embedding: 4, alpha: 0 }))).toBe(plain);
  expect(await trainedBits(ogm({ encoders: encoders(), embedding: 4, alpha: 0, noise: true }))).not.toBe(plain);
});
