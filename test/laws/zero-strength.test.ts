/** @file Methods whose strength is zero are the method they reduce to, bit for bit, where the arithmetic is the same. */
import { expect, test } from "vitest";
import { agm } from "../../src/methods/agm.ts";
import { fe } from "../../src/methods/fe.ts";
import { joint } from "../../src/methods/joint.ts";
import { mcr } from "../../src/methods/mcr/index.ts";
import { mlb } from "../../src/methods/mlb.ts";
import { mmml } from "../../src/methods/mmml.ts";
import { ogm } from "../../src/methods/ogm.ts";
import { pmr } from "../../src/methods/pmr.ts";
import { encoders, trainedBits } from "../methods/support.ts";

test.each([2, 3])("of %i modalities: OGM, PMR, AGM and functional entropy are joint learning", async (count) => {
  const settings = { encoders: encoders(count), embedding: 4 };
  const common = (name: string): boolean => !name.startsWith("prototypes.");
  const plain = await trainedBits(joint(settings));
  expect(await trainedBits(ogm({ ...settings, alpha: 0 }))).toBe(plain);
  expect(await trainedBits(pmr({ ...settings, alpha: 0 }), common)).toBe(plain);
  expect(await trainedBits(pmr({ ...settings, form: "paper", alpha: 0 }), common)).toBe(plain);
  expect(await trainedBits(agm({ ...settings, alpha: 0 }))).toBe(plain);
  expect(await trainedBits(fe({ ...settings, lambda: 0 }))).toBe(plain);
  // And with some strength they are not.
  for (const strong of [ogm(settings), pmr(settings), agm(settings), fe({ ...settings, lambda: 0.1 })]) {
    expect(await trainedBits(strong as never, common)).not.toBe(plain);
  }
});

test.each([2, 3])("of %i modalities: MLB is MMML with a linear head is MCR without its terms", async (count) => {
  const settings = { encoders: encoders(count), embedding: 4 };
  const none = { competition: 0, contrastive: 0, bottleneck: 0, unimodal: 1, pretrain: false };
  const plain = await trainedBits(mlb({ ...settings, alpha: 0 }));
  expect(await trainedBits(mmml({ ...settings, hidden: [], dropout: 0 }))).toBe(plain);
  expect(await trainedBits(mcr({ ...settings, ...none }))).toBe(plain);
  for (const strong of [
    mlb(settings),
    mcr({ ...settings, ...none, competition: 0.1 }),
    mcr({ ...settings, ...none, contrastive: 0.1 }),
  ]) {
    expect(await trainedBits(strong as never)).not.toBe(plain);
  }
});
