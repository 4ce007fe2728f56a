import { describe, expect, it } from "vitest";
import { stream } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import { type Dataset, rowIds, takeRows } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";
import { fitTransforms, transformed } from "../../src/modalities/index.ts";
import { quantify } from "../../src/quantify/index.ts";
import { inRowSpace } from "../../src/quantify/wide.ts";

/** y is the sign that 40 of 600 features of `wide` see; `small` has two features, one of which sees it in three of four rows. */
function made(rows: number): Dataset {
  const draw = stream(3, "test.wide");
  const [wide, small] = [float32([rows, 600]), float32([rows, 2])];
  const labels = Int32Array.from({ length: rows }, (_, i) => i % 2);
  for (let i = 0; i < rows; i++) {
    const sign = 2 * labels[i]! - 1;
    for (let f = 0; f < 600; f++) wide.data[600 * i + f] = 7 + 3 * (draw.normal() + (f < 40 ? sign : 0));
    small.data.set([(draw.below(4) === 0 ? -sign : sign) + 0.1 * draw.normal(), draw.normal()], 2 * i);
  }
  return { name: "made", ids: rowIds(rows), modalities: { wide, small }, ...classTarget(["no", "yes"], labels) };
}

describe("more features than rows", () => {
  const data = made(60);
  const train = [...Array(40).keys()];
  const found = inRowSpace(data, train);

  it("standardised rows keep their inner products, the other source stays as it is", () => {
    const { data: own, shape } = found.modalities.wide!;
    expect(shape).toEqual([60, 39]); // 40 rows less their mean
    expect(found.modalities.small).toBe(data.modalities.small);
    expect(Object.keys(found.modalities)).toEqual(["wide", "small"]);
    const { wide } = transformed(data, fitTransforms(takeRows(data, train)));
    const inner = (values: Float32Array, width: number, i: number, j: number): number =>
      values.subarray(i * width, (i + 1) * width).reduce((sum, value, f) => sum + value * values[j * width + f]!, 0);
    for (const i of [0, 1, 17, 39]) {
      for (const j of [0, 2, 39, 40, 59]) expect(inner(own, 39, i, j)).toBeCloseTo(inner(wide!.data, 600, i, j), 2);
    }
  });

  it("only rows to learn from decide the space", () => {
    const other = { ...data, modalities: { ...data.modalities, wide: float32([60, 600], data.modalities.wide!.data) } };
    const values = other.modalities.wide.data.slice();
    for (let at = 40 * 600; at < values.length; at++) values[at] = 100 * Math.sin(at);
    other.modalities.wide = float32([60, 600], values);
    const end = 40 * 39;
    expect(inRowSpace(other, train).modalities.wide!.data.subarray(0, end)).toEqual(
      found.modalities.wide!.data.subarray(0, end),
    );
  });

  it("as many features as rows are left alone", () => {
    const narrow = { ...data, modalities: { small: data.modalities.small! } };
    expect(inRowSpace(narrow, train)).toBe(narrow);
  });

  it("is quantified by every measure", async () => {
    const result = await quantify(made(120), {
      seed: 0,
      folds: 3,
      hidden: [32],
      epochs: 15,
      measures: ["broja", "pmin", "lsmi", "cvx"],
    });
    expect(result.informations.I1.value).toBeGreaterThan(0.5); // a lower bound: 80 rows a fold
    expect(result.informations.I2.value).toBeLessThan(0.4);
    expect(result.measures[0]!.atoms.U1.real).toBe(true);
    for (const { atoms } of result.measures) for (const { value } of Object.values(atoms)) expect(value).not.toBeNaN();
  });
});
