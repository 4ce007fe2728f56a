import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Atoms,
  erasures,
  GATES,
  informationTerms,
  jointTable,
  logicGate,
  mutualInformation,
  PID_MEASURES,
  type PidMeasure,
  pid,
  type Table,
} from "../../src/info/index.ts";
import { type GoldenPid, golden, within } from "./golden.ts";
import { laws, tableBy, tables } from "./tables.ts";

const file = golden<{ distributions: GoldenPid[] }>("pid.json");
const NAMES = ["R", "U1", "U2", "S"] as const;

function expectAtoms(got: Atoms, want: Atoms, tolerance: number): void {
  for (const name of NAMES) expect(Math.abs(got[name] - want[name]), name).toBeLessThanOrEqual(tolerance);
}

/** The table with its symbols moved: cell [x1, x2, y] comes from [f(x1), g(x2), h(y)] of the old one. */
function moved(
  table: Table,
  f: (x: number) => number,
  g: (x: number) => number,
  h: (y: number) => number,
  shape: readonly [number, number, number] = table.shape as [number, number, number],
): Table {
  const [, n2, ny] = table.shape as [number, number, number];
  return tableBy(shape, (x1, x2, y) => table.p[(f(x1) * n2 + g(x2)) * ny + h(y)] ?? 0);
}

describe("closed forms, always", () => {
  it.each(GATES.map((name) => [name] as const))("broja of %s", (name) => {
    const { table, broja } = logicGate(name);
    const result = pid(table, { measure: "broja" });
    expectAtoms(result, broja, 1e-10);
    expect(result.converged).toBe(true);
    expect(result.gap).toBeLessThanOrEqual(1e-9);
  });

  it.each([
    [0.7, 0.5],
    [0.2, 0.9],
    [0.4, 0.4],
    [1, 0.3],
    [0, 0.6],
  ])("broja of two erasure channels %f, %f", (c1, c2) => {
    const { table, broja } = erasures(c1, c2);
    expectAtoms(pid(table), broja, 1e-10);
  });

  // The literal tables and atoms below stand on their own: no generator of this package made them.
  const xor = [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]; // biome-ignore format: cells
  const rdn = [[[1, 0], [0, 0]], [[0, 0], [0, 1]]]; // biome-ignore format: cells
  const unq = [[[1, 0], [1, 0]], [[0, 1], [0, 1]]]; // biome-ignore format: cells
  const copy = [[[1, 0, 0, 0], [0, 1, 0, 0]], [[0, 0, 1, 0], [0, 0, 0, 1]]]; // biome-ignore format: cells
  const silent = [[[0, 0], [1, 0], [0, 1]], [[1, 0], [0, 0], [0, 0]], [[0, 1], [0, 0], [0, 0]]]; // biome-ignore format: cells
  const l = Math.log2(1.5);
  it.each<[string, PidMeasure, number[][][], [number, number, number, number]]>([
    ["rdn", "imin", rdn, [1, 0, 0, 0]],
    ["unq", "imin", unq, [0, 1, 0, 0]],
    ["xor", "imin", xor, [0, 0, 0, 1]],
    ["copy", "imin", copy, [1, 0, 0, 1]],
    ["copy", "mmi", copy, [1, 0, 0, 1]],
    ["copy", "pmin", copy, [1, 0, 0, 1]],
    ["copy", "broja", copy, [0, 1, 1, 0]],
    ["copy", "ccs", copy, [0, 1, 1, 0]],
    ["rdn", "ccs", rdn, [1, 0, 0, 0]],
    ["xor", "ccs", xor, [0, 0, 0, 1]],
    ["unq", "ccs", unq, [0, 1, 0, 0]],
    ["unq", "pm", unq, [1, 0, -1, 1]],
    ["rdn", "pm", rdn, [1, 0, 0, 0]],
    ["xor", "pm", xor, [0, 0, 0, 1]],
    ["silent", "pm", silent, [0, 0.5, 0.5, 0]],
    ["silent", "pmin", silent, [0, 0.5, 0.5, 0]],
    ["unq", "pmin", unq, [0, 1, 0, 0]],
    ["xor", "pmin", xor, [0, 0, 0, 1]],
    ["xor", "sx", xor, [-l, l, l, 1 - l]],
    ["unq", "sx", unq, [1 - l, l, l - 1, 1 - l]],
    ["rdn", "sx", rdn, [1, 0, 0, 0]],
  ])("%s under %s", (_, measure, cells, [R, U1, U2, S]) => {
    expectAtoms(pid(cells, { measure }), { R, U1, U2, S }, 1e-12);
  });

  it("a single class, a single row and a single cell hold nothing to divide", () => {
    for (const cells of [
      [
        [[3], [1]],
        [[2], [5]],
      ],
      [[[4]]],
      [
        [
          [0, 0],
          [0, 9],
        ],
      ],
    ]) {
      for (const measure of PID_MEASURES) {
        const result = pid(cells, { measure });
        expectAtoms(result, { R: 0, U1: 0, U2: 0, S: 0 }, 1e-12);
        expect(result.converged, measure).toBe(true);
      }
    }
  });

  it("one symbol of a source leaves all to the other", () => {
    const result = pid([
      [
        [3, 1],
        [0, 4],
      ],
    ]);
    expect(result.U2).toBeCloseTo(
      mutualInformation([
        [3, 1],
        [0, 4],
      ]),
      9,
    );
    expectAtoms(result, { R: 0, U1: 0, U2: result.U2, S: 0 }, 1e-9);
  });
});

