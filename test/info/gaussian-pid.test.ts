import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stream } from "../../src/core/random.ts";
import { type GaussianPid, type GaussianRoles, gaussianPid, gaussianTriple } from "../../src/info/index.ts";

/** Bits; what closed forms and the library may differ by. */
const EXACT = 1e-10;

interface Case {
  readonly first: number;
  readonly second: number;
  readonly target: number;
  readonly covariance: number[][];
  readonly condition: number;
  readonly I1: number;
  readonly I2: number;
  readonly I12: number;
  readonly U1: number;
  readonly U2: number;
  /** I* by minimising over couplings. */
  readonly minimised?: number;
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL("../golden/gaussian-pid.json", import.meta.url), "utf8"),
);

/** Columns in order: first, second, target. */
function roles(first: number, second: number, target: number): GaussianRoles {
  const from = (start: number, n: number): number[] => Array.from({ length: n }, (_, i) => start + i);
  return { first: from(0, first), second: from(first, second), target: from(first + second, target) };
}

function normals(rows: number, columns: number, seed: number): number[][] {
  const draw = stream(seed, "test.gaussian");
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => draw.normal()));
}

function product(a: readonly number[][], b: readonly number[][]): number[][] {
  return a.map((row) => b[0]!.map((_, j) => row.reduce((sum, v, k) => sum + v * b[k]![j]!, 0)));
}

function transposed(a: readonly number[][]): number[][] {
  return a[0]!.map((_, j) => a.map((row) => row[j]!));
}

/** A covariance of n columns that is far from singular. */
function covariance(n: number, seed: number): number[][] {
  const a = normals(n, 2 * n, seed);
  return product(a, transposed(a));
}

/** Several systems side by side, knowing nothing of each other: columns [first..., second..., target...]. */
function sideBySide(systems: readonly { cov: number[][]; sizes: readonly [number, number, number] }[]): {
  cov: number[][];
  roles: GaussianRoles;
} {
  const sizes = [0, 1, 2].map((r) => systems.reduce((sum, system) => sum + system.sizes[r]!, 0)) as [
    number,
    number,
    number,
  ];
  const place = systems.map((system, s) =>
    [0, 1, 2].flatMap((r) =>
      Array.from(
        { length: system.sizes[r]! },
        (_, i) =>
          sizes.slice(0, r).reduce((sum, n) => sum + n, 0) +
          systems.slice(0, s).reduce((sum, other) => sum + other.sizes[r]!, 0) +
          i,
      ),
    ),
  );
  const n = sizes[0] + sizes[1] + sizes[2];
  const cov = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  systems.forEach((system, s) => {
    for (const [i, row] of system.cov.entries()) {
      for (const [j, value] of row.entries()) cov[place[s]![i]!]![place[s]![j]!] = value;
    }
  });
  return { cov, roles: roles(...sizes) };
}

function expectAtoms(found: GaussianPid, expected: Partial<GaussianPid>, within = EXACT): void {
  for (const [name, value] of Object.entries(expected)) {
    expect(Math.abs((found[name as keyof GaussianPid] as number) - (value as number)), name).toBeLessThanOrEqual(
      within,
    );
  }
}

