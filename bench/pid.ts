/**
 * @file Question: how long does a certified BROJA decomposition take, and which method should find it?
 *
 * `npx tsx bench/pid.ts` prints medians, on one thread; `--write` puts them into bench/README.md. The interior point and the
 * alternating scaling take turns on the same tables, so a machine whose speed drifts slows both; the scaling may make 2 000 sweeps
 * and its gap is printed, as it seldom reaches 1e-9. Tables are uniform noise (no structure to exploit) and counts of rows drawn
 * from noise (many zeros). Then 10 000 small tables one after the other, and the other measures on one table. Option: --rounds 5.
 */
import { parseArgs } from "node:util";
import { machine, markdownTable, median, writeRegion } from "../scripts/region.ts";
import { stream } from "../src/core/random.ts";
import { broja, countTable, jointTable, PID_MEASURES, pid, sampleRows, type Table } from "../src/info/index.ts";

/** Tables of a shape, how many, and the milliseconds a decomposition to 1e-9 bits is to take at most. */
const SHAPES: readonly {
  readonly shape: readonly [number, number, number];
  readonly repeats: number;
  readonly goal?: number;
}[] = [
  { shape: [2, 2, 2], repeats: 200, goal: 0.5 },
  { shape: [4, 4, 3], repeats: 100 },
  { shape: [8, 8, 4], repeats: 20, goal: 5 },
  { shape: [16, 16, 8], repeats: 2, goal: 150 },
  { shape: [32, 32, 10], repeats: 1, goal: 2000 },
];

/** Uniform noise in every cell. */
function noise(shape: readonly number[], seed: number): Table {
  const draw = stream(seed, "bench.noise");
  const size = shape.reduce((product, n) => product * n, 1);
  return jointTable({ shape, data: Float64Array.from({ length: size }, () => draw.uniform()) });
}

/** Counts of rows from noise: as many rows as cells, so about a third of the cells stay empty. */
function counts(shape: readonly number[], seed: number): Table {
  const table = noise(shape, seed);
  return countTable(sampleRows(table, { rows: table.p.length, seed }), shape);
}

/** Milliseconds of one call, the mean over some tables. */
function timed(tables: readonly Table[], run: (table: Table) => void): number {
  const start = performance.now();
  for (const table of tables) run(table);
  return (performance.now() - start) / tables.length;
}

function compare(rounds: number): string[][] {
  const rows = [
    ["table", "cells are", "goal, ms", "interior point, ms", "steps", "widest gap", "scaling, ms", "its gap"],
  ];
  for (const { shape, repeats, goal } of SHAPES) {
    for (const [kind, make] of [["noise", noise] as const, ["counts", counts] as const]) {
      const tables = Array.from({ length: repeats }, (_, seed) => make(shape, seed));
      const [ours, theirs]: [number[], number[]] = [[], []];
      let [steps, gap, otherGap] = [0, 0, 0];
      for (let round = 0; round <= rounds; round++) {
        const first = timed(tables, (table) => {
          const result = broja(table, { method: "interior-point" });
          if (!result.converged)
            throw new Error(`${shape} ${kind}: gap ${result.gap} after ${result.iterations} steps`);
          steps = Math.max(steps, result.iterations);
          gap = Math.max(gap, result.gap);
        });
        const second = timed(tables, (table) => {
          otherGap = Math.max(otherGap, broja(table, { method: "scaling", maxIter: 2000 }).gap);
        });
        if (round === 0) continue; // warm-up
        ours.push(first);
        theirs.push(second);
      }
      rows.push([
        shape.join(" x "),
        kind,
        goal === undefined ? "" : String(goal),
        median(ours).toPrecision(3),
        String(steps),
        gap.toExponential(0),
        median(theirs).toPrecision(3),
        otherGap.toExponential(0),
      ]);
    }
  }
  return rows;
}

function many(): string {
  const tables = Array.from({ length: 10_000 }, (_, seed) => counts([4, 4, 3], seed));
  const seconds: number[] = [];
  let [converged, widest] = [0, 0];
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    converged = 0;
    for (const table of tables) {
      const result = broja(table);
      if (result.converged) converged++;
      widest = Math.max(widest, result.gap);
    }
    seconds.push((performance.now() - start) / 1000);
  }
  return `10 000 tables of 4 x 4 x 3 one after the other, as in a bootstrap: ${median(seconds).toFixed(1)} s (goal 10 s), ${converged} converged, widest gap ${widest.toExponential(0)} bit.`;
}

function measures(rounds: number): string {
  const table = counts([8, 8, 4], 0);
  const times = PID_MEASURES.map((): number[] => []);
  for (let round = 0; round <= rounds * 4; round++) {
    PID_MEASURES.forEach((measure, i) => {
      const ms = timed([table], (given) => pid(given, { measure }));
      if (round > 0) times[i]!.push(ms);
    });
  }
  return `All measures on one 8 x 8 x 4 table of counts, ms: ${PID_MEASURES.map((m, i) => `${m} ${median(times[i]!).toPrecision(2)}`).join(", ")}.`;
}

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, write: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);
const text = [
  `${machine()}, one thread, medians of ${rounds} rounds; gaps are certified, in bits; the scaling was stopped after 2 000 sweeps.`,
  markdownTable(compare(rounds)),
  many(),
  measures(rounds),
].join("\n\n");
console.log(text);
if (values.write) writeRegion("bench/README.md", "pid", "npx tsx bench/pid.ts --write", text);
