/** @file What must not change a number: which source is first, names of symbols, unused symbols, a symbol split in two alike. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bayesAccuracy,
  connectedInformation,
  correctedAtoms,
  informationTerms,
  jointTable,
  POINTWISE_MEASURES,
  pid3,
  pointwise,
  synergyBound,
  type Table,
} from "../../src/info/index.ts";
import { tableBy, tables } from "./tables.ts";

type Change = (table: Table) => Table;

function cells({ shape, p }: Table): (x1: number, x2: number, y: number) => number {
  const [, n2, ny] = shape as [number, number, number];
  return (x1, x2, y) => p[(x1 * n2 + x2) * ny + y] ?? 0;
}

const swapped: Change = (table) => {
  const [n1, n2, ny] = table.shape as [number, number, number];
  return tableBy([n2, n1, ny], (x1, x2, y) => cells(table)(x2, x1, y));
};
/** Changes that leave the roles of the sources alone. */
const CHANGES: Readonly<Record<string, Change>> = {
  "other names": (table) => {
    const [n1, n2, ny] = table.shape as [number, number, number];
    return tableBy([n1, n2, ny], (x1, x2, y) => cells(table)(n1 - 1 - x1, (x2 + 1) % n2, ny - 1 - y));
  },
  "unused symbols": (table) => {
    const [n1, n2, ny] = table.shape as [number, number, number];
    return tableBy([n1 + 2, n2 + 1, ny + 1], (x1, x2, y) =>
      x1 === 0 || x1 > n1 || x2 === n2 || y === 0 ? 0 : cells(table)(x1 - 1, x2, y - 1),
    );
  },
  "a symbol of source 1 split": (table) => {
    const [n1, n2, ny] = table.shape as [number, number, number];
    return tableBy([n1 + 1, n2, ny], (x1, x2, y) => {
      const share = x1 === 0 ? 0.3 : x1 === n1 ? 0.7 : 1;
      return share * cells(table)(x1 === n1 ? 0 : x1, x2, y);
    });
  },
  "a symbol of source 2 split": (table) => {
    const [n1, n2, ny] = table.shape as [number, number, number];
    return tableBy([n1, n2 + 1, ny], (x1, x2, y) => {
      const share = x2 === 0 ? 0.45 : x2 === n2 ? 0.55 : 1;
      return share * cells(table)(x1, x2 === n2 ? 0 : x2, y);
    });
  },
};

/** Numbers of a table, by name; each must survive every change. */
function numbers(table: Table): Record<string, number> {
  const { I1, I2, I12, I1given2, I2given1, coI } = informationTerms(table);
  const { prior, x1, x2, joint, ensembleAverage, ensembleProduct } = bayesAccuracy(table);
  return {
    ...{ I1, I2, I12, I1given2, I2given1, coI },
    ...{ prior, x1, x2, joint, ensembleAverage, ensembleProduct },
    D3: connectedInformation(table),
  };
}

describe("informations, accuracies and connected information", () => {
  it.each(Object.entries(CHANGES))("%s", (_, change) => {
    fc.assert(
      fc.property(tables, (table) => {
        const [before, after] = [numbers(table), numbers(change(table))];
        for (const [name, value] of Object.entries(before)) {
          expect(Math.abs(after[name]! - value), name).toBeLessThanOrEqual(1e-9);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("sources swapped", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const [before, after] = [numbers(table), numbers(swapped(table))];
        const pairs: Record<string, string> = {
          I1: "I2",
          I2: "I1",
          I1given2: "I2given1",
          I2given1: "I1given2",
          x1: "x2",
          x2: "x1",
        };
        for (const [name, value] of Object.entries(before)) {
          expect(Math.abs(after[pairs[name] ?? name]! - value), name).toBeLessThanOrEqual(1e-9);
        }
      }),
      { numRuns: 40 },
    );
  });
});

it("bias corrections do not count unused symbols", () => {
  fc.assert(
    fc.property(tables, (table) => {
      const before = correctedAtoms(table, { bias: "miller-madow" });
      const { shape, p } = CHANGES["unused symbols"]!(table);
      const counts = p.map((share) => Math.round(share * table.total)); // the change normalised them
      const after = correctedAtoms({ shape, data: counts }, { bias: "miller-madow" });
      for (const name of ["R", "U1", "U2", "S"] as const) expect(after[name]).toBeCloseTo(before[name], 8);
      for (const name of ["I1", "I2", "I12"] as const) expect(after.bias[name]).toBeCloseTo(before.bias[name], 12);
    }),
    { numRuns: 30 },
  );
});

it("pointwise values of a realisation stay when sources swap or symbols are renamed", () => {
  fc.assert(
    fc.property(tables, fc.constantFrom(...POINTWISE_MEASURES), (table, measure) => {
      const sorted = (rows: ReturnType<typeof pointwise>): number[] => [...rows.r].sort((a, b) => a - b);
      const before = sorted(pointwise(table, { measure }));
      for (const change of [swapped, CHANGES["other names"]!, CHANGES["unused symbols"]!]) {
        sorted(pointwise(change(table), { measure })).forEach((value, i) => {
          expect(value).toBeCloseTo(before[i]!, 9);
        });
      }
    }),
    { numRuns: 40 },
  );
});

it("three sources in another order have the same lattice under other names", () => {
  const data = fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: 24, maxLength: 24 })
    .filter((counts) => counts.some((count) => count > 0));
  fc.assert(
    fc.property(data, fc.constantFrom("imin" as const, "pm" as const), (counts, measure) => {
      const table = jointTable({ shape: [2, 3, 2, 2], data: counts });
      // Axis 0 of the new table is axis 2 of the old, and so on: 1 -> 2 -> 3 -> 1.
      const turned = new Float64Array(24);
      for (let a = 0; a < 2; a++) {
        for (let b = 0; b < 3; b++) {
          for (let c = 0; c < 2; c++) {
            for (let y = 0; y < 2; y++) turned[((c * 2 + a) * 3 + b) * 2 + y] = table.p[((a * 3 + b) * 2 + c) * 2 + y]!;
          }
        }
      }
      const before = pid3(table, { measure }).atoms;
      const after = pid3({ shape: [2, 2, 3, 2], data: turned }, { measure }).atoms;
      const renamed = (node: string): string =>
        node
          .split("|")
          .map((set) =>
            [...set]
              .map((k) => (Number(k) % 3) + 1)
              .sort()
              .join(""),
          )
          .sort((p, q) => p.length - q.length || p.localeCompare(q))
          .join("|");
      for (const [node, value] of Object.entries(before)) expect(after[renamed(node)]!, node).toBeCloseTo(value, 9);
    }),
    { numRuns: 40 },
  );
});

it("Theorem 1's two sides do not depend on the names of a representation", () => {
  fc.assert(
    fc.property(tables, (table) => {
      const before = synergyBound(table);
      const after = synergyBound(CHANGES["a symbol of source 1 split"]!(table));
      for (const name of ["IZY", "IZYgivenC", "HCgivenZ", "IYC", "lower", "slack"] as const) {
        expect(after[name]).toBeCloseTo(before[name], 9);
      }
      expect(before.IZY - before.lower).toBeCloseTo(before.slack, 11);
    }),
    { numRuns: 40 },
  );
});
