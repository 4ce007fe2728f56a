/** @file Shapley values and interaction indices: closed forms, axioms, and shapiq's values (scripts/golden-shapley.py). */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { shapley } from "../../src/info/shapley.ts";

interface Golden {
  source: string;
  games: { players: number; values: number[]; sv: number[]; sii: number[] }[];
}
const golden = JSON.parse(readFileSync(new URL("../golden/shapley.json", import.meta.url), "utf8")) as Golden;

describe.each(golden.games)("$players players as shapiq has it", ({ players, values, sv, sii }) => {
  const own = shapley(values);
  test("values", () => {
    sv.forEach((value, i) => {
      expect(own[1 << i]).toBeCloseTo(value, 12);
    });
  });
  test("interactions of every order", () => {
    expect(sii).toHaveLength(2 ** players - 1);
    sii.forEach((value, i) => {
      expect(own[i + 1]).toBeCloseTo(value, 12);
    });
  });
  test("values sum to what all reach over none", () => {
    const sum = Array.from({ length: players }, (_, i) => own[1 << i]!).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(values.at(-1)! - values[0]!, 12);
  });
});

test("an additive game has no interactions; one of a pair alone has that pair's", () => {
  const gains = [0.5, -2, 3];
  const additive = Array.from({ length: 8 }, (_, mask) => gains.reduce((s, g, i) => s + (mask & (1 << i) ? g : 0), 7));
  const none = [0, 0.5, -2, 0, 3, 0, 0, 0];
  shapley(additive).forEach((value, set) => {
    expect(value).toBeCloseTo(none[set]!, 12);
  });
  const pair = Array.from({ length: 8 }, (_, mask) => ((mask & 3) === 3 ? 1 : 0));
  [0, 0.5, 0.5, 1, 0, 0, 0, 0].forEach((value, set) => {
    expect(shapley(pair)[set]).toBeCloseTo(value, 12);
  });
});

test("what is no game is refused", () => {
  for (const size of [0, 1, 3, 12]) {
    expect(() => shapley(new Float64Array(size))).toThrowError(/a game of M players has 2\^M/);
  }
  expect(() => shapley(new Float64Array(2 ** 13))).toThrowError(/13 players; from 1 to 12/);
});
