import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encode, jointTable, mixture, synergyBound } from "../../src/info/index.ts";
import { golden } from "./golden.ts";
import { tables } from "./tables.ts";

interface Case {
  readonly weights: [number, number, number, number];
  readonly cue: "both" | "first" | "hidden";
  readonly encoder: string;
  readonly cIsFunctionOfXY: boolean;
  readonly [term: string]: unknown;
}
const file = golden<{ cases: Case[] }>("theorem1.json");

/** Representations of (x1, x2); the bit of a source with a cue is its symbol mod 2. */
const ENCODERS: Record<string, (symbols: readonly number[]) => number> = {
  full: ([x1, x2]) => 8 * x1! + x2!,
  x1only: ([x1]) => x1!,
  x2only: ([, x2]) => x2!,
  bits: ([x1, x2]) => 2 * (x1! % 2) + (x2! % 2),
  xorOfBits: ([x1, x2]) => (x1! + x2!) % 2,
  constant: () => 0,
};

it("a representation that keeps the type pays nothing for it", () => {
  const { joint } = mixture({ weights: { R: 1, U1: 1, U2: 1, S: 1 }, cue: "both" });
  const whole = synergyBound(encode(joint, [0, 1], ENCODERS.full!));
  expect(whole).toEqual({ IZY: 1, IZYgivenC: 1, HCgivenZ: 0, IYC: 0, lower: 1, slack: 0 });
  const one = synergyBound(encode(joint, [0, 1], ENCODERS.x1only!));
  expect(one.IZY).toBeCloseTo(0.5, 12);
  expect(one.lower).toBeCloseTo(0.5, 12);
});

it("holds for any law of (z, c, y), with the slack H(C | Z, Y) exactly", () => {
  fc.assert(
    fc.property(tables, (table) => {
      const { IZY, IZYgivenC, HCgivenZ, IYC, lower, slack } = synergyBound(table);
      expect(lower).toBe(IZYgivenC - HCgivenZ + IYC);
      expect(slack).toBeGreaterThanOrEqual(0);
      expect(Math.abs(IZY - lower - slack)).toBeLessThanOrEqual(1e-12);
    }),
  );
});

it("needs z, c and y", () => {
  expect(() => synergyBound(jointTable([[1, 2]]))).toThrow("needs 3 axes [z, c, y]");
});

describe.skipIf(file === undefined)("reference values", () => {
  const named = (file?.cases ?? []).map((entry) => [`${entry.weights} ${entry.cue} ${entry.encoder}`, entry] as const);
  it.each(named)("%s", (_, entry) => {
    const [R, U1, U2, S] = entry.weights;
    const { joint, typeIsDetermined } = mixture({ weights: { R, U1, U2, S }, cue: entry.cue });
    const terms = synergyBound(encode(joint, [0, 1], ENCODERS[entry.encoder]!));
    expect(typeIsDetermined).toBe(entry.cIsFunctionOfXY);
    for (const [name, value] of Object.entries(terms)) {
      expect(Math.abs(value - (entry[name] as number)), name).toBeLessThanOrEqual(1e-12);
    }
    expect(terms.IZY).toBeGreaterThanOrEqual(terms.lower - 1e-12);
  });
});
