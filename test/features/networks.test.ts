/** @file Any ONNX network as a frozen encoder: which input takes the samples, what is pooled, and what is refused. */
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { expect, test } from "vitest";
import { runError } from "../../src/core/errors.ts";
import { stream } from "../../src/core/random.ts";
import { float32, type Tensor } from "../../src/core/tensor.ts";
import { inputsOf } from "../../src/data/inputs.ts";
import { encoderOf, frozenModelOf } from "../../src/encoders/index.ts";
import { createEncoding } from "../../src/features/frozen.ts";
import { readEncoders } from "../../src/features/settings.ts";
import { imageNet, stepsNet, vectorNet } from "../support/nets.ts";

const made: Readonly<Record<string, () => Uint8Array>> = {
  "vector.onnx": () => vectorNet(4),
  "steps.onnx": () => stepsNet(5, 3),
  "image.onnx": imageNet,
  "text.txt": () => new TextEncoder().encode("no network, but long enough to be parsed as one"),
  "empty.onnx": () => new Uint8Array(0),
};

async function read(file: string): Promise<Uint8Array> {
  const own = made[file];
  if (own !== undefined) return own();
  return readFile(path.join(import.meta.dirname, "fixtures", file)).catch(() => {
    throw runError(`there is no file ${file}.`);
  });
}

function numbers(shape: readonly number[], seed = "x"): Tensor<"float32"> {
  const draw = stream(3, seed);
  return float32(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => draw.uniform() - 0.5),
  );
}

/** The features that a file gives, and what was read from it. */
async function features(file: string, values: Tensor<"float32">, own: object = {}, present?: Uint8Array) {
  const data = inputsOf({ face: values }, present && { face: present });
  const { settings, frozen } = await readEncoders({ encoders: { face: { kind: "onnx", file, ...own } } }, data, {
    read,
  });
  const face = settings.encoders.face;
  const { description } = encoderOf(face, values.shape.slice(1), "face");
  const encoding = createEncoding({ face: description }, frozen, { threads: 1 });
  const encoded = await encoding.encode(data);
  await encoding.dispose();
  return { out: encoded.modalities.face!, model: frozenModelOf(face)! };
}

const row = ({ data, shape }: Tensor<"float32">, i: number): number[] => {
  const width = data.length / shape[0]!;
  return [...data.subarray(i * width, (i + 1) * width)];
};

test("vectors, with more samples than one call takes; the answer for a sample does not depend on the others", async () => {
  const values = numbers([70, 4]);
  const { out, model } = await features("vector.onnx", values);
  expect(model).toMatchObject({ output: "y", pool: "none", layout: "as-is", sample: [4], features: [6], batch: 0 });
  expect(out.shape).toEqual([70, 6]);
  const alone = await features("vector.onnx", float32([1, 4], row(values, 66)));
  expect(row(alone.out, 0)).toEqual(row(out, 66));
  const wide = await features("vector.onnx", float32([70, 2, 2], values.data));
  expect(wide.out.data).toEqual(out.data);
});

test("steps are pooled: mean, first, last, none", async () => {
  const values = numbers([3, 5, 3]);
  const { out: all, model } = await features("steps.onnx", values, { pool: "none" });
  expect(model.features).toEqual([5, 5]);
  const steps = row(all, 1);
  const mean = (await features("steps.onnx", values)).out;
  for (let d = 0; d < 5; d++) {
    const expected = [0, 1, 2, 3, 4].reduce((sum, t) => sum + steps[t * 5 + d]!, 0) / 5;
    expect(row(mean, 1)[d]).toBeCloseTo(expected, 6);
  }
  expect(row((await features("steps.onnx", values, { pool: "first" })).out, 1)).toEqual(steps.slice(0, 5));
  expect(row((await features("steps.onnx", values, { pool: "last" })).out, 1)).toEqual(steps.slice(20));
});

test("steps that are NaN are padding: they are in no mean, and not the last", async () => {
  const values = numbers([2, 5, 3]);
  values.data.fill(Number.NaN, 9, 15);
  for (const pool of ["mean", "last"]) {
    for (const file of ["steps.onnx", "masked.onnx"]) {
      const out = row((await features(file, values, { pool })).out, 0);
      const short = row((await features(file, values, { pool: "none" })).out, 0);
      const width = out.length;
      for (let d = 0; d < width; d++) {
        const kept = [0, 1, 2].map((t) => short[t * width + d]!);
        const expected = pool === "last" ? kept[2]! : kept.reduce((a, b) => a + b) / 3;
        expect(out[d]).toBeCloseTo(expected, 6);
      }
    }
  }
  await expect(features("steps.onnx", float32([1, 5, 3], [Number.NaN, ...numbers([14]).data]))).rejects.toThrow(
    /row 0 \(from 0\), number 0, is NaN; finite numbers are needed/,
  );
});