describe("bad input", () => {
  it("names the nearest known option and measure", () => {
    expect(() => pid([[[1]]], { messure: "broja" } as object)).toThrow('did you mean "measure"?');
    expect(() => pid([[[1]]], { measure: "borja" as PidMeasure })).toThrow('did you mean "broja"?');
    expect(() => pid([[[1]]], { tol: 0 })).toThrow("tol is 0");
    expect(() => pid([[[1]]], { maxIter: -1 })).toThrow("maxIter is -1");
    expect(() => pid([[1, 2]])).toThrow("needs 3 axes [x1, x2, y]");
    expect(() => pid([[[1, Number.NaN]]])).toThrow("cell [0, 0, 1] holds NaN");
  });

  it("survives the range of numbers", () => {
    const wild = [[[1e-300, 1], [1, 0]], [[0, 1], [1e300, 1e-5]]]; // biome-ignore format: cells
    const tiny = [[[1e-320, 1e-321], [1e-322, 5e-324]]]; // biome-ignore format: cells
    for (const cells of [wild, tiny]) {
      for (const measure of PID_MEASURES) {
        const result = pid(cells, { measure });
        for (const name of NAMES) expect(Number.isFinite(result[name]), `${measure} ${name}`).toBe(true);
      }
    }
  });
});

describe("laws on any table", () => {
  it("sum rules; atoms of broja, imin and mmi are not negative; broja is between 0 and imin", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const { I1, I2, I12 } = informationTerms(table);
        const redundancy: Partial<Record<PidMeasure, number>> = {};
        for (const measure of PID_MEASURES) {
          const { R, U1, U2, S, converged } = pid(table, { measure });
          redundancy[measure] = R;
          expect(converged, measure).toBe(true);
          expect(R + U1).toBeCloseTo(I1, 11);
          expect(R + U2).toBeCloseTo(I2, 11);
          expect(R + U1 + U2 + S).toBeCloseTo(I12, 11);
          if (measure === "broja" || measure === "imin" || measure === "mmi") {
            expect(Math.min(R, U1, U2, S), measure).toBeGreaterThanOrEqual(-1e-12);
          }
        }
        expect(redundancy.broja).toBeLessThanOrEqual(redundancy.imin! + 1e-9);
        expect(redundancy.broja).toBeLessThanOrEqual(redundancy.mmi! + 1e-12);
        expect(redundancy.pmin).toBeLessThanOrEqual(redundancy.mmi! + 1e-12);
      }),
      { numRuns: 60 },
    );
  });

  it("swapping the sources swaps the unique parts; names and unused symbols do not matter", () => {
    fc.assert(
      fc.property(tables, fc.constantFrom(...PID_MEASURES), (table, measure) => {
        const [n1, n2, ny] = table.shape as [number, number, number];
        const before = pid(table, { measure });
        const swapped = tableBy([n2, n1, ny], (x1, x2, y) => table.p[(x2 * n2 + x1) * ny + y]!);
        const { R, U1, U2, S } = pid(swapped, { measure });
        expectAtoms({ R, U1: U2, U2: U1, S }, before, 1e-9);
        const back = (n: number) => (x: number) => n - 1 - x;
        expectAtoms(pid(moved(table, back(n1), back(n2), back(ny)), { measure }), before, 1e-9);
        const padded = tableBy([n1 + 1, n2 + 1, ny + 1], (x1, x2, y) =>
          x1 === 0 || x2 === n2 || y === 0 ? 0 : table.p[((x1 - 1) * n2 + x2) * ny + y - 1]!,
        );
        expectAtoms(pid(padded, { measure }), before, 1e-9);
      }),
      { numRuns: 100 },
    );
  });

  it("splitting a symbol into two that say the same changes nothing (but for measures that count surprisal)", () => {
    const measures = ["broja", "imin", "mmi", "ccs", "pmin"] as const;
    fc.assert(
      fc.property(tables, fc.constantFrom(...measures), fc.integer({ min: 1, max: 9 }), (table, measure, tenths) => {
        const [n1, n2, ny] = table.shape as [number, number, number];
        const split = tableBy([n1 + 1, n2, ny], (x1, x2, y) => {
          const share = x1 === 0 ? tenths / 10 : x1 === n1 ? 1 - tenths / 10 : 1;
          return share * table.p[((x1 === n1 ? 0 : x1) * n2 + x2) * ny + y]!;
        });
        expectAtoms(pid(split, { measure }), pid(table, { measure }), 1e-9);
      }),
      { numRuns: 100 },
    );
  });
});

