import { expect, test } from "vitest";
import { type Expr, leaf } from "../../../src/graph/expr.ts";
import { grad } from "../../../src/graph/grad.ts";
import { add, constant, reshape, stopGradient } from "../../../src/graph/ops/index.ts";
import { competition, dealt, jensenShannon, type Strategy } from "../../../src/methods/mcr/competition.ts";
import { interpret } from "../../../src/runtime/reference.ts";
import { difference, normals } from "../../support/numbers.ts";
import { numbers } from "../support.ts";

const B = 5;
const K = 3;
const DEALS = 3;

/** Parts of the logits of M modalities, a bias, and random numbers for them. */
function players(count: number) {
  const parts = Array.from({ length: count }, (_, m) => leaf("parameter", `part.${m}`, [B, K]));
  const bias = leaf("parameter", "bias", [K]);
  const bindings = Object.fromEntries([
    ...parts.map((_, m) => [`part.${m}`, normals([B, K], m + 1)] as const),
    ["bias", normals([K], 9)] as const,
  ]);
  return { parts, bias, bindings };
}

test("the batch is dealt by rolls that leave no sample its own", () => {
  const rows = constant(Float32Array.of(0, 1, 2, 3, 4), [B, 1]);
  const deals = numbers(dealt(rows, 2));
  expect(deals).toEqual([1, 2, 3, 4, 0, 3, 4, 0, 1, 2]);
  for (const count of [1, 4, 32]) {
    const all = numbers(dealt(rows, count));
    expect(all.length).toBe(Math.min(count, B - 1) * B);
    expect(all.some((row, i) => row === i % B)).toBe(false);
    // No deal comes twice.
    const first = all.filter((_, i) => i % B === 0);
    expect(new Set(first).size).toBe(first.length);
  }
});

test("Jensen-Shannon: 0 for equal predictions, ln 2 for contrary ones, between them else, alike both ways, from plain numbers", () => {
  const js = (a: number[], b: number[]): number =>
    numbers(jensenShannon(constant(a, [1, 1, 1, K]), constant(b, [1, 1, 1, K])))[0]!;
  expect(js([1, 2, 3], [2, 3, 4])).toBeCloseTo(0, 12);
  expect(js([300, 0, 0], [0, 300, 0])).toBeCloseTo(Math.LN2, 12);
  const p = [0.7, 0.2, 0.1];
  const q = [0.1, 0.3, 0.6];
  const middle = p.map((own, k) => (own + q[k]!) / 2);
  const kl = (own: number[]): number => own.reduce((sum, x, k) => sum + x * Math.log(x / middle[k]!), 0);
  const value = js(p.map(Math.log), q.map(Math.log));
  expect(value).toBeCloseTo((kl(p) + kl(q)) / 2, 12);
  expect(js(q.map(Math.log), p.map(Math.log))).toBeCloseTo(value, 12);
});

/** J_T with every branch but `free` (undefined: none) held constant in the dealt prediction; the one in place is free. */
function effect(parts: readonly Expr[], bias: Expr, set: readonly number[], free: number | undefined): Expr {
  const own = parts.map((part, m) => (free === undefined || m === free ? part : stopGradient(part)));
  const moved = own.map((part, m) => (set.includes(m) ? dealt(part, DEALS) : reshape(part, [1, B, K])));
  const shape = (x: Expr): Expr => reshape(x, [1, ...x.shape]);
  const inPlace = reshape(add(parts.reduce(add), bias), [1, 1, B, K]);
  return reshape(jensenShannon(shape(add(moved.reduce(add), bias)), inPlace), []);
}

/** The definition, term by term: sign and effect. */
function byDefinition(strategy: Strategy, parts: readonly Expr[], bias: Expr): [number, Expr][] {
  const M = parts.length;
  const sets = Array.from({ length: 2 ** M - 2 }, (_, s) => parts.map((_, m) => m).filter((m) => ((s + 1) >> m) & 1));
  return sets.flatMap((set): [number, Expr][] => {
    if (strategy === "collaborative") return [[-1, effect(parts, bias, set, undefined)]];
    return parts.flatMap((_, m): [number, Expr][] => {
      if (set.includes(m)) return [[-1, effect(parts, bias, set, m)]];
      return strategy === "greedy" ? [[1, effect(parts, bias, set, m)]] : [];
    });
  });
}

test.each(
  [2, 3].flatMap((count) =>
    (["greedy", "independent", "collaborative"] as const).map((strategy) => [count, strategy] as const),
  ),
)("%i players, %s: value and gradients are those of the definition", (count, strategy) => {
  const { parts, bias, bindings } = players(count);
  const wrt = [...parts, bias];
  const own = competition({ parts, bias }, strategy, DEALS);
  const terms = byDefinition(strategy, parts, bias);
  const [value, ...gradients] = interpret([own, ...grad([{ value: own, weights: [1] }], wrt)], bindings);
  const weighted = terms.map(([sign, term]) => ({ value: term, weights: [sign] }));
  const expected = interpret([...terms.map(([, term]) => term), ...grad(weighted, wrt)], bindings);
  const total = terms.reduce((sum, [sign], i) => sum + sign * expected[i]!.data[0]!, 0);
  expect(value!.data[0]!).toBeCloseTo(total, 12);
  gradients.forEach(({ data }, i) => {
    expect(difference(data, expected[terms.length + i]!.data)).toBeLessThan(1e-12);
  });
  expect(Math.max(...gradients[0]!.data.map(Math.abs))).toBeGreaterThan(1e-3);
});

test("two greedy players: the value is exactly 0, the gradient is not, and each pulls against the other", () => {
  const { parts, bias, bindings } = players(2);
  const own = competition({ parts, bias }, "greedy", DEALS);
  const [value, first] = interpret([own, ...grad([{ value: own, weights: [1] }], parts)], bindings);
  expect(value!.data[0]).toBe(0);
  expect(Math.max(...first!.data.map(Math.abs))).toBeGreaterThan(1e-3);
});

test("samples that are all alike can be dealt without effect", () => {
  const { parts, bias, bindings } = players(2);
  const same = Object.fromEntries(
    Object.entries(bindings).map(([name, data]) => [name, name === "bias" ? data : data.map((_, i) => data[i % K]!)]),
  );
  for (const strategy of ["independent", "collaborative"] as const) {
    const own = competition({ parts, bias }, strategy, DEALS);
    expect(interpret([own], same)[0]!.data[0]!).toBeCloseTo(0, 12);
    expect(interpret([own], bindings)[0]!.data[0]!).toBeLessThan(-1e-3);
  }
});
