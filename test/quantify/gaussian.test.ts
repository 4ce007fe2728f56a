import { describe, expect, it } from "vitest";
import { stream } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import { type Dataset, rowIds } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";
import { gaussianPid } from "../../src/info/index.ts";
import { quantify, quantifyPage } from "../../src/quantify/index.ts";

/** Two values, each told by one source alone; sources of two features. */
function made(rows: number): Dataset {
  const draw = stream(2, "test.quantify-gaussian");
  const [a, b, y] = [float32([rows, 2]), float32([rows, 2]), float32([rows, 2])];
  for (let i = 0; i < rows; i++) {
    const [u, v] = [draw.normal(), draw.normal()];
    y.data.set([u, v], 2 * i);
    a.data.set([u + draw.normal(), draw.normal()], 2 * i);
    b.data.set([draw.normal(), v + draw.normal()], 2 * i);
  }
  return {
    name: "made",
    ids: rowIds(rows),
    modalities: { a, b },
    size: rows,
    target: { kind: "regression", names: ["u", "v"], values: y },
  };
}

const options = { seed: 0, measures: ["gaussian"] } as const;

describe("quantify by covariances", () => {
  it("takes several values as one target: what different sources tell of different values is unique, where the smaller information calls it redundant", async () => {
    const result = await quantify(made(1500), options);
    const { atoms, measure, notes, details } = result.measures[0]!;
    expect([measure, result.target, result.from]).toEqual(["gaussian", "u+v", "values"]);
    expect(atoms.R.value).toBeLessThan(0.05);
    expect(atoms.R.real).toBe(false);
    for (const atom of ["U1", "U2"] as const) {
      expect(Math.abs(atoms[atom].value - 0.5)).toBeLessThan(0.08);
      expect(atoms[atom].real).toBe(true);
    }
    expect(atoms.S.real).toBe(false);
    expect(details.gap).toBeLessThan(1e-10);
    expect(notes.join(" ")).toMatch(/jointly normal.*certified to \d e?.*unique to each by chance|jointly normal/s);
    expect(result.findings.join(" ")).toMatch(/gaussian: U1 = .* unique information of a is real/);
    expect(quantifyPage("page", [result])).toContain("read as jointly normal");
  });

  it("of one value gives the smaller information as redundant", async () => {
    const data = made(800);
    const { measures, informations } = await quantify(data, { ...options, target: "u" });
    expect(measures[0]!.atoms.U1.value).toBeCloseTo(informations.I1.value - measures[0]!.atoms.R.value, 10);
    const [cov, n] = [
      [
        [2, 0, 1],
        [0, 1, 0],
        [1, 0, 1],
      ],
      1,
    ];
    const truth = gaussianPid(cov, { first: [0], second: [n], target: [2] });
    expect(Math.abs(informations.I1.value - truth.I1)).toBeLessThan(0.07);
    expect(informations.I2.real).toBe(false);
  });

  it("leaves rows out that lack a value, and says so", async () => {
    const data = made(200);
    data.target!.values.data[6] = Number.NaN;
    const present = { a: new Uint8Array(200).fill(1), b: new Uint8Array(200).fill(1) };
    present.b[10] = 0;
    const { warnings, samples } = await quantify({ ...data, present }, options);
    expect(samples).toBe(198);
    expect(warnings.join(" ")).toMatch(/1 rows without a value.* 1 rows lack a, b/);
  });

  it("repeats itself, and refuses what it is not for", async () => {
    const data = made(200);
    expect(await quantify(data, options)).toEqual(await quantify(data, options));
    await expect(quantify(data, { seed: 0, measures: ["mmi", "gaussian"] })).rejects.toThrow(
      /use it alone, not with mmi/,
    );
    await expect(quantify(data, { ...options, target: "w" })).rejects.toThrow(/no target "w"/);
    const labels = Int32Array.from({ length: 200 }, (_v, i) => i % 2);
    const classes = { ...data, ...classTarget(["no", "yes"], labels) };
    await expect(quantify(classes, options)).rejects.toThrow(/gaussian needs values; this data has classes/);
    await expect(quantify(made(40), options)).rejects.toThrow(/40 usable rows/);
    const grouped = { ...data, groups: new Array(200).fill("one") };
    await expect(quantify(grouped, options)).rejects.toThrow(/one group/);
  });
});
