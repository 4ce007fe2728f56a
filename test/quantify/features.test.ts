import { describe, expect, it } from "vitest";
import { stream } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import { type Dataset, rowIds, takeRows } from "../../src/data/dataset.ts";
import { hideModalities } from "../../src/data/presence.ts";
import { classTarget, labelsOf } from "../../src/data/target.ts";
import { applyScales, fitScales } from "../../src/quantify/evidence.ts";
import { crossFolds, joinSources, pooled, quantify, sourcePairs } from "../../src/quantify/index.ts";

/** Two noisy signs; y is their product's sign for "synergy", the first's for "unique", and both see it for "redundancy". */
function made(kind: "synergy" | "unique" | "redundancy" | "nothing", rows: number, seed = 0): Dataset {
  const draw = stream(seed, `test.${kind}`);
  const [a, b] = [float32([rows, 2]), float32([rows, 2])];
  const labels = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const [s, t] = [draw.below(2), draw.below(2)];
    const second = kind === "redundancy" ? s : t;
    a.data.set([2 * s - 1 + 0.25 * draw.normal(), draw.normal()], 2 * i);
    b.data.set([2 * second - 1 + 0.25 * draw.normal(), draw.normal()], 2 * i);
    labels[i] = kind === "synergy" ? s ^ t : kind === "nothing" ? draw.below(2) : s;
  }
  return { name: "made", ids: rowIds(rows), modalities: { a, b }, ...classTarget(["no", "yes"], labels) };
}

const quick = { seed: 0, folds: 2, hidden: [32], epochs: 15 };

describe("known interactions", () => {
  it("synergy", async () => {
    const { measures, balance, informations, types, findings } = await quantify(made("synergy", 600), quick);
    const { atoms } = measures[0]!;
    expect(atoms.S.value).toBeGreaterThan(0.5);
    expect([atoms.R.real, atoms.U1.real, atoms.U2.real, atoms.S.real]).toEqual([false, false, false, true]);
    expect(informations.I1.real).toBe(false);
    expect(balance.lower).toBeGreaterThan(0.4);
    expect(types.S!).toBeGreaterThan(0.8);
    expect(findings.join("\n")).toMatch(/broja: S = 0\.\d+ bit \[0\.\d+, [01]\.\d+\], null 95 % \S+: synergy is real/);
  });

  it("redundancy, by every measure but LSMI's units; sums hold for each sample", async () => {
    const result = await quantify(made("redundancy", 400), { ...quick, measures: ["broja", "pmin", "cvx", "lsmi"] });
    for (const { atoms, measure } of result.measures) {
      if (measure === "lsmi") continue;
      expect(atoms.R.value).toBeGreaterThan(0.75);
      expect(Math.abs(atoms.S.value)).toBeLessThan(0.15);
      expect(atoms.R.real).toBe(true);
    }
    expect(result.measures[3]!.details.dimensions).toBe(2);
    for (const row of result.rows) {
      expect(Number(row.r) + Number(row.u1) + Number(row.u2) + Number(row.s)).toBeCloseTo(Number(row.i12), 9);
      expect(Number(row.lsmi_r) + Number(row.lsmi_u1)).toBeCloseTo(Number(row.i1), 9);
    }
    expect(result.rows.map((row) => row.id)).toEqual(rowIds(400));
  });

  it("a unique source, by class too, and the same result for the same seed", async () => {
    const data = made("unique", 300);
    const result = await quantify(data, quick);
    const { atoms } = result.measures[0]!;
    expect([atoms.R.real, atoms.U1.real, atoms.U2.real]).toEqual([false, true, false]);
    for (const { U1, samples } of result.byClass) {
      expect(U1.value).toBeGreaterThan(0.6);
      expect(U1.lower).toBeLessThan(U1.value);
      expect(U1.upper).toBeGreaterThan(U1.value);
      expect(samples).toBeGreaterThan(100);
    }
    const again = { ...quick, epochs: 2, measures: ["pmin"] as const };
    expect(await quantify(data, again)).toEqual(await quantify(data, again));
  });

  it("nothing", async () => {
    const { informations, measures } = await quantify(made("nothing", 300), quick);
    for (const amount of [...Object.values(informations), ...Object.values(measures[0]!.atoms)]) {
      expect(amount.real).toBe(false);
      expect(Math.abs(amount.value)).toBeLessThan(0.1);
    }
  });
});

