/**
 * @file Question: which way of coupling posteriors finds the redundant share of continuous sources, where that share is known?
 *
 * `npx tsx bench/redundancy.ts` compares grouping like posteriors (what batchEstimate does) with coupling n sampled points directly,
 * both on exact posteriors of 4 000 rows, so that no classifier is to blame. `--write` puts the table into
 * docs/decisions/quantify.md.
 */
import { parseArgs } from "node:util";
import { machine, markdownTable, writeRegion } from "../scripts/region.ts";
import { program } from "../src/info/broja/program.ts";
import { alternatingScaling } from "../src/info/broja/scaling.ts";
import { type BlockName, block, blockRows, gaussianClassRows, mutualInformation } from "../src/info/index.ts";
import { posteriorRedundancy } from "../src/info/posterior.ts";

const ROWS = 4000;
const POINTS = [64, 256];

interface Case {
  readonly name: string;
  readonly classes: number;
  /** log p(y | x_k), [N, K]. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** R over the smaller of I1 and I2. */
  readonly truth: number;
}

function gaussian(classes: number, sigma: number): Case {
  const { logs } = gaussianClassRows({ rows: ROWS, seed: 0, classes, sigma }).exact;
  return { name: `${classes} Gaussian classes, sigma ${sigma}`, classes, ...logs, truth: 1 };
}

/** Blocks side by side: the class is the tuple of theirs. */
function blocks(names: readonly BlockName[], sigma: number): Case {
  const parts = names.map((name, seed) => blockRows(name, { rows: ROWS, sigma, seed }).exact);
  const classes = 2 ** names.length;
  const side = (part: "first" | "second"): Float64Array =>
    Float64Array.from({ length: ROWS * classes }, (_, cell) => {
      const [i, k] = [Math.floor(cell / classes), cell % classes];
      return parts.reduce((sum, exact, b) => sum + exact[part][2 * i + ((k >> b) & 1)]!, 0);
    });
  const total = (atom: "R" | "U1" | "U2"): number => names.reduce((sum, name) => sum + block(name, { sigma })[atom], 0);
  const truth = total("R") / (total("R") + Math.min(total("U1"), total("U2")));
  return {
    name: `blocks ${names.join(", ")}, sigma ${sigma}`,
    classes,
    first: side("first"),
    second: side("second"),
    truth,
  };
}

/** The share when each of the first n rows is a symbol of its own, as in one batch. */
function coupledPoints({ first, second, classes }: Case, n: number): number {
  const sides = [first, second].map((logs) => {
    const p = Float64Array.from(logs.subarray(0, n * classes), (log) => Math.exp(log) / n);
    const sums = new Float64Array(classes);
    p.forEach((value, i) => {
      sums[i % classes]! += value;
    });
    return { p, sums };
  }) as [{ p: Float64Array; sums: Float64Array }, { p: Float64Array; sums: Float64Array }];
  const mean = sides[0].sums.map((sum, k) => (sum + sides[1].sums[k]!) / 2);
  const [p1y, p2y] = sides.map(({ p, sums }) => p.map((v, i) => (v * mean[i % classes]!) / sums[i % classes]!)) as [
    Float64Array,
    Float64Array,
  ];
  const { bracket } = alternatingScaling(program({ n1: n, n2: n, ny: classes, p1y, p2y }), 1e-4, 600);
  const [I1, I2] = [p1y, p2y].map((data) => mutualInformation({ shape: [n, classes], data })) as [number, number];
  return (I1 + I2 - (bracket.lower + bracket.upper) / 2 / Math.LN2) / Math.min(I1, I2);
}

const cases = [
  gaussian(10, 0.5),
  gaussian(10, 1),
  gaussian(2, 1),
  blocks(["U1", "U2"], 0.5),
  blocks(["R", "U1"], 0.5),
  blocks(["R", "U1", "U2"], 0.5),
  blocks(["R", "U1", "U2"], 1),
  blocks(["R", "R0", "U1", "U2"], 0.75),
];
const rows = [["case", "truth", "grouped", "before self share", "allowed for", ...POINTS.map((n) => `${n} points`)]];
for (const own of cases) {
  const found = posteriorRedundancy(own.first, own.second, own.classes, { seed: 0 });
  const numbers = [
    own.truth,
    Math.min(1, found.share),
    found.share * found.selfShare,
    1 - found.selfShare,
    ...POINTS.map((n) => coupledPoints(own, n)),
  ];
  rows.push([own.name, ...numbers.map((value) => value.toFixed(3))]);
  console.error(rows.at(-1)!.join("  "));
}
const text = `${markdownTable(rows)}\n\nR over the smaller information, on exact posteriors of ${ROWS} rows; ${machine()}.`;
console.log(text);
const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });
if (values.write) writeRegion("docs/decisions/quantify.md", "coupling", "npx tsx bench/redundancy.ts --write", text);
