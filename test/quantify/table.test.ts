import { describe, expect, it } from "vitest";
import { type GateName, logicGate, sampleRows } from "../../src/info/index.ts";
import { type Quantified, quantifyPage, quantifyTable, TABLE_MEASURES } from "../../src/quantify/index.ts";

function columns(name: GateName, rows: number, seed = 0) {
  const [first, second, labels] = sampleRows(logicGate(name).table, { rows, seed }).map((column) =>
    Array.from(column, (symbol) => `s${symbol}`),
  ) as [string[], string[], string[]];
  return { sources: ["x1", "x2"] as const, target: "y", first, second, labels };
}

function run(name: GateName, rows = 300): Quantified {
  return quantifyTable(columns(name, rows), { seed: 0 });
}

describe("gates", () => {
  it("xor is synergy and nothing else", () => {
    const { measures, balance, findings } = run("xor");
    const { atoms } = measures[0]!;
    expect([atoms.R.real, atoms.U1.real, atoms.U2.real, atoms.S.real]).toEqual([false, false, false, true]);
    expect(atoms.S.value).toBeCloseTo(1, 1);
    expect(balance.lower).toBeGreaterThan(0.5);
    expect(findings.some((line) => /^broja: S = .*synergy is real\.$/.test(line))).toBe(true);
    expect(findings[1]).toContain("more synergy than redundancy");
  });

  it("rdn is redundancy, unq1 is unique to the first", () => {
    const { atoms } = run("rdn").measures[0]!;
    expect([atoms.R.real, atoms.S.real]).toEqual([true, false]);
    const unique = run("unq1").measures[0]!.atoms;
    expect([unique.R.real, unique.U1.real, unique.U2.real, unique.S.real]).toEqual([false, true, false, false]);
  });

  it("shuffled targets show nothing", () => {
    const made = columns("xor", 300);
    const { measures, informations } = quantifyTable({ ...made, labels: columns("xor", 300, 9).labels }, { seed: 0 });
    expect(informations.I12.real).toBe(false);
    for (const amount of Object.values(measures[0]!.atoms)) {
      expect(amount.real).toBe(false);
      expect(Math.abs(amount.value)).toBeLessThan(0.03);
    }
  });
});

describe("what a sample cannot show is 0 and not below", () => {
  const symbols = [...Array(400).keys()].map((row) => (row * 2654435761) >>> 9);
  const of = (modulus: number, shift = 0): string[] => symbols.map((value) => String((value >> shift) % modulus));
  const made = {
    "the target is the second source, the first is noise of more symbols": [of(7, 8), of(2), of(2)],
    "the target is either source, one of them with more symbols": [of(3), of(12), of(3)],
    "neither source tells anything": [of(3), of(4, 6), of(2, 12)],
  } as const;

  for (const [what, [first, second, labels]] of Object.entries(made)) {
    it(what, () => {
      const sources = ["a", "b"] as const;
      const { measures, informations } = quantifyTable(
        { sources, target: "y", first, second, labels },
        { seed: 0, measures: TABLE_MEASURES },
      );
      expect(informations.I12.value).toBeGreaterThanOrEqual(informations.I2.value - 1e-9);
      for (const { measure, atoms } of measures) {
        for (const { value, lower, upper } of Object.values(atoms)) {
          expect(lower, measure).toBeLessThanOrEqual(value);
          expect(upper, measure).toBeGreaterThanOrEqual(value);
          if (["broja", "imin", "mmi"].includes(measure)) expect(lower, measure).toBeGreaterThanOrEqual(0);
          // What is the same in every resample is known: only 0 is.
          if (upper - lower < 1e-9) expect(value, `${measure} of no width`).toBeCloseTo(0, 9);
        }
      }
    });
  }

  it("a source that adds nothing leaves all to the other", () => {
    const [first, second, labels] = made["the target is either source, one of them with more symbols"];
    const { informations, measures } = quantifyTable(
      { sources: ["a", "b"], target: "y", first, second, labels },
      { seed: 0 },
    );
    expect(informations.I1.value).toBeCloseTo(informations.I12.value, 9);
    const { R, U1, U2, S } = measures[0]!.atoms;
    expect([R.value, U1.value, U2.value, S.value]).toEqual([
      informations.I1.value,
      expect.closeTo(0, 9),
      expect.closeTo(0, 9),
      expect.closeTo(0, 9),
    ]);
  });
});