describe("data with faults", () => {
  it("one class, few rows, another number of modalities, an unknown measure", async () => {
    const data = made("unique", 100);
    await expect(quantify({ ...data, ...classTarget(data.target.names, new Int32Array(100)) }, quick)).rejects.toThrow(
      /1 class with at least 2 rows/,
    );
    await expect(quantify(takeRows(data, [...Array(30).keys()]), quick)).rejects.toThrow(/30 usable rows; at least 50/);
    const { a } = data.modalities;
    await expect(quantify({ ...data, modalities: { a: a! } }, quick)).rejects.toThrow(/1 modalities/);
    await expect(quantify(data, { ...quick, measures: ["broya" as "broja"] })).rejects.toThrow(/did you mean "broja"/);
    await expect(quantify(data, { ...quick, measures: ["imin" as "pmin"] })).rejects.toThrow(/not for features/);
    await expect(quantify(data, { ...quick, nulls: 0 })).rejects.toThrow(/nulls is 0/);
    await expect(quantify(data, { ...quick, folds: 1 })).rejects.toThrow(/folds is 1/);
    await expect(quantify({ ...data, groups: data.ids.map(() => "g") }, quick)).rejects.toThrow(
      /all rows are in one group/,
    );
  });

  it("missing labels, rare classes, constants and more features than rows are told", async () => {
    const data = made("unique", 120);
    const wide = float32([120, 200]);
    const labels = labelsOf(data).slice();
    labels[0] = -1;
    labels[1] = 2;
    const odd = { ...data, ...classTarget(["no", "yes", "rare"], labels), modalities: { a: data.modalities.a!, wide } };
    const { warnings, samples, classes, informations } = await quantify(odd, {
      ...quick,
      epochs: 2,
      measures: ["pmin"],
    });
    expect(samples).toBe(118);
    expect(classes).toEqual(["no", "yes"]);
    expect(warnings.join("\n")).toMatch(/1 rows without a label/);
    expect(warnings.join("\n")).toMatch(/classes rare have fewer than 2 rows/);
    expect(warnings.join("\n")).toMatch(/wide is constant/);
    expect(warnings.join("\n")).toMatch(/wide has 200 features for \d+ training rows/);
    expect(informations.I2.real).toBe(false);
  });
});

it("a source that misleads on held-out rows is not made up for by synergy", async () => {
  const data = made("redundancy", 300);
  const b = data.modalities.b!.data;
  for (let i = 2 * 200; i < b.length; i += 2) b[i] = -b[i]!;
  const rows = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  const folds = [{ train: rows(0, 160), validation: rows(160, 200), held: rows(200, 300) }];
  const { informations, measures, balance, warnings } = await quantify(data, { ...quick, folds, measures: ["broja"] });
  expect(informations.I2.upper).toBeLessThan(0);
  expect(warnings.join("\n")).toMatch(/b predicts held-out rows worse than the class frequencies/);
  const { R, U1, S } = measures[0]!.atoms;
  expect(R.value).toBe(0);
  expect(U1.real).toBe(true);
  expect(S.real).toBe(false);
  expect(Math.abs(balance.value)).toBeLessThan(0.05);
});

