import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encode, jointTable, mutualInformation, PID3_NODES, pid, pid3 } from "../../src/info/index.ts";
import { golden } from "./golden.ts";

interface Golden3 {
  readonly name: string;
  readonly counts: number[][][][];
  readonly [group: string]: unknown;
}
const file = golden<{ distributions: Golden3[] }>("pid3.json");

const small = fc
  .array(fc.integer({ min: 0, max: 9 }), { minLength: 24, maxLength: 24 })
  .filter((data) => data.some((count) => count > 0))
  .map((data) => jointTable({ shape: [2, 3, 2, 2], data }));

it("has all antichains of three sources, each after everything below it", () => {
  const sets = [1, 2, 3, 4, 5, 6, 7];
  let antichains = 0;
  for (let choice = 1; choice < 128; choice++) {
    const node = sets.filter((set) => (choice >> (set - 1)) & 1);
    if (node.every((a) => node.every((b) => a === b || (a & b) !== a))) antichains++;
  }
  const masks = PID3_NODES.map((name) =>
    name.split("|").map((set) => [...set].reduce((mask, source) => mask | (1 << (Number(source) - 1)), 0)),
  );
  expect(antichains).toBe(18);
  expect(new Set(masks.map((node) => String([...node].sort()))).size).toBe(18);
  masks.forEach((node, i) => {
    expect(node.every((a) => node.every((b) => a === b || (a & b) !== a))).toBe(true);
    masks.forEach((other, j) => {
      const below = node.every((outer) => other.some((inner) => (inner & outer) === inner));
      if (below && i !== j) expect(j).toBeLessThan(i);
    });
  });
});

it("gives parity to the three sources together", () => {
  const data = Float64Array.from({ length: 16 }, (_, i) => ((i ^ (i >> 1) ^ (i >> 2) ^ (i >> 3)) & 1 ? 0 : 1));
  for (const measure of ["imin", "pm"] as const) {
    const { atoms } = pid3({ shape: [2, 2, 2, 2], data }, { measure });
    expect(atoms["123"]).toBeCloseTo(1, 12);
    expect(Object.values(atoms).reduce((sum, atom) => sum + Math.abs(atom), 0)).toBeCloseTo(1, 12);
  }
});

it("sums to the informations, below every node", () => {
  fc.assert(
    fc.property(small, fc.constantFrom("imin" as const, "pm" as const), (table, measure) => {
      const { atoms, redundancy } = pid3(table, { measure });
      const total = Object.values(atoms).reduce((sum, atom) => sum + atom, 0);
      expect(total).toBeCloseTo(mutualInformation(table, [0, 1, 2], [3]), 11);
      expect(redundancy["1"]).toBeCloseTo(mutualInformation(table, [0], [3]), 11);
      expect(redundancy["23"]).toBeCloseTo(mutualInformation(table, [1, 2], [3]), 11);
      if (measure === "imin") expect(Math.min(...Object.values(atoms))).toBeGreaterThanOrEqual(-1e-12);
      // One source against the two others is the two-source decomposition.
      const grouped = encode(table, [1, 2], ([x2, x3]) => 2 * x2! + x3!); // [x23, x1, y]
      expect(pid(grouped, { measure }).R).toBeCloseTo(redundancy["1|23"]!, 11);
    }),
  );
});

it("asks for four axes", () => {
  expect(() => pid3([[[1]]])).toThrow("needs 4 axes [x1, x2, x3, y]");
  expect(() => pid3([[[[1]]]], { measure: "broja" as "pm" })).toThrow("Allowed: imin, pm");
});

describe.skipIf(file === undefined)("reference values", () => {
  it.each((file?.distributions ?? []).map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
    for (const measure of ["imin", "pm"] as const) {
      const got = pid3(entry.counts, { measure });
      for (const group of ["Redundancy", "Atoms"] as const) {
        const want = entry[`${measure}${group}`] as Record<string, number>;
        const values = group === "Atoms" ? got.atoms : got.redundancy;
        expect(Object.keys(values).sort()).toEqual(Object.keys(want).sort());
        for (const [node, value] of Object.entries(want)) {
          expect(Math.abs(values[node]! - value), node).toBeLessThanOrEqual(1e-12);
        }
      }
    }
  });
});