it("rows and class means keep the sums; the page holds every finding", () => {
  const result = quantifyTable(columns("and", 200), { seed: 0, measures: ["broja", "pmin", "lsmi"] });
  for (const row of result.rows.slice(0, 20)) {
    expect(Number(row.r) + Number(row.u1) + Number(row.u2) + Number(row.s)).toBeCloseTo(Number(row.i12), 9);
  }
  for (const { R, U1, U2, S, I12 } of result.byClass) {
    expect(R.value + U1.value + U2.value + S.value).toBeCloseTo(I12.value, 9);
    expect(I12.lower).toBeLessThanOrEqual(I12.value + 1e-9);
  }
  const page = quantifyPage("<and>", [result]);
  expect(page).toContain("&lt;and&gt;");
  expect(page).not.toMatch(/<script|https?:/);
  for (const line of result.findings) expect(page).toContain(line);
  expect(page.match(/<table class="amounts">/g)!.length).toBe(4);
  expect(page.match(/class="range"/g)!.length).toBe(15);
});

it("every measure of tables obeys the sum rules, with informations that do not depend on it", () => {
  const { measures, informations } = quantifyTable(columns("and", 150), { seed: 0, measures: TABLE_MEASURES });
  expect(measures.map(({ measure }) => measure)).toEqual(TABLE_MEASURES);
  for (const { atoms, measure } of measures) {
    const { R, U1, U2, S } = atoms;
    expect(R.value + U1.value, measure).toBeCloseTo(informations.I1.value, 9);
    expect(R.value + U2.value, measure).toBeCloseTo(informations.I2.value, 9);
    expect(R.value + U1.value + U2.value + S.value, measure).toBeCloseTo(informations.I12.value, 9);
    for (const amount of Object.values(atoms)) expect(amount.lower, measure).toBeLessThanOrEqual(amount.upper);
  }
});

it("a constant column and a target without relation: warned of, nothing called real, no type", () => {
  const made = columns("xor", 200);
  const alone = quantifyTable({ ...made, second: made.second.map(() => "k") }, { seed: 0 });
  expect(alone.warnings).toEqual(["x2 is k in every row: it holds no information."]);
  expect(alone.balance.value).toBeCloseTo(0, 9);
  const text = alone.findings.join("\n");
  expect(text).toContain("neither synergy nor redundancy is shown to be larger");
  expect(text).toContain("no information about y is shown");
  expect(text).not.toMatch(/is real/);
  expect(alone.types.none).toBeGreaterThan(0.5);
});

describe("what would be meaningless is refused, with the reason", () => {
  const base = columns("xor", 60);
  const numbers = Array.from({ length: 60 }, (_, i) => String(i));
  it.each([
    ["one class", { ...base, labels: base.labels.map(() => "only") }, /y is only in every row/],
    ["few rows", columns("xor", 5), /5 rows; at least 20/],
    ["a symbol for each row", { ...base, first: numbers }, /60 different symbols in 60 rows/],
    ["other lengths", { ...base, first: ["a"] }, /the same length/],
    [
      "chance alone",
      {
        ...base,
        first: numbers.map((v) => String(Number(v) % 15)),
        second: numbers.map((v) => String(Number(v) >> 2)),
      },
      /chance alone would show/,
    ],
  ])("%s", (_, given, message) => {
    expect(() => quantifyTable(given, { seed: 0 })).toThrow(message);
  });

  it("cvx on symbols, and measures nobody knows", () => {
    const as = (measure: string) => () => quantifyTable(base, { seed: 0, measures: [measure as "broja"] });
    expect(as("cvx")).toThrow(/symbols already/);
    expect(as("broia")).toThrow(/did you mean "broja"/);
  });

  it("and few rows for many symbols warn", () => {
    const wide = {
      ...base,
      first: numbers.map((v) => String(Number(v) % 4)),
      second: numbers.map((v) => String(Number(v) >> 4)),
    };
    expect(quantifyTable(wide, { seed: 0 }).warnings[0]).toMatch(/60 rows are few for 4 x 4 x 2 symbols/);
  });
});
