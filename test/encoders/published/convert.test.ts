/** @file Published names against ours: every number arrives where it belongs, and back; whatever does not fit is named. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import type { DmilError } from "../../../src/core/errors.ts";
import { sizeOf } from "../../../src/core/shape.ts";
import { float32, type State, type Tensor, tensor } from "../../../src/core/tensor.ts";
import { writeSafetensors } from "../../../src/data/formats/safetensors.ts";
import { readWeights, type Weights } from "../../../src/data/formats/weights.ts";
import { aboutWeights, parametersOf, publishedState, withWeights } from "../../../src/encoders/published/convert.ts";
import type { PublishedNames } from "../../../src/encoders/published/names.ts";
import { bicubic } from "../../../src/encoders/published/resize.ts";
import { resnetNames } from "../../../src/encoders/published/resnet.ts";
import { vitNames } from "../../../src/encoders/published/vit.ts";
import type { Module } from "../../../src/nn/module.ts";
import { disk } from "../../../src/node/disk.ts";
import { caught, decode } from "../../data/fixtures/reference.ts";
import { difference } from "../../support/numbers.ts";
import { heldResnet, heldVit } from "./networks.ts";

interface Golden {
  readonly resnet: { file: string; arrays: Record<string, string> };
  readonly vit: Record<"torchvision" | "former" | "timm" | "huggingface", string>;
  readonly bicubic: { maps: number[]; sizes: { size: [number, number]; values: number[] }[] };
}
const golden: Golden = JSON.parse(readFileSync(new URL("../../golden/weights.json", import.meta.url), "utf8"));
const vit = vitNames;
const sample = [16, 16, 3];
const resnetFile = (): Promise<Weights> => readWeights(decode(golden.resnet.file));
const vitFile = (names: keyof Golden["vit"]): Promise<Weights> => readWeights(decode(golden.vit[names]));

const hashes = (state: State): Record<string, string> =>
  Object.fromEntries(
    Object.entries(state).map(([name, { data }]) => [name, createHash("sha256").update(data).digest("hex")]),
  );
/** A copy with some tensors replaced, or removed where `undefined` is given. */
const changed = (weights: Weights, changes: Record<string, Tensor | undefined>): Weights => ({
  ...weights,
  tensors: Object.fromEntries(
    Object.entries({ ...weights.tensors, ...changes }).filter(
      (entry): entry is [string, Tensor] => entry[1] !== undefined,
    ),
  ),
});

describe("ResNet-18 of torchvision", () => {
  test("every array has PyTorch's numbers in our layout; what is ignored is named", async () => {
    const { values, weights } = withWeights(heldResnet(), resnetNames, await resnetFile(), sample);
    expect(hashes(values!)).toEqual(golden.resnet.arrays);
    expect(Object.keys(values!)).toHaveLength(100);
    expect(weights).toMatchObject({ names: "torchvision", tensors: 100, adapted: {}, file: "weights" });
    expect(weights!.ignored.filter((name) => !name.endsWith("num_batches_tracked"))).toEqual(["fc.weight", "fc.bias"]);
    expect(weights!.ignored).toHaveLength(22);
    expect(aboutWeights("face", weights!)).toMatch(
      /^face starts from weights \(names of torchvision, SHA-256 [\da-f]{12}\): 100 tensors; ignored: fc\.weight, fc\.bias, 20 num_batches_tracked$/,
    );
  });
  test("one channel is the sum over RGB, N channels each the sum / N; both are recorded", async () => {
    const file = await resnetFile();
    const rgb = file.tensors["conv1.weight"]!.data;
    for (const channels of [1, 2, 5]) {
      const { values, weights } = withWeights(heldResnet(channels), resnetNames, file, [16, 16, channels]);
      const stem = values!["stem.weight"]!;
      expect(stem.shape).toEqual([7, 7, channels, 2]);
      for (const [o, y, x, c] of [
        [0, 0, 0, 0],
        [1, 3, 5, channels - 1],
        [1, 6, 6, 0],
      ] as const) {
        const total = [0, 1, 2].reduce((sum, i) => sum + Number(rgb[((o * 3 + i) * 7 + y) * 7 + x]), 0);
        expect(stem.data[((y * 7 + x) * channels + c) * 2 + o]).toBeCloseTo(total / channels, 6);
      }
      expect(weights!.adapted).toEqual({
        "stem.weight": `3 input channels -> ${channels}: ${channels === 1 ? "the sum" : `each 1/${channels} of the sum`} over the 3`,
      });
    }
  });
  test("back to the published names: the same tensors", async () => {
    const file = await resnetFile();
    const module = withWeights(heldResnet(), resnetNames, file, sample);
    const { names, state } = publishedState(module, resnetNames, undefined, module.values!, sample);
    expect(names).toBe("torchvision");
    expect(Object.keys(state)).toHaveLength(100);
    for (const [name, { shape, data }] of Object.entries(state)) {
      expect([name, shape, data]).toEqual([name, file.tensors[name]!.shape, file.tensors[name]!.data]);
    }
    const error = caught(() => publishedState(module, resnetNames, "timm", module.values!, sample));
    expect(error.message).toBe("--names timm: names of resnet18 are those of torchvision.");
  });
});

