import { describe, expect, it } from "vitest";
import { stream } from "../../src/core/random.ts";
import { fitWhitener, rowSpace, whiten } from "../../src/info/index.ts";

function normals(rows: number, width: number, seed = 0): Float64Array {
  const draw = stream(seed, "test.row-space");
  return Float64Array.from({ length: rows * width }, () => draw.normal());
}

function inner(data: ArrayLike<number>, width: number, i: number, j: number): number {
  let sum = 0;
  for (let f = 0; f < width; f++) sum += data[i * width + f]! * data[j * width + f]!;
  return sum;
}

const SPANNING = [0, 1, 2, 4, 5, 7, 8, 9, 11];

describe("coordinates in the space of rows", () => {
  const [rows, width] = [13, 530]; // more features than are multiplied at a time
  const data = normals(rows, width);
  const found = rowSpace({ shape: [rows, width], data }, SPANNING);
  const k = found.shape[1]!;

  it("keep inner products of spanning rows with all rows", () => {
    expect(k).toBe(SPANNING.length);
    for (const i of SPANNING) {
      for (let j = 0; j < rows; j++) {
        expect(inner(found.data, k, i, j)).toBeCloseTo(inner(data, width, i, j), 8);
      }
    }
    // What other rows hold across the space is dropped: they can only become shorter.
    for (const i of [3, 6, 10, 12]) expect(inner(found.data, k, i, i)).toBeLessThan(inner(data, width, i, i));
  });

  it("have one mean square, none is a row of its own, and the same call gives the same", () => {
    const squares = Array.from({ length: k }, (_, c) =>
      SPANNING.reduce((sum, i) => sum + found.data[i * k + c]! ** 2, 0),
    );
    for (const square of squares) expect(square / squares[0]!).toBeCloseTo(1, 10);
    for (let c = 0; c < k; c++) {
      const largest = Math.max(...SPANNING.map((i) => found.data[i * k + c]! ** 2));
      expect(largest / squares[c]!).toBeLessThan(0.9);
    }
    expect(rowSpace({ shape: [rows, width], data }, SPANNING)).toEqual(found);
  });

  it("have one mean square when one direction holds nearly everything", () => {
    const tilted = data.map((value, at) => value + 50 * Math.sin(1 + Math.floor(at / width)));
    const own = rowSpace({ shape: [rows, width], data: tilted }, SPANNING);
    const squares = Array.from({ length: k }, (_, c) =>
      SPANNING.reduce((sum, i) => sum + own.data[i * k + c]! ** 2, 0),
    );
    for (const square of squares) expect(square / squares[0]!).toBeCloseTo(1, 8);
    expect(inner(own.data, k, 1, 7)).toBeCloseTo(inner(tilted, width, 1, 7), 4);
  });

  it("give whitened directions as the features do, up to their signs", () => {
    const all = [...Array(rows).keys()];
    const centred = data.map((value, at) => {
      const column = at % width;
      return value - all.reduce((sum, i) => sum + data[i * width + column]!, 0) / rows;
    });
    const scaled = centred.map((value, at) => {
      const column = at % width;
      return value / Math.sqrt(all.reduce((sum, i) => sum + centred[i * width + column]! ** 2, 0) / rows);
    });
    const wide = { shape: [rows, width], data: scaled };
    const few = rowSpace(wide, all);
    expect(few.shape[1]).toBe(rows - 1); // standardised rows add up to 0
    const [one, two] = [wide, few].map((features) => whiten(fitWhitener(features, 2), features).data);
    for (let c = 0; c < 2; c++) {
      const sign = Math.sign(one![c]! * two![c]!);
      for (let i = 0; i < rows; i++) expect(two![2 * i + c]! * sign).toBeCloseTo(one![2 * i + c]!, 5);
    }
  });
});

describe("rows that span little", () => {
  it("copies add no direction; rows of zeros have one coordinate, 0", () => {
    const data = normals(2, 50);
    const copies = Float64Array.from({ length: 6 * 50 }, (_, at) => data[(at + 50 * Math.floor(at / 50)) % 100]!);
    expect(rowSpace({ shape: [6, 50], data: copies }, [0, 1, 2, 3, 4, 5]).shape[1]).toBeLessThanOrEqual(2);
    const zeros = rowSpace({ shape: [3, 50], data: new Float64Array(150) }, [0, 1]);
    expect(zeros).toEqual({ shape: [3, 1], data: new Float64Array(3) });
  });

  it("NaN is refused", () => {
    expect(() => rowSpace({ shape: [2, 2], data: [1, 2, Number.NaN, 4] }, [0, 1])).toThrow(
      /row 1 \(from 0\) holds NaN/,
    );
  });
});