it("a constant source has no density, and no part of any measure is called its own", async () => {
  const data = made("unique", 200);
  const still = { ...data, modalities: { ...data.modalities, b: float32([200, 2]) } };
  const { measures, warnings, findings } = await quantify(still, { ...quick, measures: ["pmin", "broja"] });
  expect(warnings).toContain("b is constant: it holds no information.");
  for (const { atoms } of measures) expect([atoms.R.real, atoms.U1.real, atoms.U2.real]).toEqual([false, true, false]);
  expect(findings.some((line) => /unique information of b is real/.test(line))).toBe(false);
  await expect(quantify(still, { ...quick, epochs: 1, measures: ["lsmi"] })).rejects.toThrow(
    /b is constant, and lsmi needs a density/,
  );
});

it("few groups are told, and still give intervals", async () => {
  const data = made("unique", 240);
  const groups = data.ids.map((_, i) => `g${i % 3}`);
  const { warnings, measures } = await quantify({ ...data, groups }, { ...quick, folds: 5, measures: ["broja"] });
  expect(warnings.join()).toMatch(/3 groups are few/);
  const { value, lower, upper } = measures[0]!.atoms.U1;
  expect(value).toBeGreaterThan(0.6);
  expect(upper - lower).toBeGreaterThan(0);
});

