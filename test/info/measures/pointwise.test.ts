import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  informationTerms,
  jointTable,
  logicGate,
  POINTWISE_MEASURES,
  pid,
  pointwise,
} from "../../../src/info/index.ts";
import { type GoldenPid, golden, within } from "../golden.ts";
import { tables } from "../tables.ts";

const file = golden<{ pointwiseColumns: string[]; distributions: GoldenPid[] }>("pid.json");

it("types the samples of gates", () => {
  expect([...pointwise(logicGate("xor").table).s]).toEqual([1, 1, 1, 1]);
  expect([...pointwise(logicGate("rdn").table).r]).toEqual([1, 1]);
  const unique = pointwise(logicGate("pwUnq").table);
  expect([...unique.u1].map((u, i) => u + unique.u2[i]!)).toEqual([1, 1, 1, 1]);
  expect([...unique.r]).toEqual([0, 0, 0, 0]);
  expect([...pointwise(logicGate("xor").table, { unit: "nats" }).s][0]).toBeCloseTo(Math.LN2, 15);
  expect(() => pointwise([[[1]]], { measure: "sex" as "sx" })).toThrow('did you mean "sx"?');
});

it("means are the informations, and the atoms of pid", () => {
  fc.assert(
    fc.property(tables, fc.constantFrom(...POINTWISE_MEASURES), (table, measure) => {
      const rows = pointwise(table, { measure });
      const mean = (values: Float64Array): number => values.reduce((sum, value, i) => sum + rows.p[i]! * value, 0);
      const { I1, I2, I12 } = informationTerms(table);
      const atoms = pid(table, { measure });
      expect(mean(rows.i1)).toBeCloseTo(I1, 11);
      expect(mean(rows.i2)).toBeCloseTo(I2, 11);
      expect(mean(rows.i12)).toBeCloseTo(I12, 11);
      expect(mean(rows.r)).toBeCloseTo(atoms.R, 11);
      expect(mean(rows.u1)).toBeCloseTo(atoms.U1, 11);
      expect(mean(rows.u2)).toBeCloseTo(atoms.U2, 11);
      expect(mean(rows.s)).toBeCloseTo(atoms.S, 11);
      if (measure !== "pm") return;
      // Both lattices of the pointwise measure are monotone: specificity and ambiguity are not negative.
      expect(Math.min(...rows.rPlus!, ...rows.rMinus!)).toBeGreaterThanOrEqual(-1e-12);
    }),
  );
});

describe.skipIf(file === undefined)("reference rows", () => {
  const entries = (file?.distributions ?? []).filter((entry) => entry.pointwise !== undefined);
  it.each(entries.map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
    const rows = pointwise(jointTable(entry.counts), { measure: "pm" });
    const tolerance = within(entry, "pm");
    expect(rows.p.length).toBe(entry.pointwise!.length);
    entry.pointwise!.forEach((want, i) => {
      file!.pointwiseColumns.forEach((name, column) => {
        const got = rows[name as keyof typeof rows]![i]!;
        expect(Math.abs(got - want[column]!), `${name} of row ${i}`).toBeLessThanOrEqual(tolerance);
      });
    });
  });
});