describe("ViT", () => {
  test("torchvision, its former names, timm and Hugging Face give the same values", async () => {
    const first = withWeights(heldVit(), vit, await vitFile("torchvision"), sample);
    expect(Object.keys(first.values!)).toEqual(parametersOf(heldVit(), sample).map(({ name }) => name));
    for (const [file, names] of [
      ["former", "torchvision"],
      ["timm", "timm"],
      ["huggingface", "huggingface"],
    ] as const) {
      const { values, weights } = withWeights(heldVit(), vit, await vitFile(file), sample);
      expect(hashes(values!)).toEqual(hashes(first.values!));
      expect(weights!.names).toBe(names);
      expect(weights!.ignored).toHaveLength(2);
    }
  });
  test("patches are rows of (row, column, channel), linear layers are transposed", async () => {
    const file = await vitFile("torchvision");
    const { values } = withWeights(heldVit(), vit, file, sample);
    const conv = file.tensors["conv_proj.weight"]!.data;
    const rows = values!["patch.weight"]!.data;
    for (const [y, x, c, d] of [
      [0, 1, 2, 3],
      [3, 2, 1, 7],
      [2, 0, 0, 0],
    ] as const) {
      expect(rows[((y * 4 + x) * 3 + c) * 8 + d]).toBe(conv[((d * 3 + c) * 4 + y) * 4 + x]);
    }
    const weight = file.tensors["encoder.layers.encoder_layer_1.mlp.0.weight"]!; // [16, 8]
    expect(values!["blocks.1.mlp.0.weight"]!.data[3 * 16 + 5]).toBe(weight.data[5 * 8 + 3]);
  });
  test.each(["torchvision", "timm", "huggingface"] as const)("back to the names of %s", async (names) => {
    const file = await vitFile(names);
    const module = withWeights(heldVit(), vit, file, sample);
    const { state } = publishedState(module, vit, names, module.values!, sample);
    const prefix = names === "huggingface" ? "vit." : "";
    expect(Object.keys(state)).toHaveLength(Object.keys(file.tensors).length - 2);
    for (const [name, { shape, data }] of Object.entries(state)) {
      const original = file.tensors[prefix + name]!;
      expect([name, shape, data]).toEqual([name, original.shape, original.data]);
    }
  });
  test("positions of another grid are resized, the class token's is kept", async () => {
    const file = await vitFile("timm");
    const { values, weights } = withWeights(heldVit({ grid: [2, 5] }), vit, file, [8, 20, 3]);
    const positions = file.tensors.pos_embed!.data as Float32Array;
    const got = values!.positions!;
    expect(got.shape).toEqual([1, 11, 8]);
    expect(got.data.slice(0, 8)).toEqual(positions.slice(0, 8));
    expect(got.data.slice(8)).toEqual(bicubic(positions.subarray(8), [4, 4], [2, 5], 8));
    expect(weights!.adapted).toEqual({ positions: "4 x 4 positions -> 2 x 5, resized bicubically" });
  });
  test("channels in front, samples without channels; without sizes nothing is read", async () => {
    const file = await vitFile("timm");
    const module = heldVit({ grid: [2, 5] });
    const other = (description: object): Module => ({
      ...module,
      description: { kind: "vit", patch: [4, 4], ...description },
    });
    const expected = withWeights(module, vit, file).values!.positions;
    for (const description of [{ sample: [3, 8, 20], layout: "first" }, { sample: [8, 20] }]) {
      expect(withWeights(other(description), vit, file, [8, 20, 3]).values!.positions).toEqual(expected);
    }
    expect(caught(() => withWeights(other({ patch: 4 }), vit, file, [8, 20, 3])).message).toMatch(
      /no sizes of patches/,
    );
    expect(caught(() => withWeights(heldResnet(), resnetNames, file)).message).toMatch(/has no sample shape/);
  });
  test("one channel and another size of patch", async () => {
    const file = await vitFile("timm");
    const grey = withWeights(heldVit({ channels: 1 }), vit, file, [16, 16, 1]);
    expect(grey.values!["patch.weight"]!.shape).toEqual([16, 8]);
    expect(grey.weights!.adapted["patch.weight"]).toMatch(/3 input channels -> 1: the sum over the 3/);
    expect(caught(() => withWeights(heldVit({ patch: [8, 2] }), vit, file, sample)).message).toMatch(
      /patch_embed\.proj\.weight for patch\.weight: its patches are 4 x 4, those of the encoder 8 x 2/,
    );
  });
});

test("bicubic resizing is PyTorch's", () => {
  const maps = Float32Array.from(golden.bicubic.maps);
  for (const { size, values } of golden.bicubic.sizes) {
    expect(difference(bicubic(maps, [4, 4], size, 2), values)).toBeLessThan(1e-6);
  }
  expect(bicubic(maps, [4, 4], [4, 4], 2)).toEqual(maps);
});

