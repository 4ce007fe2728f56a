/** @file Encoders that start from PyTorch's weights compute PyTorch's features (scripts/golden-weights.py). */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readWeights } from "../../src/data/formats/weights.ts";
import { encoderOf, encoderTypes } from "../../src/encoders/index.ts";
import { leaf } from "../../src/graph/expr.ts";
import { rootScope } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { decode } from "../data/fixtures/reference.ts";
import { difference } from "../support/numbers.ts";

interface Images {
  readonly input: { readonly shape: number[]; readonly values: string };
  readonly features: string;
}
const golden: {
  resnet: Images & { file: string; grey: Images };
  vit: Images & { torchvision: string; resized: Images };
} = JSON.parse(readFileSync(new URL("./weights.json", import.meta.url), "utf8"));
const floats = (base64: string): Float32Array => new Float32Array(decode(base64).slice().buffer);

const resnet = { kind: "resnet18", width: 2, layout: "last", weights: "w" };
const vit = { kind: "vit", width: 8, layers: 2, heads: 2, feedForward: 16, patch: 4, layout: "last", weights: "w" };
const cases = [
  ["ResNet", resnet, golden.resnet.file, golden.resnet],
  ["ResNet on one channel", resnet, golden.resnet.file, golden.resnet.grey],
  ["ViT", vit, golden.vit.torchvision, golden.vit],
  ["ViT on smaller images", vit, golden.vit.torchvision, golden.vit.resized],
] as const;

for (const [name, settings, file, { input, features }] of cases) {
  const known = encoderTypes[settings.kind]?.published !== undefined;
  if (!known)
    console.warn(
      `SKIPPED: there is no encoder ${settings.kind} with published weights; its features were not compared.`,
    );
  test.runIf(known)(`features of ${name} are PyTorch's`, async () => {
    const [batch, ...sample] = input.shape as [number, ...number[]];
    const encoder = encoderOf(settings, sample, "face", new Map([["w", await readWeights(decode(file))]]));
    const { scope } = rootScope({ training: false });
    const output = encoder.build(scope, leaf("input", "x", [batch, ...sample]));
    const values = Object.entries(encoder.values!).map(([path, { data }]) => [path, data] as const);
    const [result] = interpret([output], { ...Object.fromEntries(values), x: floats(input.values) });
    expect(difference(result!.data, floats(features))).toBeLessThan(1e-5);
  });
}