describe("what broja promises", () => {
  it("equal channels have no unique part", () => {
    fc.assert(
      fc.property(laws(3), laws(4), laws(4), laws(4), (py, a, b, c) => {
        const channel = [a, b, c];
        const table = tableBy([4, 4, 3], (x1, x2, y) => py[y]! * channel[y]![x1]! * channel[y]![x2]!);
        const { U1, U2 } = pid(table);
        expect(Math.max(U1, U2)).toBeLessThanOrEqual(1e-9);
      }),
      { numRuns: 30 },
    );
  });

  it("a noisy copy of source 1 has nothing of its own, nor has a function of source 2", () => {
    fc.assert(
      fc.property(laws(9), laws(3), laws(3), laws(3), (p1y, a, b, c) => {
        const noise = [a, b, c];
        expect(pid(tableBy([3, 3, 3], (x1, x2, y) => p1y[x1 * 3 + y]! * noise[x1]![x2]!)).U2).toBeLessThanOrEqual(1e-9);
        const f = (x2: number): number => (x2 > 0 ? 1 : 0);
        const table = tableBy([2, 3, 3], (x1, x2, y) => (f(x2) === x1 ? p1y[x2 * 3 + y]! : 0));
        expect(pid(table).U1).toBeLessThanOrEqual(1e-9);
      }),
      { numRuns: 30 },
    );
  });

  it("of a copied pair of sources, R is what they share", () => {
    fc.assert(
      fc.property(laws(6), (p) => {
        const table = tableBy([2, 3, 6], (x1, x2, y) => (y === x1 * 3 + x2 ? p[y]! : 0));
        const shared = mutualInformation([p.slice(0, 3), p.slice(3)]);
        expect(Math.abs(pid(table).R - shared)).toBeLessThanOrEqual(1e-9);
      }),
      { numRuns: 30 },
    );
  });

  it("adds over independent blocks", () => {
    const names = ["and", "rdn", "xor", "sum", "unq1"] as const;
    for (const first of names) {
      for (const second of ["and", "unq2", "xor"] as const) {
        const [p, q] = [logicGate(first).table, logicGate(second).table];
        const [a1, a2, ay] = p.shape as [number, number, number];
        const [b1, b2, by] = q.shape as [number, number, number];
        const table = tableBy([a1 * b1, a2 * b2, ay * by], (x1, x2, y) => {
          const of = p.p[(Math.floor(x1 / b1) * a2 + Math.floor(x2 / b2)) * ay + Math.floor(y / by)]!;
          return of * q.p[((x1 % b1) * b2 + (x2 % b2)) * by + (y % by)]!;
        });
        const [one, two, both] = [logicGate(first).broja, logicGate(second).broja, pid(table)];
        for (const name of NAMES) {
          expect(Math.abs(both[name] - one[name] - two[name]), `${first} ${second}`).toBeLessThanOrEqual(1e-9);
        }
      }
    }
  });

  it("conditionally independent sources may still be synergistic", () => {
    const flip = (x: number, y: number, error: number): number => (x === y ? 1 - error : error);
    const table = tableBy([2, 2, 2], (x1, x2, y) => 0.5 * flip(x1, y, 0.1) * flip(x2, y, 0.2));
    expect(pid(table).S).toBeGreaterThan(0.01);
  });
});

describe.skipIf(file === undefined)("reference values", () => {
  const groups: [PidMeasure, string][] = [
    ["imin", "imin"],
    ["mmi", "imin"],
    ["broja", "broja"],
    ["pm", "pm"],
    ["sx", "sx"],
    ["pmin", "pmin"],
    ["ccs", "iccs"],
  ];
  it.each((file?.distributions ?? []).map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
    const table = jointTable(entry.counts);
    for (const [measure, group] of groups) {
      const want = entry[measure === "mmi" ? "mmi" : group] as Atoms & { Rplus?: number; Rminus?: number };
      const got = pid(table, { measure });
      expect(got.converged).toBe(true);
      expectAtoms(got, want, within(entry, group));
      if (want.Rplus === undefined) continue;
      expect(Math.abs(got.Rplus! - want.Rplus)).toBeLessThanOrEqual(within(entry, group));
      expect(Math.abs(got.Rminus! - want.Rminus!)).toBeLessThanOrEqual(within(entry, group));
    }
  });
});
