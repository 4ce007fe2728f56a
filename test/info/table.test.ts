import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DmilError } from "../../src/core/errors.ts";
import { countTable, encode, jointTable, logicGate, MAX_CELLS, marginal } from "../../src/info/index.ts";
import { tables } from "./tables.ts";

/** The error a call ends in. */
function errorOf(call: () => unknown): DmilError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(DmilError);
    return error as DmilError;
  }
  throw new Error("no error was thrown");
}

describe("jointTable", () => {
  it("reads nested counts, flat counts, typed rows and tables alike", () => {
    const nested = jointTable([
      [
        [1, 0],
        [0, 1],
      ],
      [
        [0, 1],
        [1, 0],
      ],
    ]);
    expect(nested.shape).toEqual([2, 2, 2]);
    expect(nested.total).toBe(4);
    expect([...nested.p]).toEqual([0.25, 0, 0, 0.25, 0, 0.25, 0.25, 0]);
    expect(jointTable({ shape: [2, 2, 2], data: [1, 0, 0, 1, 0, 1, 1, 0] })).toEqual(nested);
    expect(jointTable([new Float32Array([1, 3]), [4, 0]]).p[1]).toBe(3 / 8);
    expect(jointTable(nested)).toBe(nested);
  });

  it.each([
    ["a negative cell", () => jointTable([[1, -2]]), "DataError", "cell [0, 1] holds -2"],
    ["NaN", () => jointTable([[1], [Number.NaN]]), "DataError", "cell [1, 0] holds NaN"],
    ["an infinite cell", () => jointTable([[1, Number.POSITIVE_INFINITY]]), "DataError", "holds Infinity"],
    ["a total of 0", () => jointTable([[0, 0]]), "DataError", "sum to 0"],
    ["a total beyond numbers", () => jointTable([[1e308, 1e308]]), "DataError", "sum to more than a number can hold"],
    ["ragged rows", () => jointTable([[1, 2], [3]]), "ShapeError", "has 1 entries, the first has 2"],
    ["mixed depths", () => jointTable([[1, 2], 3]), "ShapeError", "has no entries"],
    ["an axis without symbols", () => jointTable([[]]), "ShapeError", "at least one symbol"],
    ["too few cells", () => jointTable({ shape: [2, 2], data: [1] }), "ShapeError", "has 4 cells but 1 were given"],
    ["too many cells", () => jointTable({ shape: [9000, 9000, 9], data: [] }), "DataError", "Use fewer symbols"],
  ])("refuses %s", (_, call, code, text) => {
    const error = errorOf(call);
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });

  it("names the limit when alphabets are too large", () => {
    expect(errorOf(() => countTable([[99_999], [99_999], [1]])).message).toContain(String(MAX_CELLS));
  });
});

describe("countTable", () => {
  it("counts tuples, with unused symbols when sizes are given", () => {
    const table = countTable([[0, 0, 1], Uint8Array.of(1, 1, 0)], [2, 3]);
    expect(table.shape).toEqual([2, 3]);
    expect([...table.p]).toEqual([0, 2 / 3, 0, 1 / 3, 0, 0]);
    expect(table.total).toBe(3);
  });

  it.each([
    ["no rows", () => countTable([[], []]), "no rows"],
    ["columns of different lengths", () => countTable([[0, 1], [0]]), "column 1 has 1 rows, column 0 has 2"],
    ["a symbol outside its axis", () => countTable([[0, 2]], [2]), "row 1 of column 0 holds 2"],
    ["a fraction", () => countTable([[0.5]]), "holds 0.5"],
  ])("refuses %s", (_, call, text) => {
    expect(errorOf(call).message).toContain(text);
  });
});

describe("marginal", () => {
  it("sums out and reorders", () => {
    const table = jointTable([
      [1, 2, 3],
      [4, 0, 0],
    ]);
    expect([...marginal(table, [1]).p].map((p) => p * 10)).toEqual([5, 2, 3]);
    expect(marginal(table, [1, 0]).shape).toEqual([3, 2]);
    expect([...marginal(table, [1, 0]).p].map((p) => Math.round(p * 10))).toEqual([1, 4, 2, 0, 3, 0]);
    expect(errorOf(() => marginal(table, [0, 0])).code).toBe("ShapeError");
    expect(errorOf(() => marginal(table, [2])).code).toBe("ShapeError");
  });

  it("is the same in two steps as in one, on any table", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const once = marginal(table, [2]).p;
        const twice = marginal(marginal(table, [2, 0]), [0]).p;
        for (let y = 0; y < once.length; y++) expect(twice[y]).toBeCloseTo(once[y]!, 14);
      }),
    );
  });
});

describe("encode", () => {
  it("makes a representation of the sources an axis of its own", () => {
    const z = encode(logicGate("xor").table, [0, 1], ([x1, x2]) => x1! ^ x2!);
    expect(z.shape).toEqual([2, 2]);
    expect([...z.p]).toEqual([0.5, 0, 0, 0.5]);
    expect(errorOf(() => encode(logicGate("xor").table, [0], () => -1)).message).toContain("gave -1");
  });
});
