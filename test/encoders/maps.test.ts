/** @file Encoders of images and sequences by convolution: sizes, layouts, frames, padding, frozen stages. */
import { describe, expect, test } from "vitest";
import { sizeOf } from "../../src/core/shape.ts";
import { conv1d } from "../../src/encoders/conv1d.ts";
import { encoderFrom, encoderOf } from "../../src/encoders/index.ts";
import { lenet } from "../../src/encoders/lenet.ts";
import { resnet18 } from "../../src/encoders/resnet18.ts";
import { asLeaf, leaf } from "../../src/graph/expr.ts";
import { transpose } from "../../src/graph/ops/index.ts";
import { rowAxes } from "../../src/graph/rows.ts";
import { initialState, type Module, rootScope } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, normals } from "../support/numbers.ts";

const B = 3;

function built(encoder: Module, sample: readonly number[], training = false, batch = B) {
  const { scope, requests } = rootScope({ training });
  const output = encoder.build(scope, leaf("input", "x", [batch, ...sample]));
  return { output, requests, parameters: [...requests.parameters.values()] };
}

/** Trained numbers; running statistics are buffers and do not count. */
const count = (encoder: Module, sample: readonly number[]): number =>
  built(encoder, sample).parameters.reduce((sum, { shape, trainable }) => sum + (trainable ? sizeOf(shape) : 0), 0);

/** What an encoder gives in evaluation mode, with random parameters and statistics. */
function answer(encoder: Module, sample: readonly number[], x: Float32Array): Float64Array {
  const { output, parameters } = built(encoder, sample, false, x.length / sizeOf(sample));
  const state = Object.entries(initialState(parameters, 1)).map(([name, { shape, data }], i) => {
    const random = name.endsWith("var") ? normals(shape, i).map((v) => 1 + Math.abs(v)) : normals(shape, i);
    return [name, /norm\./.test(name) ? random : data] as const;
  });
  return interpret([output], { ...Object.fromEntries(state), x })[0]!.data;
}

test.each([
  [1, 11_170_240],
  [2, 11_173_376],
  [3, 11_176_512],
  [10, 11_198_464],
])("resnet18 of %d channels has torchvision's number of parameters", (channels, expected) => {
  expect(count(resnet18([8, 8, channels], { layout: "last" }), [8, 8, channels])).toBe(expected);
});

test("resnet18 has 20 convolutions, 20 batch norms with 9,600 running numbers, and the maps of raw-data.md", () => {
  const { parameters, output } = built(resnet18([257, 188]), [257, 188]);
  expect(output.shape).toEqual([B, 512]);
  expect(parameters.filter(({ shape }) => shape.length === 4)).toHaveLength(20);
  const running = parameters.filter(({ trainable }) => !trainable);
  expect(running).toHaveLength(40);
  expect(running.reduce((sum, { shape }) => sum + sizeOf(shape), 0)).toBe(9_600);
  const sizes = ([h, w]: readonly [number, number]): readonly number[] => {
    const encoder = resnet18([h, w]);
    const { scope } = rootScope({ training: false });
    const x = leaf("input", "x", [1, h, w]);
    return encoder.staged!.stages.reduce((maps, stage) => stage.build(scope, maps, x), x).shape.slice(1, 3);
  };
  expect(sizes([224, 224])).toEqual([7, 7]);
  expect(sizes([257, 188])).toEqual([9, 6]);
  expect(sizes([1024, 128])).toEqual([32, 4]);
  expect(sizes([257, 1004])).toEqual([9, 32]);
});

test("lenet has MultiBench's numbers of parameters", () => {
  expect(count(lenet([28, 28]), [28, 28])).toBe(13_938);
  expect(count(lenet([112, 112]), [112, 112])).toBe(221_874);
  expect(built(lenet([28, 28]), [28, 28]).output.shape).toEqual([B, 48]);
  expect(built(lenet([112, 112]), [112, 112]).output.shape).toEqual([B, 192]);
});

test("conv1d has the size of PyTorch's layer", () => {
  expect(count(conv1d(74, { layers: 1 }), [50, 74])).toBe(14_272);
});

