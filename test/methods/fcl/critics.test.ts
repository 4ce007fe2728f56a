import { expect, test } from "vitest";
import type { Expr } from "../../../src/graph/expr.ts";
import { constant, leaf } from "../../../src/graph/index.ts";
import { type Critic, club, critic, nce, scores } from "../../../src/methods/fcl/critics.ts";
import { initialState, rootScope } from "../../../src/nn/module.ts";
import { interpret } from "../../../src/runtime/reference.ts";
import { normals } from "../../support/numbers.ts";

const [N, A, C, H] = [7, 3, 2, 5];
const { scope, requests } = rootScope({ training: true });
const own: Critic = critic(scope, [A, C], H);
const state = initialState(requests.parameters.values(), 1);
const stored = Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, data.map((v) => 3 * v)]));
const all = scores(own, leaf("input", "a", [N, A]), leaf("input", "b", [N, C]));
const data = { a: normals([N, A], 2), b: normals([N, C], 3) };
const read = (expr: Expr, given: Record<string, Float32Array> = {}): Float64Array =>
  interpret([expr], { ...stored, ...data, ...given })[0]!.data;

test("a critic that says the same of every pair bounds by 0, from below and above", () => {
  const same = { outer: new Float32Array(H) };
  expect(read(nce(all), same)[0]).toBeCloseTo(0, 12);
  expect(read(club(all), same)[0]).toBeCloseTo(0, 12);
});

test("NCE is at most ln N, which a critic that knows its pairs reaches", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const wild = constant(
      [...normals([N, N], seed)].map((v) => 10 * v),
      [N, N],
    );
    expect(interpret([nce(wild)], {})[0]!.data[0]).toBeLessThanOrEqual(Math.log(N));
  }
  const knows = constant(
    Array.from({ length: N * N }, (_, i) => (i % (N + 1) === 0 ? 50 : 0)),
    [N, N],
  );
  expect(interpret([nce(knows)], {})[0]!.data[0]).toBeCloseTo(Math.log(N), 9);
});

test("a score of b alone changes nothing of NCE", () => {
  const plain = normals([N, N], 4);
  const shifted = [...plain].map((v, i) => v + 3 * Math.floor(i / N));
  const [before, after] = interpret([nce(constant([...plain], [N, N])), nce(constant(shifted, [N, N]))], {});
  expect(after!.data[0]).toBeCloseTo(before!.data[0]!, 6);
});

test("CLUB of pairs that have nothing to do with each other is 0 on average, whatever the critic", () => {
  let total = 0;
  let size = 0;
  for (let shift = 0; shift < N; shift++) {
    const a = data.a.map((_, i) => data.a[(i + shift * A) % (N * A)]!);
    const value = read(club(all), { a })[0]!;
    total += value;
    size += Math.abs(value);
  }
  expect(size).toBeGreaterThan(0.1);
  expect(total).toBeCloseTo(0, 6);
});
