import { describe, expect, it } from "vitest";
import {
  bayesAccuracy,
  countTable,
  GATES,
  informationTerms,
  jointTable,
  logicGate,
  mixture,
  mixtureRows,
  pid,
  sampleRows,
  TYPES,
} from "../../../src/info/index.ts";
import { type GoldenPid, golden } from "../golden.ts";

const file = golden<{ distributions: GoldenPid[] }>("pid.json");
const weights = { R: 5, U1: 1, U2: 7, S: 3 };

describe("gates", () => {
  it("atoms sum to the information of their tables", () => {
    for (const name of GATES) {
      const { table, broja } = logicGate(name);
      const { I1, I2, I12 } = informationTerms(table);
      expect(broja.R + broja.U1, name).toBeCloseTo(I1, 12);
      expect(broja.R + broja.U2, name).toBeCloseTo(I2, 12);
      expect(broja.R + broja.U1 + broja.U2 + broja.S, name).toBeCloseTo(I12, 12);
    }
    expect(() => logicGate("nand" as "and")).toThrow('did you mean "and"?');
  });
});

describe("mixture", () => {
  it.each([2, 3, 4])("with %i symbols, each type holds log2 m bits in its own atom", (m) => {
    const zero = { R: 0, U1: 0, U2: 0, S: 0 };
    for (const type of TYPES) {
      const { table, bits } = mixture({ weights: { ...zero, [type]: 1 }, cue: "hidden", symbols: m });
      const atoms = pid(table);
      for (const name of TYPES) expect(atoms[name]).toBeCloseTo(name === type ? bits : 0, 9);
    }
    const { table, pooled } = mixture({ weights, cue: "both", symbols: m });
    const atoms = pid(table);
    for (const name of TYPES) expect(atoms[name]).toBeCloseTo(pooled![name], 9);
  });

  it("shows the type to whom the cue says", () => {
    expect(mixture({ weights, cue: "both" }).typeIsDetermined).toBe(true);
    expect(mixture({ weights, cue: "first" }).typeIsDetermined).toBe(true);
    expect(mixture({ weights, cue: "hidden" }).typeIsDetermined).toBe(false);
    expect(mixture({ weights, cue: "first" }).table.shape).toEqual([8, 2, 2]);
    expect(mixture({ weights, cue: "hidden" }).pooled).toBeUndefined();
    expect(bayesAccuracy(mixture({ weights, cue: "both" }).table).joint).toBeCloseTo(1, 12);
  });

  it("refuses weights that are no shares", () => {
    expect(() => mixture({ weights: { ...weights, R: -1 }, cue: "both" })).toThrow("0 or more");
    expect(() => mixture({ weights: { R: 0, U1: 0, U2: 0, S: 0 }, cue: "both" })).toThrow("sum above 0");
    expect(() => mixture({ weights: { ...weights, U3: 1 } as typeof weights, cue: "both" })).toThrow('option "U3"');
  });

  it("draws rows whose law is the table's and whose types are known", () => {
    const made = mixture({ weights, cue: "first" });
    const rows = mixtureRows(made, { rows: 20_000, seed: 3 });
    const again = mixtureRows(made, { rows: 20_000, seed: 3 });
    expect(rows.y.every((y, i) => y === again.y[i])).toBe(true);
    const other = mixtureRows(made, { rows: 20_000, seed: 4 });
    expect(rows.y.every((y, i) => y === other.y[i])).toBe(false);
    for (let c = 0; c < 4; c++) {
      const share = rows.c.reduce((count, value) => count + (value === c ? 1 : 0), 0) / 20_000;
      expect(Math.abs(share - made.weights[TYPES[c]!])).toBeLessThan(4 * Math.sqrt(0.25 / 20_000));
    }
    const wrong = rows.c.filter((c, i) => {
      const [bit1, bit2] = [rows.x1[i]! % 2, rows.x2[i]!];
      return rows.y[i] !== [bit1, bit1, bit2, bit1 ^ bit2][c] || Math.floor(rows.x1[i]! / 2) !== c;
    });
    expect(wrong).toHaveLength(0);
  });
});

describe("sampleRows", () => {
  it("never draws a cell of probability 0 and keeps the frequencies of the rest", () => {
    const data = [0, 1, 0, 5, 0, 0, 2.5, 1e-9, 0];
    const columns = sampleRows({ shape: [3, 3], data }, { rows: 50_000, seed: 1 });
    const drawn = countTable(columns, [3, 3]);
    drawn.p.forEach((p, i) => {
      const want = jointTable({ shape: [3, 3], data }).p[i]!;
      if (want === 0) expect(p).toBe(0);
      expect(Math.abs(p - want)).toBeLessThan(4 * Math.sqrt(0.25 / 50_000));
    });
    expect(() => sampleRows([1], { rows: 0, seed: 0 })).toThrow("rows is 0");
    expect(() => sampleRows([1], { rows: 1, seed: 0.5 })).toThrow("seed is 0.5");
  });
});

describe.skipIf(file === undefined)("reference mixtures", () => {
  it.each((file?.distributions ?? []).filter((entry) => entry.mixture).map((entry) => [entry.name, entry] as const))(
    "%s has the cells of the generator",
    (_, entry) => {
      const want = jointTable(entry.counts).p;
      const { table } = mixture({ weights: entry.mixture!.weights, cue: entry.mixture!.cue });
      expect(table.p.length).toBe(want.length);
      for (let i = 0; i < want.length; i++) expect(table.p[i]).toBeCloseTo(want[i]!, 15);
    },
  );
});