test("token ids: masks, types and positions are filled; padding is in no mean", async () => {
  const ids = float32([2, 6], [3, 7, 2, 0, 0, 0, 1, 2, 3, 4, 5, 6]);
  const { out, model } = await features("text.onnx", ids);
  expect(model).toMatchObject({ output: "last_hidden_state", pool: "mean", features: [4] });
  const none = (await features("text.onnx", ids, { pool: "none" })).out;
  const steps = row(none, 0);
  expect(steps.slice(12).map(Math.abs)).toEqual(new Array(12).fill(0));
  for (let d = 0; d < 4; d++) expect(row(out, 0)[d]).toBeCloseTo((steps[d]! + steps[4 + d]! + steps[8 + d]!) / 3, 6);
  await expect(features("text.onnx", float32([1, 6], [1.5, 2, 3, 4, 5, 6]))).rejects.toThrow(
    /1\.5.*token ids, which are whole/,
  );
});

test("an inner value, several outputs, channels that are moved", async () => {
  const values = numbers([4, 8, 8, 3]);
  await expect(features("image.onnx", values)).rejects.toThrow(
    /image\.onnx has 2 outputs; choose one with output: maps, logits/,
  );
  const { out } = await features("image.onnx", values, { output: "logits" });
  expect(out.shape).toEqual([4, 4]);
  const older = await features("older.onnx", values, { output: "maps" });
  expect(older.model).toMatchObject({ layout: "channels-last", pool: "mean", features: [4], axes: [4, 6, 6] });
  const means = await features("older.onnx", values, { output: "means" });
  expect(means.model.features).toEqual([4]);
  for (const [i, value] of means.out.data.entries()) expect(older.out.data[i]).toBeCloseTo(value, 5);
  const moved = float32([4, 3, 8, 8]);
  for (let at = 0; at < values.data.length; at++) {
    const [sample, pixel, channel] = [Math.floor(at / 192), Math.floor(at / 3) % 64, at % 3];
    moved.data[sample * 192 + channel * 64 + pixel] = values.data[at]!;
  }
  expect((await features("older.onnx", moved, { output: "means" })).out.data).toEqual(means.out.data);
  await expect(features("older.onnx", values, { output: "mean" })).rejects.toThrow(/no output or inner value "mean"/);
  await expect(features("older.onnx", values, { output: "maps", layout: "as-is" })).rejects.toThrow(
    /do not fit with layout as-is/,
  );
});

test("networks for one sample at a time, declared or not; an axis of size 1 is added", async () => {
  const { out, model } = await features("one.onnx", numbers([3, 6, 6]));
  expect(model).toMatchObject({ batch: 1, features: [3] });
  expect(out.shape).toEqual([3, 3]);
  const values = numbers([5, 4]);
  const claims = await features("claims.onnx", values);
  expect(claims.model.batch).toBe(1);
  expect(claims.out.data).toEqual(values.data);
});

test("samples that lack the modality are not read, and have zeros", async () => {
  const values = numbers([4, 4]);
  values.data.fill(Number.NaN, 0, 4);
  const { out } = await features("vector.onnx", values, {}, Uint8Array.of(0, 1, 1, 1));
  expect(row(out, 0)).toEqual(new Array(6).fill(0));
  const rest = (await features("vector.onnx", float32([3, 4], values.data.slice(4)))).out;
  expect([...row(out, 1), ...row(out, 2), ...row(out, 3)]).toEqual([...rest.data]);
});

test.each([
  ["missing.onnx", [2, 4], {}, /the ONNX file missing\.onnx cannot be read: there is no file/],
  ["text.txt", [2, 4], {}, /text\.txt: this is not an ONNX model/],
  ["empty.onnx", [2, 4], {}, /empty\.onnx: this is not an ONNX model/],
  ["vector.onnx", [2, 5], {}, /the input is x \[batch, 4\]; samples of \[5\] do not fit/],
  ["vector.onnx", [2, 4], { output: "z" }, /there is no output or inner value "z"/],
  ["vector.onnx", [2, 4], { pool: "mean" }, /is \[batch, 6\], so there are no steps to pool; remove pool mean/],
  [
    "older.onnx",
    [2, 3, 8, 8],
    { output: "maps", pool: "last" },
    /maps \[batch, channels, height, width\] have pool mean or none, not last/,
  ],
  ["pair.onnx", [2, 4], {}, /pair\.onnx reads 2 arrays \(left \[batch, 4\], right \[batch, 4\]\)/],
  ["all.onnx", [2, 4], {}, /the output y is \[4\] for 2 samples; its first axis must be that of the samples/],
])("%s with samples of %j and %j is refused", async (file, shape, own, message) => {
  await expect(features(file, numbers(shape), own)).rejects.toThrow(message);
});

test("features that are not finite are refused with the row", async () => {
  const values = float32([40, 4]);
  values.data[35 * 4 + 2] = 100;
  await expect(features("old.onnx", values)).rejects.toThrow(/the feature 2 of row 35 \(from 0\) is Infinity/);
});

test("settings whose file has changed are refused", async () => {
  const data = { modalities: { face: numbers([3, 4]) } };
  const { settings } = await readEncoders({ encoders: { face: { kind: "onnx", file: "vector.onnx" } } }, data, {
    read,
  });
  await expect(readEncoders(settings, data, { read: () => read("old.onnx") })).rejects.toThrow(
    /vector\.onnx has changed/,
  );
});