describe("closed forms, in bits", () => {
  it.each([
    [0.5, 0.5, 0],
    [0.9, 0.3, 0.2],
    [-0.7, 0.1, 0.3],
    [0.6, 0.6, 0.99],
    [1e-4, 0.3, 0],
  ])("three numbers %d %d %d (Barrett 2015)", (rho1, rho2, rho12) => {
    const found = gaussianPid(
      [
        [1, rho12, rho1],
        [rho12, 1, rho2],
        [rho1, rho2, 1],
      ],
      roles(1, 1, 1),
    );
    expectAtoms(found, gaussianTriple({ rho1, rho2, rho12 }));
  });

  it("a number and two vectors: the smaller information is redundant", () => {
    for (let seed = 0; seed < 20; seed++) {
      const found = gaussianPid(covariance(8, seed), roles(3, 4, 1));
      expectAtoms(found, { R: Math.min(found.I1, found.I2), U1: Math.max(0, found.I1 - found.I2) });
    }
  });

  it("systems that know nothing of each other add up, unlike the smaller information", () => {
    const triples = [
      { rho1: 0.9, rho2: 0.2, rho12: 0.1 },
      { rho1: 0.1, rho2: 0.8, rho12: 0.3 },
      { rho1: 0.5, rho2: 0.5, rho12: -0.2 },
    ];
    const { cov, roles: own } = sideBySide(
      triples.map(({ rho1, rho2, rho12 }) => ({
        cov: [
          [1, rho12, rho1],
          [rho12, 1, rho2],
          [rho1, rho2, 1],
        ],
        sizes: [1, 1, 1] as const,
      })),
    );
    const parts = triples.map((triple) => gaussianTriple(triple));
    const sum = (name: "R" | "U1" | "U2" | "S"): number => parts.reduce((total, part) => total + part[name], 0);
    const found = gaussianPid(cov, own);
    expectAtoms(found, { R: sum("R"), U1: sum("U1"), U2: sum("U2"), S: sum("S") });
    expect(Math.min(found.I1, found.I2) - found.R).toBeGreaterThan(0.1);
  });

  it("a source beside itself, in other units too, is redundant and nothing else", () => {
    const base = covariance(6, 3);
    const mix = normals(3, 3, 4);
    const copy = [
      [0, 1, 2],
      [0, 1, 2],
      [3, 4, 5],
    ].flat();
    const twice = copy.map((i) => copy.map((j) => base[i]![j]!));
    const map = Array.from({ length: 9 }, (_, i) =>
      Array.from({ length: 9 }, (_x, j) =>
        i >= 3 && i < 6 ? (j >= 3 && j < 6 ? mix[i - 3]![j - 3]! : 0) : i === j ? 1 : 0,
      ),
    );
    const found = gaussianPid(product(product(map, twice), transposed(map)), roles(3, 3, 3));
    expectAtoms(found, { R: found.I1, I12: found.I1, U1: 0, U2: 0, S: 0 });
    expect(found.dropped).toEqual([]);
  });

  it("a source that tells nothing leaves all to the other", () => {
    const { cov } = sideBySide([
      { cov: covariance(5, 5), sizes: [3, 0, 2] },
      { cov: covariance(2, 6), sizes: [0, 2, 0] },
    ]);
    const found = gaussianPid(cov, roles(3, 2, 2));
    expect(found.I1).toBeGreaterThan(0.05);
    expectAtoms(found, { U1: found.I1, R: 0, U2: 0, S: 0, I2: 0 });
  });

  it("noise known to one source alone is synergy: y + n and n", () => {
    const [signal, noise] = [1, 4];
    const found = gaussianPid(
      [
        [signal + noise + 1e-3, noise, signal],
        [noise, noise, 0],
        [signal, 0, signal],
      ],
      roles(1, 1, 1),
    );
    expectAtoms(found, { U1: found.I1, R: 0, U2: 0, S: 0.5 * Math.log2(1 + signal / 1e-3) - found.I1 });
  });

  it("a source that is the other one through noise has nothing unique", () => {
    const own = covariance(6, 8);
    const map = normals(3, 3, 9);
    const first = own.slice(0, 3);
    const degraded = product(map, first);
    const block = product(
      product(
        map,
        first.map((row) => row.slice(0, 3)),
      ),
      transposed(map),
    );
    const cov = Array.from({ length: 9 }, (_, i) =>
      Array.from({ length: 9 }, (_x, j) => {
        const [a, b] = i < j ? [i, j] : [j, i];
        if (a < 3) return b < 3 ? own[a]![b]! : b < 6 ? degraded[b - 3]![a]! : own[a]![b - 3]!;
        if (a < 6) return b < 6 ? block[a - 3]![b - 3]! + (a === b ? 0.5 : 0) : degraded[a - 3]![b - 3]!;
        return own[a - 3]![b - 3]!;
      }),
    );
    const found = gaussianPid(cov, roles(3, 3, 3));
    expectAtoms(found, { U2: 0, R: found.I2, S: 0 });
  });
});

describe("laws", () => {
  const cov = covariance(11, 10);
  const found = gaussianPid(cov, roles(4, 3, 4));

  it("linear maps of each source and of the target change nothing", () => {
    for (let seed = 20; seed < 30; seed++) {
      const maps = [normals(4, 4, seed), normals(3, 3, seed + 100), normals(4, 4, seed + 200)];
      const map = Array.from({ length: 11 }, (_, i) => {
        const r = i < 4 ? 0 : i < 7 ? 1 : 2;
        const start = [0, 4, 7][r]!;
        const row = new Array<number>(11).fill(0);
        maps[r]![i - start]!.forEach((v, j) => {
          row[start + j] = v;
        });
        return row;
      });
      const { R, U1, U2, S, I1, I2, I12 } = found;
      const atoms = { R, U1, U2, S, I1, I2, I12 };
      expectAtoms(gaussianPid(product(product(map, cov), transposed(map)), roles(4, 3, 4)), atoms);
    }
  });

  it("sources change places", () => {
    const other = gaussianPid(cov, { first: [4, 5, 6], second: [0, 1, 2, 3], target: [7, 8, 9, 10] });
    expectAtoms(other, { R: found.R, U1: found.U2, U2: found.U1, S: found.S });
  });

  it("sums, signs and the bracket hold on random systems", () => {
    for (let seed = 0; seed < 200; seed++) {
      const sizes = [1 + (seed % 4), 1 + ((seed >> 2) % 4), 1 + ((seed >> 4) % 5)] as const;
      const { I1, I2, I12, R, U1, U2, S, lower, upper, gap, converged } = gaussianPid(
        covariance(sizes[0] + sizes[1] + sizes[2], seed + 1000),
        roles(...sizes),
      );
      expect(Math.abs(R + U1 - I1) + Math.abs(R + U2 - I2) + Math.abs(R + U1 + U2 + S - I12)).toBeLessThan(1e-13);
      expect(Math.min(R, U1, U2, S)).toBeGreaterThanOrEqual(-1e-13);
      expect(converged).toBe(true);
      expect(gap).toBeLessThan(EXACT);
      expect(I2 + U1).toBeGreaterThanOrEqual(lower);
      expect(I2 + U1).toBeLessThanOrEqual(upper);
    }
  });
});

