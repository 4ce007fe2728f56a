import { describe, expect, test } from "vitest";
import { checkSplits } from "../../../src/data/check.ts";
import {
  QUESTION_FEATURES,
  SCENE_HEIGHT,
  SCENE_KINDS,
  SCENE_WIDTH,
  scenes,
} from "../../../src/data/synthetic/scenes.ts";
import { labelsOf } from "../../../src/data/target.ts";

const data = scenes({ seed: 1, samples: { train: 6000, validation: 50, test: 50 } });
const { train } = data;
const trainLabels = labelsOf(train);
const kindOf = (id: string): string => /^\d+ ([\w-]+):/.exec(id)![1]!;
const rows = (kind: string): number[] => train.ids.flatMap((id, i) => (kindOf(id) === kind ? [i] : []));

/** Plug-in mutual information in bits between answers and a text of each row, and its bias under independence. */
function information(some: readonly number[], text: (row: number) => string): { bits: number; bias: number } {
  const counts = new Map<string, [number, number]>();
  for (const row of some) {
    const cell = counts.get(text(row)) ?? [0, 0];
    cell[trainLabels[row]! as 0 | 1]++;
    counts.set(text(row), cell);
  }
  const n = some.length;
  const yes = some.reduce((sum, row) => sum + trainLabels[row]!, 0) / n;
  let bits = 0;
  for (const cell of counts.values()) {
    cell.forEach((count, y) => {
      if (count > 0) bits += (count / n) * Math.log2(count / ((cell[0] + cell[1]) * (y === 1 ? yes : 1 - yes)));
    });
  }
  return { bits, bias: (counts.size - 1) / (2 * n * Math.LN2) };
}
const question = (row: number): string =>
  train.modalities.question!.data.subarray(row * QUESTION_FEATURES, (row + 1) * QUESTION_FEATURES).join("");

test("is good data, the same for the same seed", () => {
  expect(checkSplits(data).warnings).toEqual([]);
  expect(train.modalities.image!.shape).toEqual([6000, SCENE_HEIGHT, SCENE_WIDTH, 3]);
  expect(scenes({ seed: 1, samples: { train: 50, validation: 5, test: 5 } }).train.ids.slice(0, 20)).toEqual(
    train.ids.slice(0, 20),
  );
  expect(scenes({ seed: 2, samples: { train: 50, validation: 5, test: 5 } }).train.ids.slice(0, 20)).not.toEqual(
    train.ids.slice(0, 20),
  );
});

test("every kind has its share, and its truth", () => {
  const shares = SCENE_KINDS.map((kind) => rows(kind).length / 6000);
  [0.15, 0.15, 0.2, 0.2, 0.15, 0.1, 0.05].forEach(
    (share, i) => void expect(Math.abs(shares[i]! - share)).toBeLessThan(0.02),
  );
  expect(new Set(rows("same-shape").map((row) => train.truth![row]))).toEqual(new Set(["synergistic"]));
  expect(new Set(rows("frame").map((row) => train.truth![row]))).toEqual(new Set(["unique_image"]));
});

describe("the question alone", () => {
  test.each(["colour", "shape", "same-colour", "same-shape"])("tells nothing of a sample of kind %s", (kind) => {
    const { bits, bias } = information(rows(kind), question);
    expect(bits).toBeLessThan(bias + 0.02);
  });
  test("tells all of a fact", () => {
    expect(information(rows("fact"), question).bits).toBeGreaterThan(0.99);
  });
});

describe("the picture alone", () => {
  /** The colours of the middle pixels of both objects. */
  const colours = (row: number): string => {
    const { data: pixels } = train.modalities.image!;
    return [4, 10]
      .map((column) => {
        const at = ((row * SCENE_HEIGHT + 4) * SCENE_WIDTH + column) * 3;
        const rgb = [...pixels.subarray(at, at + 3)];
        return rgb.indexOf(Math.max(...rgb));
      })
      .join("");
  };
  test.each(["colour", "same-colour", "same-shape"])("tells nothing of a sample of kind %s", (kind) => {
    const { bits, bias } = information(rows(kind), colours);
    expect(bits).toBeLessThan(bias + 0.03);
  });
  test("tells all by its frame", () => {
    const frame = (row: number): string =>
      String(train.modalities.image!.data[row * SCENE_HEIGHT * SCENE_WIDTH * 3]! > 0.5);
    expect(information(rows("frame"), frame).bits).toBeGreaterThan(0.99);
    expect(information(rows("both"), frame).bits).toBeGreaterThan(0.99);
  });
  test("with the question tells all of a colour, and of whether colours are the same", () => {
    const told = (row: number): string => {
      const [left, right] = colours(row);
      const one = /is the (left|right) object (red|green|blue)\?/.exec(train.ids[row]!);
      if (one === null) return String((left === right) !== train.ids[row]!.includes("different"));
      return String(["red", "green", "blue"][Number(one[1] === "left" ? left : right)] === one[2]);
    };
    expect(information(rows("colour"), told).bits).toBeGreaterThan(0.99);
    expect(information(rows("same-colour"), told).bits).toBeGreaterThan(0.99);
  });
});

test("shares must sum to 1", () => {
  expect(() => scenes({ seed: 0, shares: { colour: 0.5 } })).toThrow(/scenes\.shares: they sum to 0\.5/);
});
