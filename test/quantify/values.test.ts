import { describe, expect, it } from "vitest";
import { stream } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import { type Dataset, rowIds, type Target, takeRows } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";
import { quantify, quantifyPage } from "../../src/quantify/index.ts";

/** Two sources of three features and a number, the first features and it jointly Gaussian with these correlations. */
function gaussian(rows: number, [r1, r2, r12]: readonly [number, number, number]): Dataset {
  const draw = stream(1, "test.values");
  const [a, b, y] = [float32([rows, 3]), float32([rows, 3]), float32([rows, 1])];
  const rest = 1 - r12 * r12;
  const [w1, w2] = [(r1 - r12 * r2) / rest, (r2 - r12 * r1) / rest];
  for (let i = 0; i < rows; i++) {
    const x1 = draw.normal();
    const x2 = r12 * x1 + Math.sqrt(rest) * draw.normal();
    a.data.set([x1, draw.normal(), draw.normal()], 3 * i);
    b.data.set([draw.normal(), x2, draw.normal()], 3 * i);
    y.data[i] = w1 * x1 + w2 * x2 + Math.sqrt(1 - w1 * r1 - w2 * r2) * draw.normal();
  }
  return withTarget({ a, b }, { kind: "regression", names: ["y"], values: y });
}

function withTarget(modalities: Dataset["modalities"], target: Target): Dataset {
  const rows = target.values.shape[0]!;
  return { name: "made", ids: rowIds(rows), modalities, size: rows, target };
}

const quick = { seed: 0, hidden: [32], epochs: 12 };
const bitsOf = (squared: number): number => -0.5 * Math.log2(1 - squared);

describe("a number", () => {
  it("is told of as much as two Gaussian sources tell, and as their closed form splits it", async () => {
    const [r1, r2, r12] = [0.8, 0.5, 0.1] as const;
    const both = bitsOf((r1 * r1 + r2 * r2 - 2 * r1 * r2 * r12) / (1 - r12 * r12));
    const truth = [bitsOf(r1 * r1), bitsOf(r2 * r2), both];
    const result = await quantify(gaussian(1200, [r1, r2, r12]), quick);
    const { informations, measures, balance } = result;
    [informations.I1, informations.I2, informations.I12].forEach((found, i) => {
      expect(Math.abs(found.value - truth[i]!), `information ${i}`).toBeLessThan(0.1);
      expect(found.real).toBe(true);
    });
    const { R, U1, U2, S } = measures[0]!.atoms;
    expect(measures.map(({ measure }) => measure)).toEqual(["mmi"]);
    expect(Math.abs(R.value - truth[1]!)).toBeLessThan(0.1);
    expect(Math.abs(U1.value - (truth[0]! - truth[1]!))).toBeLessThan(0.15);
    expect(U2.value).toBe(0);
    expect(Math.abs(S.value - (both - truth[0]!))).toBeLessThan(0.15);
    expect([R.real, U1.real, U2.real, S.real]).toEqual([true, true, false, true]);
    expect(balance.value).toBeCloseTo(S.value - R.value, 12);
    expect(result).toMatchObject({ from: "values", target: "y", classes: [], byClass: [], types: {}, samples: 1200 });
    expect(result.rows[3]).toMatchObject({ id: "3", value: expect.any(Number), i12: expect.any(Number) });
    const page = quantifyPage("numbers", [result]);
    expect(page).toContain("values of y");
    expect(page).not.toContain("By class");
  });

  it("without any relation tells nothing", async () => {
    const { informations, measures } = await quantify(gaussian(400, [0, 0, 0]), quick);
    for (const amount of [...Object.values(informations), ...Object.values(measures[0]!.atoms)]) {
      expect(amount.real).toBe(false);
      expect(amount.value).toBeLessThan(0.12);
    }
  });

  it("the order of values is all that counts, and the same seed gives the same", async () => {
    const data = gaussian(300, [0.8, 0.5, 0.1]);
    const stretched = float32([300, 1], data.target!.values.data.map(Math.exp));
    const few = { ...quick, epochs: 3 };
    const one = await quantify(data, few);
    const two = await quantify({ ...data, target: { ...data.target!, values: stretched } }, few);
    expect(two.informations).toEqual(one.informations);
    expect(two.measures).toEqual(one.measures);
  });
});

describe("which target", () => {
  const data = gaussian(200, [0.8, 0.5, 0.1]);
  const y = data.target!.values.data;
  const pairs = (make: (value: number, i: number) => number): Target["values"] =>
    float32(
      [200, 2],
      Float32Array.from({ length: 400 }, (_, at) => (at % 2 === 0 ? 0 : make(y[at >> 1]!, at >> 1))),
    );
  const few = { seed: 0, folds: 2, hidden: [8], epochs: 2 };

  it("of several must be named, and is one of them", async () => {
    const labels = withTarget(data.modalities, {
      kind: "multilabel",
      names: ["sad", "happy"],
      values: pairs((value, i) => (i === 0 ? Number.NaN : Number(value > 0))),
    });
    await expect(quantify(labels, few)).rejects.toThrow(/2 labels; one at a time is quantified\. Name it: --label sad/);
    await expect(quantify(labels, { ...few, target: "hapy" })).rejects.toThrow(/did you mean "happy"/);
    const found = await quantify(labels, { ...few, target: "happy" });
    expect(found).toMatchObject({ from: "features", target: "happy", classes: ["no", "yes"], samples: 199 });
    expect(found.warnings.join()).toContain("1 rows without a label");
  });

  it("few different values are classes, one is refused, and measures of classes are not for numbers", async () => {
    const of = (make: (value: number) => number) => ({
      ...data,
      target: { ...data.target!, values: float32([200, 1], y.map(make)) },
    });
    const rounded = await quantify(
      of((value) => Math.max(-1, Math.min(1, Math.round(value)))),
      few,
    );
    expect(rounded).toMatchObject({ from: "features", target: "y", classes: ["-1", "0", "1"] });
    expect(rounded.warnings[0]).toBe("y takes 3 values: each is quantified as a class.");
    await expect(
      quantify(
        of(() => 2),
        few,
      ),
    ).rejects.toThrow(/y is 2 in every row/);
    await expect(quantify(takeRows(data, [...Array(10).keys()]), few)).rejects.toThrow(/10 usable rows; at least 50/);
    await expect(quantify(data, { ...few, measures: ["broja"] })).rejects.toThrow(/"broja" is not for y, whose values/);
    await expect(
      quantify({ ...data, ...classTarget(["a", "b"], new Int32Array(200)) }, { ...few, target: "z" }),
    ).rejects.toThrow(/no target "z"/);
  });
});
