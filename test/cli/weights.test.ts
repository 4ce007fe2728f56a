/** @file Published weights at the command line: paths relative to where they are written, notes, records, and export under published names. */

import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportModel } from "../../src/cli/commands/export.ts";
import { resume } from "../../src/cli/commands/resume.ts";
import { sweep } from "../../src/cli/commands/sweep.ts";
import { train } from "../../src/cli/commands/train.ts";
import { withFilesFrom } from "../../src/cli/encoder-files.ts";
import { encoderFlags } from "../../src/cli/encoder-flag.ts";
import { stream } from "../../src/core/random.ts";
import { float32, tensor } from "../../src/core/tensor.ts";
import { writeNpy } from "../../src/data/formats/npy.ts";
import { readWeights } from "../../src/data/formats/weights.ts";
import { disk } from "../../src/node/disk.ts";
import { readRecord } from "../../src/runs/record.ts";
import { decode, rejected } from "../data/fixtures/reference.ts";
import { registerHeld } from "../encoders/published/networks.ts";

const remove = registerHeld();
const golden: { resnet: { file: string } } = JSON.parse(
  readFileSync(new URL("../golden/weights.json", import.meta.url), "utf8"),
);
let folder = "";
const at = (name: string): string => path.join(folder, name);
/** The path as one would type it here. */
const typed = (name: string): string => path.relative(process.cwd(), at(name));

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "dmil-cli-weights-"));
  const random = stream(1, "images");
  for (const [split, size] of [
    ["train", 24],
    ["valid", 12],
    ["test", 12],
  ] as const) {
    const images = float32(
      [size, 3, 3, 3],
      Float32Array.from({ length: 27 * size }, () => random.normal()),
    );
    const audio = float32(
      [size, 4],
      Float32Array.from({ length: 4 * size }, () => random.normal()),
    );
    const labels = tensor(
      "int64",
      [size],
      BigInt64Array.from({ length: size }, (_, i) => BigInt(i % 2)),
    );
    await mkdir(at(`clips/${split}`), { recursive: true });
    for (const [name, array] of Object.entries({ face: images, audio, labels })) {
      await writeFile(at(`clips/${split}/${name}.npy`), writeNpy(array));
    }
  }
  await mkdir(at("nets"));
  await writeFile(at("nets/resnet.pth"), decode(golden.resnet.file));
});
afterAll(async () => {
  remove();
  await rm(folder, { recursive: true });
});

const common = { method: "joint", epochs: "1", batchSize: "8", quiet: true, backend: "wasm" };

test("--encoder with a file trains from it; resume and export know it", async () => {
  const out = at("out/a");
  const encoder = [`face=held-resnet:${typed("nets/resnet.pth")},width=2`];
  await train(at("clips"), { ...common, encoder, out });
  const { weights, config } = await readRecord(disk(out));
  expect(weights!.face).toMatchObject({ file: "resnet.pth", names: "torchvision", adapted: {}, tensors: 100 });
  expect(config.encoders!.face).toEqual({ kind: "held-resnet", width: 2, weights: typed("nets/resnet.pth") });
  expect((await resume(out, { quiet: true })).text).toMatch(/already finished/);

  const file = at("face.safetensors");
  const answer = await exportModel(out, { out: file, weightsOf: "face", names: "torchvision" });
  expect(answer.text).toMatch(
    /face\.safetensors: \d+ bytes, 100 tensors of the encoder of face, names of torchvision$/,
  );
  const { tensors } = await readWeights(disk(folder), "face.safetensors");
  expect(tensors["layer4.1.bn2.running_var"]!.shape).toEqual([16]);
});

test.each([
  [{ weightsOf: "face", out: "x.onnx" }, /weights are written as \.safetensors; --out .*x\.onnx ends in \.onnx/],
  [{ names: "torchvision", out: "x.safetensors" }, /--names applies to the weights of one encoder: add --weights-of/],
  [{ weightsOf: "face", member: "0", out: "x.safetensors" }, /--member 0: the number of a member is needed, from 1/],
  [{ weightsOf: "face", member: "2", out: "x.safetensors" }, /--member 2: the model is not a pool/],
  [{ weightsOf: "audio", out: "x.safetensors" }, /encoder of audio is of kind mlp, which has no published names/],
])("export %j is refused", async (flags, message) => {
  expect((await rejected(exportModel(at("out/a"), { ...flags, out: at(flags.out) }))).message).toMatch(message);
});

describe("paths", () => {
  test("of a configuration file are relative to its folder, also in a sweep", async () => {
    await writeFile(
      at("nets/run.yaml"),
      "encoders:\n  face: {kind: held-resnet, weights: resnet.pth}\nencoder: {hidden: [4]}\n",
    );
    const { json } = await train(at("clips"), { ...common, config: at("nets/run.yaml"), dryRun: true });
    expect(json).toMatchObject({ config: { encoders: { face: { weights: at("nets/resnet.pth") } } } });
    await writeFile(
      at("nets/sweep.yaml"),
      "data: [{path: ../clips}]\nmethods: [joint]\nseeds: [0]\nset: {epochs: 1, encoders: {face: {kind: held-resnet, weights: resnet.pth}}}\n",
    );
    const planned = await sweep([], { config: at("nets/sweep.yaml"), out: at("sweep"), workers: "1", dryRun: true });
    expect(planned.text).toMatch(/clips\s+joint\s+0.*to do/);
    await writeFile(at("nets/bad.yaml"), "encoders:\n  face: {kind: held-resnet, weights: other.pth}\n");
    const error = await rejected(train(at("clips"), { ...common, config: at("nets/bad.yaml"), dryRun: true }));
    expect(error.message).toBe(
      `${at("nets/bad.yaml")}:2:29 encoders.face.weights: ${at("nets")}: there is no file other.pth.`,
    );
  });
  test("that are absolute stay", () => {
    const settings = { encoder: { weights: "/a/b.pth" }, encoders: { x: { weights: "c.pth", width: 3 } }, data: "d" };
    expect(withFilesFrom("/y", settings)).toEqual({
      encoder: { weights: "/a/b.pth" },
      encoders: { x: { weights: "/y/c.pth", width: 3 } },
      data: "d",
    });
    const experiment = { data: [{ path: "p", settings: { encoder: { weights: "w" } } }], set: { encoders: 3 } };
    expect(withFilesFrom("y", experiment)).toEqual({
      data: [{ path: "p", settings: { encoder: { weights: "y/w" } } }],
      set: { encoders: 3 },
    });
  });
  test("of --encoder go to the setting that the kind names as its file", () => {
    expect(encoderFlags(["face=held-resnet:a/b.pth"]).map(({ path, value }) => [path.join("."), value])).toEqual([
      ["encoders.face.kind", "held-resnet"],
      ["encoders.face.weights", "a/b.pth"],
    ]);
  });
});

test("weights that do not fit are refused before anything is trained, and no run is left", async () => {
  const encoder = [`face=held-resnet:${typed("nets/resnet.pth")},width=4`];
  const error = await rejected(train(at("clips"), { ...common, encoder, out: at("out/b") }));
  expect(error.message).toMatch(
    /^--encoder face=held-resnet:.*: resnet\.pth does not fit the encoder held-resnet.*other shapes: conv1\.weight.* and \d+ more\. Use the weights/,
  );
  await expect(readFile(at("out/b/run.json"))).rejects.toThrow(/ENOENT/);
});
