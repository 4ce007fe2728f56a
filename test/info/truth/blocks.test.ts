import { describe, expect, it } from "vitest";
import {
  BLOCKS,
  block,
  blockRows,
  gaussianClassInformation,
  miKsg,
  miKsgContinuous,
  pid,
  pointwiseInformation,
} from "../../../src/info/index.ts";
import { golden } from "../golden.ts";

interface Reference {
  readonly sigma: number;
  readonly J: number;
  readonly Jhalf: number;
  readonly K: number;
  readonly accOne: number;
  readonly accTwo: number;
  readonly accXor: number;
}
const file = golden<{ binaryBlocks: Reference[] }>("continuous.json");

describe.skipIf(file === undefined)("reference values", () => {
  it.each(file?.binaryBlocks ?? [])("sigma $sigma", ({ sigma, J, Jhalf, K, accOne, accTwo, accXor }) => {
    const near = (got: number, want: number): void => expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-9);
    near(block("R0", { sigma }).R, J);
    near(block("U1", { sigma }).U1, J);
    near(block("U2", { sigma }).U2, J);
    near(block("R", { sigma }).R + block("R", { sigma }).S, Jhalf);
    near(block("S", { sigma }).S, K);
    near(block("U1", { sigma }).accuracy.x1, accOne);
    near(block("R", { sigma }).accuracy.joint, accTwo);
    near(block("S", { sigma }).accuracy.joint, accXor);
  });
});

it("a sign is two Gaussian classes, a factor of root 2 nearer to each other", () => {
  for (const sigma of [0.3, 0.8, 2]) {
    expect(block("U1", { sigma }).U1).toBeCloseTo(gaussianClassInformation(2, sigma / Math.SQRT2), 9);
  }
});

it("rows have the accuracies of the Bayes rules and the informations of the atoms", () => {
  const rows = 4000;
  for (const name of BLOCKS) {
    const { x1, x2, labels } = blockRows(name, { rows, seed: 1, sigma: 0.75 });
    const truth = block(name, { sigma: 0.75 });
    const right = (says: (i: number) => boolean): number =>
      labels.reduce((n, label, i) => n + (says(i) === (label === 1) ? 1 : 0), 0) / rows;
    const spread = 4 * Math.sqrt(0.25 / rows);
    const known = name === "S" ? [0.5, 0.5] : [right((i) => x1[i]! > 0), right((i) => x2[i]! > 0)];
    expect(Math.abs(known[0]! - truth.accuracy.x1), name).toBeLessThan(spread);
    expect(Math.abs(known[1]! - truth.accuracy.x2), name).toBeLessThan(spread);
    const joint: Record<string, (i: number) => boolean> = {
      R: (i) => x1[i]! + x2[i]! > 0,
      U2: (i) => x2[i]! > 0,
      S: (i) => x1[i]! * x2[i]! < 0,
    };
    expect(Math.abs(right(joint[name] ?? ((i) => x1[i]! > 0)) - truth.accuracy.joint), name).toBeLessThan(spread);
    const found = miKsg({ shape: [rows], data: x1 }, labels, { seed: 0 }).value;
    expect(Math.abs(found - truth.R - truth.U1), name).toBeLessThan(0.06);
  }
  const same = blockRows("R0", { rows: 10, seed: 3 });
  expect(same.x1).toEqual(same.x2);
});

it("exact posteriors give the informations of the atoms", () => {
  const rows = 20_000;
  const prior = [-Math.LN2, -Math.LN2];
  for (const name of BLOCKS) {
    const { exact, labels } = blockRows(name, { rows, seed: 2, sigma: 0.75 });
    const { R, U1, U2, S } = block(name, { sigma: 0.75 });
    const mean = (logs: Float64Array): number =>
      pointwiseInformation(logs, labels, prior).reduce((sum, i) => sum + i, 0) / rows;
    expect(Math.abs(mean(exact.first) - R - U1), name).toBeLessThan(0.025);
    expect(Math.abs(mean(exact.second) - R - U2), name).toBeLessThan(0.025);
    expect(Math.abs(mean(exact.both) - R - U1 - U2 - S), name).toBeLessThan(0.025);
  }
});

it("fine bins of rows give the block's atoms to every nonnegative measure", () => {
  const rows = 40_000;
  const bin = (x: number): number => Math.min(11, Math.max(0, Math.floor(3 * (x + 2))));
  for (const name of ["U1", "S"] as const) {
    const { x1, x2, labels } = blockRows(name, { rows, seed: 0 });
    const data = new Float64Array(12 * 12 * 2);
    for (let i = 0; i < rows; i++) data[(bin(x1[i]!) * 12 + bin(x2[i]!)) * 2 + labels[i]!]!++;
    for (const measure of ["broja", "imin", "mmi"] as const) {
      const got = pid({ shape: [12, 12, 2], data }, { measure });
      for (const atom of ["R", "U1", "U2", "S"] as const) {
        expect(Math.abs(got[atom] - block(name)[atom]), `${name} ${measure} ${atom}`).toBeLessThan(0.04);
      }
    }
  }
});

it("two looks at one sign share what normal laws share at least", () => {
  const { x1, x2 } = blockRows("R", { rows: 2000, seed: 5 });
  const shared = miKsgContinuous({ shape: [2000], data: x1 }, { shape: [2000], data: x2 }, { seed: 0 }).value;
  // About a each is independent of the other, so they share no more than either tells of a, and nearly that.
  expect(shared).toBeLessThan(block("R").R + 0.05);
  expect(shared).toBeGreaterThan(0.5);
});

it("refuses unknown blocks and noise of 0", () => {
  expect(() => block("U3" as "U1")).toThrow('name "U3" is not known');
  expect(() => block("S", { sigma: 0 })).toThrow("sigma is 0");
  expect(() => blockRows("S", { rows: 0, seed: 0 })).toThrow("rows is 0");
  expect(() => block("S", { noise: 1 } as object)).toThrow('unknown option "noise"');
});