test("parameters have the names that published weights are mapped to", () => {
  const names = built(resnet18([9, 9], { width: 2, blocks: [1, 1] }), [9, 9]).parameters.map(({ name }) => name);
  const norm = (path: string): string[] =>
    ["scale", "shift", "running_mean", "running_var"].map((n) => `${path}.norm.${n}`);
  const unit = (path: string): string[] => [`${path}.weight`, ...norm(path)];
  expect(names.toSorted()).toEqual(
    ["stem", "stage1.0.0", "stage1.0.1", "stage2.0.0", "stage2.0.1", "stage2.0.shortcut"].flatMap(unit).toSorted(),
  );
});

const small: Record<string, readonly [Module, readonly number[]]> = {
  "lenet [H, W]": [lenet([9, 8], { width: 2 }), [9, 8]],
  "lenet frames": [lenet([2, 6, 6, 3], { width: 2 }), [2, 6, 6, 3]],
  "resnet18 [C, H, W]": [resnet18([2, 9, 8], { width: 2, blocks: [1, 1] }), [2, 9, 8]],
  "conv1d, batch norm": [conv1d(3, { width: 4, norm: "batch", pool: "mean" }), [5, 3]],
  "conv1d, padded, layer norm": [conv1d(2, { width: 4, norm: "layer", masked: true, dropout: 0.5 }), [5, 3]],
};

describe.each(Object.entries(small))("%s", (_, [encoder, sample]) => {
  const x = normals([B, ...sample], 5);
  test("computes each sample on its own; a permuted batch permutes the answers", () => {
    const { output } = built(encoder, sample);
    expect(rowAxes([output], (node) => (asLeaf(node)?.kind === "input" ? 0 : undefined)).get(output)).toBe(0);
    const width = sizeOf(sample);
    const rows = [2, 0, 1];
    const moved = Float32Array.from(
      { length: x.length },
      (_, i) => x[rows[Math.floor(i / width)]! * width + (i % width)]!,
    );
    const [before, after] = [answer(encoder, sample, x), answer(encoder, sample, moved)];
    const out = output.shape[1]!;
    rows.forEach((row, i) => {
      expect(after.slice(i * out, (i + 1) * out)).toEqual(before.slice(row * out, (row + 1) * out));
      const alone = answer(encoder, sample, x.slice(row * width, (row + 1) * width));
      expect(alone).toEqual(before.slice(row * out, (row + 1) * out));
    });
  });
  test("is rebuilt from its description, with the same parameters and numbers", () => {
    const stored = JSON.parse(JSON.stringify(encoder.description)) as Module["description"];
    const again = encoderFrom(stored, "audio");
    expect(again.description).toEqual(encoder.description);
    expect(built(again, sample).parameters).toEqual(built(encoder, sample).parameters);
    expect(answer(again, sample, x)).toEqual(answer(encoder, sample, x));
    expect(() => encoderFrom({ ...stored, depth: 3 }, "audio")).toThrowError(/unknown option "depth"/);
    const { width: __, ...rest } = stored;
    expect(() => encoderFrom({ ...rest, width: "wide" }, "audio")).toThrowError(/the encoder of audio\.width/);
  });
  test("frozen stages have no trained parameter, no update and no noise; the rest has", () => {
    const names = encoder.staged!.stages.map(({ name }) => name);
    const frozen = encoderFrom({ ...encoder.description, freeze: names[0]! }, "audio");
    const { requests, parameters } = built(frozen, sample, true);
    const inFirst = (name: string): boolean => name.startsWith(`${names[0]}.`);
    for (const { name, trainable } of parameters) {
      if (/running_/.test(name)) expect(requests.updates.has(name)).toBe(!inFirst(name));
      else expect(trainable, name).toBe(!inFirst(name));
    }
    expect([...requests.noises.keys()].some(inFirst)).toBe(false);
    const all = built(encoderFrom({ ...encoder.description, freeze: "all" }, "audio"), sample, true);
    expect(all.parameters.some(({ trainable }) => trainable)).toBe(false);
    expect(all.requests.noises.size + all.requests.updates.size).toBe(0);
    const range = encoderFrom({ ...encoder.description, freeze: `${names[0]}-${names.at(-1)}` }, "audio");
    expect(built(range, sample, true).parameters).toEqual(all.parameters);
  });
});