describe("what does not fit is listed", () => {
  const refused = (weights: Weights, module: Module = heldResnet(), names: PublishedNames = resnetNames): DmilError =>
    caught(() => withWeights(module, names, weights, sample));

  test("missing, unknown and other shapes at once", async () => {
    const file = await resnetFile();
    const error = refused(
      changed(file, {
        "layer3.0.bn1.running_var": undefined,
        "conv1.bias": float32([2]),
        "layer1.0.conv1.weight": float32([2, 3, 3, 3]),
      }),
    );
    expect(error.code).toBe("ConfigError");
    expect(error.message).toBe(
      "weights does not fit the encoder resnet18 (names of torchvision). missing: layer3.0.bn1.running_var; not known: conv1.bias; other shapes: layer1.0.conv1.weight for stage1.0.0.weight: it gives [3, 3, 3, 2], the encoder has [3, 3, 2, 2]. Use the weights of this network, or set the encoder's width, depth and patch to those of the file.",
    );
    expect(error.fields).toMatchObject({ missing: ["layer3.0.bn1.running_var"], extra: ["conv1.bias"] });
  });
  test("entries that are no tensors, integers, too few axes", async () => {
    const file = await resnetFile();
    expect(refused({ ...file, others: ["epoch"] }).message).toMatch(/not known: epoch/);
    const integers = tensor("int64", [2], new BigInt64Array(2));
    expect(refused(changed(file, { "bn1.bias": integers })).message).toMatch(
      /bn1\.bias for stem\.norm\.shift: it is int64; floats/,
    );
    expect(refused(changed(file, { "conv1.weight": float32([4]) })).message).toMatch(
      /it is \[4\], and 4 axes are needed/,
    );
  });
  test("a deeper, a wider and another network", async () => {
    expect(refused(await vitFile("timm"), heldVit({ depth: 1 }), vit).message).toMatch(
      /not known: .*blocks\.1\.norm1\.weight/,
    );
    expect(refused(await vitFile("timm"), heldVit({ depth: 3 }), vit).message).toMatch(
      /missing: blocks\.2\.norm1\.weight/,
    );
    expect(refused(await resnetFile(), heldResnet(3, 4)).message).toMatch(
      /other shapes: conv1\.weight for stem\.weight/,
    );
    expect(refused(await resnetFile(), heldVit(), vit).message).toMatch(
      /not those of a vit by torchvision \(which has conv_proj\.weight\), timm .*, huggingface .*; it has conv1\.weight, /,
    );
    expect(refused(await vitFile("timm")).message).toMatch(
      /not those of a resnet18 by torchvision \(which has conv1\.weight\)/,
    );
  });
  test("positions that are no square cannot be resized", async () => {
    const file = changed(await vitFile("timm"), { pos_embed: float32([1, 13, 8]) });
    expect(refused(file, heldVit(), vit).message).toMatch(/its 12 positions of patches are no square grid/);
  });
});

const python = process.env.DMIL_PYTHON ?? "python3";
const able = spawnSync(python, ["-c", "import torch, torchvision, safetensors"]).status === 0;
if (!able) {
  console.warn(
    `SKIPPED: ${python} cannot import torch, torchvision and safetensors (DMIL_PYTHON names another); the full ResNet-18 was not read.`,
  );
}

test.runIf(able)("the full ResNet-18, as torch.save and safetensors write it", { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "dmil-weights-"));
  const script = path.resolve(import.meta.dirname, "../../../scripts/golden-weights.py");
  const { status, stderr } = spawnSync(python, [script, "--full", folder], { encoding: "utf8" });
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  const facts = JSON.parse(readFileSync(path.join(folder, "resnet18.json"), "utf8"));
  expect([facts.keys, facts.parameters]).toEqual([122, 11_689_512]);
  for (const name of ["resnet18.pth", "resnet18.safetensors"]) {
    const file = await readWeights(disk(folder), name);
    expect(Object.keys(file.tensors)).toHaveLength(122);
    expect(file.hash).toBe(
      createHash("sha256")
        .update(readFileSync(path.join(folder, name)))
        .digest("hex"),
    );
    const { values, weights } = withWeights(heldResnet(3, 64), resnetNames, file, [64, 64, 3]);
    expect(hashes(values!)).toEqual(facts.arrays);
    const trained = Object.entries(values!).filter(([key]) => !key.includes("running_"));
    expect(trained.reduce((n, [, { shape }]) => n + sizeOf(shape), 0)).toBe(11_176_512);
    expect(weights!.file).toBe(name);
  }
  const module = withWeights(heldResnet(3, 64), resnetNames, await readWeights(disk(folder), "resnet18.pth"), sample);
  const { state } = publishedState(module, resnetNames, "torchvision", module.values!, sample);
  await disk(folder).write("back.safetensors", writeSafetensors(state, { format: "pt" }));
  const loaded = spawnSync(python, [script, "--load", folder], { encoding: "utf8" });
  expect([loaded.status, loaded.status === 0 ? "" : loaded.stderr]).toEqual([0, ""]);
  rmSync(folder, { recursive: true });
});