it("rows that resemble those of their hour are easier for random folds, and that is told", async () => {
  // 30 blocks of 12 rows: a place of its own for each block, a label by chance. Nothing carries over to other blocks.
  const rows = 360;
  const draw = stream(4, "test.blocks");
  const [a, b] = [float32([rows, 3]), float32([rows, 3])];
  const labels = new Int32Array(rows);
  for (let block = 0; block < rows / 12; block++) {
    const place = Array.from({ length: 6 }, () => 3 * draw.normal());
    const label = draw.below(2);
    for (let i = 12 * block; i < 12 * block + 12; i++) {
      labels[i] = label;
      for (let f = 0; f < 3; f++) {
        a.data[3 * i + f] = place[f]! + 0.05 * draw.normal();
        b.data[3 * i + f] = place[3 + f]! + 0.05 * draw.normal();
      }
    }
  }
  const data = { name: "hours", ids: rowIds(rows), modalities: { a, b }, ...classTarget(["no", "yes"], labels) };
  const span = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  const ownSplit = { train: span(0, 216), validation: span(216, 264), held: span(264, 360) };
  const settings = { seed: 0, folds: 4, epochs: 40, measures: ["pmin"] as const, ownSplit };
  expect((await quantify(data, settings)).warnings.join()).toMatch(/random folds give .* the data's own split/);
  expect((await quantify(made("unique", 360), { ...settings, epochs: 10 })).warnings).toEqual([]);
});

describe("folds", () => {
  const labels = Int32Array.from({ length: 103 }, (_, i) => i % 3);
  it("hold out each row once, by class, and never train on what they judge", () => {
    const folds = crossFolds(labels, undefined, 5, 0);
    expect(folds.flatMap(({ held }) => held).sort((a, b) => a - b)).toEqual([...Array(103).keys()]);
    for (const { train, validation, held } of folds) {
      expect(new Set([...train, ...validation, ...held]).size).toBe(103);
      expect(validation.length).toBeGreaterThan(8);
      for (const k of [0, 1, 2]) expect(held.filter((row) => labels[row] === k).length).toBeGreaterThanOrEqual(6);
    }
  });

  it("keep groups whole", () => {
    const groups = Array.from(labels, (_, i) => `g${i % 7}`);
    for (const { train, validation, held } of crossFolds(labels, groups, 3, 1)) {
      const of = (rows: readonly number[]): Set<string> => new Set(rows.map((row) => groups[row]!));
      for (const name of of(held)) expect(of(train).has(name) || of(validation).has(name)).toBe(false);
      for (const name of of(validation)) expect(of(train).has(name)).toBe(false);
    }
  });
});

it("evidence that is noise is scaled to the prior, good evidence is kept, halves are added up", () => {
  const draw = stream(3, "test.evidence");
  const rows = 600;
  const prior = [Math.log(0.8), Math.log(0.2)];
  const labels = Int32Array.from({ length: rows }, () => (draw.uniform() < 0.2 ? 1 : 0));
  const logs = (strength: (label: number) => number): Float64Array => {
    const out = new Float64Array(2 * rows);
    for (let i = 0; i < rows; i++) {
      const odds = prior[1]! - prior[0]! + strength(labels[i]!);
      out[2 * i + 1] = -Math.log1p(Math.exp(-odds));
      out[2 * i] = -Math.log1p(Math.exp(odds));
    }
    return out;
  };
  const noise = logs(() => 3 * draw.normal());
  expect(fitScales([noise], labels, prior)[0]!).toBeLessThan(0.05);
  applyScales([noise], [0], prior).forEach((log, i) => {
    expect(log).toBeCloseTo(prior[i % 2]!, 12);
  });
  // x = +-1 + 0.8 e has log-odds 2 x / 0.64: both halves are independent given the label, so both count fully.
  const half = (): Float64Array => logs((label) => (2 * (2 * label - 1 + 0.8 * draw.normal())) / 0.64);
  for (const scale of fitScales([half(), half()], labels, prior)) expect(Math.abs(scale - 1)).toBeLessThan(0.35);
});

describe("sources", () => {
  it("two modalities, joined ones, or each against the rest", () => {
    const shown = (pairs: ReturnType<typeof sourcePairs>) => pairs.map((pair) => pair.map(({ name }) => name));
    expect(shown(sourcePairs(undefined, ["a", "b"]))).toEqual([["a", "b"]]);
    expect(shown(sourcePairs(undefined, ["a", "b", "c"]))).toEqual([
      ["a", "b+c"],
      ["b", "a+c"],
      ["c", "a+b"],
    ]);
    expect(shown(sourcePairs(["c", "a+b"], ["a", "b", "c"]))).toEqual([["c", "a+b"]]);
    expect(() => sourcePairs(["a", "b", "c"], ["a", "b", "c"])).toThrow(/3 sources .*as in a,b\+c/);
    expect(() => sourcePairs(["a", "a+b"], ["a", "b"])).toThrow(/named twice/);
    expect(() => sourcePairs(undefined, ["a"])).toThrow(/one source, a; a decomposition needs two/);
  });

  it("joins features side by side, and splits with equal ids", () => {
    const part = made("unique", 4);
    const joined = joinSources(part, [
      { name: "a+b", parts: ["a", "b"] },
      { name: "b", parts: ["b"] },
    ]);
    const { a, b } = part.modalities;
    expect([...joined.modalities["a+b"]!.data.slice(4, 8)]).toEqual([...a!.data.slice(2, 4), ...b!.data.slice(2, 4)]);
    const { dataset, own } = pooled({ train: part, validation: part, test: part });
    expect(dataset.ids.slice(0, 2)).toEqual(["train/0", "train/1"]);
    expect([dataset.size, own.held.length, own.held[0]]).toEqual([12, 4, 8]);
  });
});

it("rows that lack a source are left out, with a warning; a joined source is there where all its parts are", async () => {
  const data = hideModalities(made("unique", 200), ["b"], [0, 3, 5]);
  const again = { ...quick, epochs: 2, measures: ["pmin"] as const };
  const { warnings, samples, rows } = await quantify(data, again);
  expect(warnings).toContain("3 rows lack a or b and are left out.");
  expect(samples).toBe(197);
  expect(rows.map((row) => row.id)).not.toContain("3");
  const three = { ...data, modalities: { ...data.modalities, c: data.modalities.a! } };
  const [pair] = sourcePairs(["a", "b+c"], ["a", "b", "c"]);
  expect(joinSources(three, pair!).present!["b+c"]!.slice(0, 6)).toEqual(Uint8Array.of(0, 1, 1, 0, 1, 0));
  const whole = pooled({ train: data, validation: { ...data, present: {} }, test: made("unique", 10) }).dataset;
  expect([...whole.present!.b!.keys()].filter((row) => whole.present!.b![row] === 0)).toEqual([0, 3, 5]);
});