test("layout: the axis with few entries has the channels; without one the setting decides", () => {
  const last = normals([B, 6, 6, 3], 2);
  const [first] = interpret([transpose(leaf("input", "x", [B, 6, 6, 3]), [0, 3, 1, 2])], { x: last });
  const options = { width: 2 };
  expect(answer(lenet([3, 6, 6], options), [3, 6, 6], Float32Array.from(first!.data))).toEqual(
    answer(lenet([6, 6, 3], options), [6, 6, 3], last),
  );
  for (const sample of [
    [8, 9, 10],
    [3, 9, 3],
  ]) {
    expect(() => lenet(sample)).toThrowError(
      /can be images with .* channels \(layout: last\) or with .* \(layout: first\)/,
    );
  }
  expect(built(lenet([8, 9, 10], { layout: "first" }), [8, 9, 10]).parameters[0]!.shape).toEqual([5, 5, 8, 6]);
  expect(built(lenet([8, 9, 10], { layout: "last" }), [8, 9, 10]).parameters[0]!.shape).toEqual([5, 5, 10, 6]);
});

test("frames are averaged: a video of one image twice is the image", () => {
  const image = normals([1, 6, 6, 3], 3);
  const twice = Float32Array.from([...image, ...image]);
  const options = { width: 2 };
  const [one, two] = [
    answer(lenet([6, 6, 3], options), [6, 6, 3], image),
    answer(lenet([2, 6, 6, 3], options), [2, 6, 6, 3], twice),
  ];
  expect(difference(one, two)).toBeLessThan(1e-12);
});

test.each(["mean", "max", "both"] as const)("conv1d, pool %s: more padding changes no answer", (pool) => {
  const encoder = conv1d(2, { width: 4, layers: 2, norm: "layer", masked: true, pool });
  const steps = normals([3, 2], 4);
  const padded = (length: number): Float32Array =>
    Float32Array.from({ length: length * 3 }, (_, i) =>
      i < 9 ? (i % 3 === 2 ? 1 : steps[Math.floor(i / 3) * 2 + (i % 3)]!) : 0,
    );
  const expected = answer(encoder, [3, 3], padded(3));
  expect(expected.some((v) => v !== 0)).toBe(true);
  expect(difference(expected, answer(encoder, [8, 3], padded(8)))).toBeLessThan(1e-12);
  // A missing sequence has no valid step.
  expect(answer(encoder, [3, 3], new Float32Array(9))).toEqual(new Float64Array(expected.length));
});

test("padded samples: conv1d leaves out the channel of valid steps, encoders of images refuse them", () => {
  expect(encoderOf({ kind: "conv1d" }, [5, 3], "audio", true).description).toMatchObject({ features: 2, masked: true });
  expect(encoderOf({ kind: "conv1d" }, [5, 3], "audio").description).toMatchObject({ features: 3, masked: false });
  for (const kind of ["lenet", "resnet18"]) {
    expect(() => encoderOf({ kind }, [5, 3], "audio", true)).toThrowError(/sequences that end before the last step/);
  }
});

test("what does not fit is told with the way out", () => {
  expect(() => lenet([24, 20], { blocks: 4 })).toThrowError(/can be halved 4 times.*Set blocks to 3 or less/);
  expect(() => lenet([1, 20])).toThrowError(/can be halved 0 times/);
  expect(() => lenet([28, 28], { freeze: "blok0" })).toThrowError(
    /freeze is "blok0": there is no stage "blok0"; did you mean "block0"\? Allowed: none, all, block0.*block0-block1/,
  );
  expect(() => resnet18([28, 28], { freeze: "stage2-stem" })).toThrowError(
    /freeze is "stage2-stem"; a range goes from a stage to a later one/,
  );
  expect(() => conv1d(3, { masked: true, norm: "batch" })).toThrowError(/Use norm: layer/);
  expect(() => conv1d(3, { kernel: 4 })).toThrowError(/an odd number of steps/);
  expect(() => conv1d(3, { widht: 4 } as never)).toThrowError(/did you mean "width"/);
  expect(() => built(lenet([8, 8]), [8, 9])).toThrowError(
    /declared lenet\(\[8, 8\]\); the data has samples of \[8, 9\]/,
  );
  expect(() => built(conv1d(3), [8, 9])).toThrowError(/declared conv1d\(3\)/);
  expect(() => encoderOf({ kind: "lenet" }, [8], "audio")).toThrowError(
    /samples of audio are \[8\]; the encoder lenet reads images/,
  );
});