describe("goldens", () => {
  it.each(cases.filter(({ minimised }) => minimised !== undefined))(
    "the minimum over couplings: $first, $second, $target",
    (entry) => {
      const { I2, U1 } = gaussianPid(entry.covariance, roles(entry.first, entry.second, entry.target));
      expect(Math.abs(I2 + U1 - entry.minimised!)).toBeLessThan(EXACT);
    },
  );

  it.each(cases)("60 digits: $first, $second, $target, condition $condition", (entry) => {
    const found = gaussianPid(entry.covariance, roles(entry.first, entry.second, entry.target));
    const truth = entry.I2 + entry.U1;
    expect(found.lower).toBeLessThanOrEqual(truth);
    expect(found.upper).toBeGreaterThanOrEqual(truth);
    const within = Math.max(1e-12, 1e-15 * entry.condition);
    const { I1, I2, I12, U1, U2 } = entry;
    expectAtoms(found, { I1, I2, I12, U1, U2, R: I1 - U1, S: I12 - I1 - U2 }, within);
  });

  it("200 features a source and 10 targets take less than a second", () => {
    const cov = covariance(410, 7);
    const start = performance.now();
    const found = gaussianPid(cov, roles(200, 200, 10));
    expect(performance.now() - start).toBeLessThan(1000);
    expect(found.gap).toBeLessThan(EXACT);
    expect(Math.min(found.U1, found.U2, found.R, found.S)).toBeGreaterThan(0);
  });
});

describe("covariances without full rank", () => {
  const cov = covariance(7, 30);

  it("columns that others determine, and constant ones, are left out and change nothing", () => {
    const sum = [0, 1, 2, 3, 4, 5, 6].map((j) => cov[0]![j]! + cov[1]![j]!);
    const wider = cov.map((row, i) => [...row, sum[i]!, 0]);
    wider.push([...sum, cov[0]![0]! + cov[1]![1]! + 2 * cov[0]![1]!, 0], new Array<number>(9).fill(0));
    const plain = gaussianPid(cov, roles(3, 2, 2));
    const found = gaussianPid(wider, { first: [0, 1, 2, 7, 8], second: [3, 4], target: [5, 6] });
    expect(found.dropped).toEqual([7, 8]);
    expectAtoms(found, { R: plain.R, U1: plain.U1, U2: plain.U2, S: plain.S });
  });

  it.each([
    [
      "a target the first determines",
      [
        [1, 0, 1],
        [0, 1, 0],
        [1, 0, 1],
      ],
      /the first source determines .* to 12 digits/,
    ],
    [
      "a target both determine",
      [
        [1, 0, 1],
        [0, 1, 1],
        [1, 1, 2],
      ],
      /both sources together determine/,
    ],
    [
      "no covariance",
      [
        [1, 0.9, 0.9],
        [0.9, 1, -0.9],
        [0.9, -0.9, 1],
      ],
      /no covariance: it has an eigenvalue below 0/,
    ],
    [
      "no variance, yet covariance",
      [
        [0, 0.5, 0],
        [0.5, 1, 0],
        [0, 0, 1],
      ],
      /column 0 has variance 0, yet/,
    ],
    [
      "a negative variance",
      [
        [-1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      /column 0 has variance -1/,
    ],
    [
      "not symmetric",
      [
        [1, 0, 0.5],
        [0, 1, 0],
        [0.4, 0, 1],
      ],
      /entry \(2, 0\) is 0.4 and \(0, 2\) is 0.5/,
    ],
    [
      "a constant target",
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 0],
      ],
      /the target is constant/,
    ],
    [
      "not a number",
      [
        [1, 0, 0],
        [0, Number.NaN, 0],
        [0, 0, 1],
      ],
      /entry \(1, 1\) is NaN/,
    ],
    [
      "not square",
      [
        [1, 0, 0],
        [0, 1],
        [0, 0, 1],
      ],
      /row 1 holds 2 of 3 numbers/,
    ],
  ])("refuses %s", (_, given, message) => {
    expect(() => gaussianPid(given as number[][], roles(1, 1, 1))).toThrow(message as RegExp);
  });

  it("refuses roles that do not fit", () => {
    const three = covariance(3, 31);
    expect(() => gaussianPid(three, { first: [0], second: [0], target: [2] })).toThrow(
      /column 0 is named in first and in second/,
    );
    expect(() => gaussianPid(three, { first: [], second: [1], target: [2] })).toThrow(/no column is the first/);
    expect(() => gaussianPid(three, { first: [0], second: [1], target: [3] })).toThrow(/columns 0 to 2/);
    expect(() => gaussianPid(three, roles(1, 1, 1), { tol: 0 })).toThrow(/tol is 0/);
  });
});
