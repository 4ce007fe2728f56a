import { expect, test } from "vitest";
import { constant } from "../../src/graph/ops/index.ts";
import { cosine, i2moe, interactionLosses, replacing, triplet } from "../../src/methods/i2moe.ts";
import { joint } from "../../src/methods/joint.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { normals } from "../support/numbers.ts";
import { B, encoders, K, numbers, outputsOf, valuesOf } from "./support.ts";

const rows = (data: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: data.length / width }, (_, i) => Array.from({ length: width }, (_, j) => data[i * width + j]!));
const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.hypot(...a.map((x, i) => x - b[i]! + 1e-7));
const cosineOf = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));

test("the triplet loss and the cosine are means over the batch of their formulas", () => {
  const [a, p, n] = [1, 2, 3].map((seed) => normals([B, K], seed)) as [Float32Array, Float32Array, Float32Array];
  const [anchor, near, far] = [a, p, n].map((values) => constant([...values], [B, K]));
  const [ra, rp, rn] = [a, p, n].map((values) => rows(values, K)) as [number[][], number[][], number[][]];
  const wanted = average(ra.map((row, i) => Math.max(0, distance(row, rp[i]!) - distance(row, rn[i]!) + 1)));
  expect(numbers(triplet(anchor!, near!, far!))[0]).toBeCloseTo(wanted, 6);
  expect(numbers(cosine(anchor!, near!))[0]).toBeCloseTo(average(ra.map((row, i) => cosineOf(row, rp[i]!))), 6);
  expect(numbers(cosine(anchor!, anchor!))[0]).toBeCloseTo(1, 6);
});

test("a triplet of equal outputs is worth its margin, and a zero output gives no infinite number", () => {
  const zeros = constant(0, [B, K]);
  expect(numbers(triplet(zeros, zeros, zeros))[0]).toBeCloseTo(1, 6);
  expect(numbers(cosine(zeros, zeros))[0]).toBe(0);
});

test.each([2, 3])("of %d modalities each expert has the loss of what it stands for", (M) => {
  const C = M + 2;
  const whole = normals([C, B, K], 1);
  const replaced = normals([C, M, B, K], 2);
  const found = numbers(interactionLosses(constant([...whole], [C, B, K]), constant([...replaced], [C, M, B, K])));
  const anchor = (c: number): number[][] => rows(whole.subarray(c * B * K, (c + 1) * B * K), K);
  const variant = (c: number, m: number): number[][] =>
    rows(replaced.subarray((c * M + m) * B * K, (c * M + m + 1) * B * K), K);
  const alike = (c: number): number =>
    average(Array.from({ length: M }, (_, m) => average(anchor(c).map((row, i) => cosineOf(row, variant(c, m)[i]!)))));
  const unique = (m: number): number => {
    const others = Array.from({ length: M }, (_, j) => j).filter((j) => j !== m);
    return average(
      others.map((j) =>
        average(
          anchor(m + 1).map((row, i) =>
            Math.max(0, distance(row, variant(m + 1, j)[i]!) - distance(row, variant(m + 1, m)[i]!) + 1),
          ),
        ),
      ),
    );
  };
  const wanted = [1 - alike(0), ...Array.from({ length: M }, (_, m) => unique(m)), alike(C - 1)];
  expect(found).toEqual(wanted.map((value) => expect.closeTo(value, 5)));
});

test("each replaced modality is noise of the expert's own, the others are as they were", () => {
  const [M, C, E] = [3, 5, 4];
  const z = normals([M, B, E], 1);
  const noise = normals([C, M, B, E], 2);
  const found = interpret([replacing(constant([...z], [M, B, E]), constant([...noise], [C, M, B, E]))], {})[0]!;
  expect(found.shape).toEqual([C, M * B, M * E]);
  for (let c = 0; c < C; c++)
    for (let m = 0; m < M; m++)
      for (let i = 0; i < B; i++)
        for (let j = 0; j < M; j++)
          for (let e = 0; e < E; e++) {
            const own = j === m ? noise[((c * M + m) * B + i) * E + e]! : z[(j * B + i) * E + e]!;
            expect(found.data[(c * M * B + m * B + i) * M * E + j * E + e]).toBeCloseTo(own, 6);
          }
});

test("the prediction is the sum of the experts' outputs by the gate's shares", () => {
  const method = i2moe({ encoders: encoders(3), embedding: 4 });
  const { logits, components } = outputsOf(method, false);
  expect(components.names).toEqual(["redundant", "unique_a", "unique_b", "unique_c", "synergistic"]);
  const [whole, parts, gate] = valuesOf(method as never, [logits, components.logits, components.gate]);
  const C = components.names.length;
  for (let i = 0; i < B; i++) {
    const shares = Array.from({ length: C }, (_, c) => gate![i * C + c]!);
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    for (let k = 0; k < K; k++) {
      const sum = shares.reduce((total, share, c) => total + share * parts![(c * B + i) * K + k]!, 0);
      expect(whole![i * K + k]).toBeCloseTo(sum, 5);
    }
  }
});

test("bad options are named", () => {
  expect(() => i2moe({ encoders: encoders(), interaction: -1 })).toThrow(/interaction/);
  expect(() => joint({ encoders: encoders(), temperature: 1 } as never)).toThrow(/temperature/);
});
