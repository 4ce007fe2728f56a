/**
 * @file Question: how long does a certified BROJA decomposition take, and which method should find it?
 *
 * `npx tsx bench/pid.ts` prints medians, on one thread. The interior point and the alternating scaling take turns on the same
 * tables, so a machine whose speed drifts slows both; the scaling may make 2 000 sweeps and its gap is printed, as it seldom
 * reaches 1e-9. Tables are uniform noise (no structure to exploit) and counts of rows drawn from noise (many zeros).
 * Then 10 000 small tables one after the other, and the other measures on one table. Option: --rounds 5.
 */
import * as os from "node:os";
import { parseArgs } from "node:util";
import { stream } from "../src/core/random.ts";
import { broja, countTable, jointTable, PID_MEASURES, pid, sampleRows, type Table } from "../src/info/index.ts";

const SHAPES: readonly { readonly shape: readonly [number, number, number]; readonly repeats: number }[] = [
  { shape: [2, 2, 2], repeats: 200 },
  { shape: [4, 4, 3], repeats: 100 },
  { shape: [8, 8, 4], repeats: 20 },
  { shape: [16, 16, 8], repeats: 2 },
  { shape: [32, 32, 10], repeats: 1 },
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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Milliseconds of one call, the mean over some tables. */
function timed(tables: readonly Table[], run: (table: Table) => void): number {
  const start = performance.now();
  for (const table of tables) run(table);
  return (performance.now() - start) / tables.length;
}

function compare(rounds: number): void {
  console.log("table      cells     interior point  steps  widest gap   scaling    sweeps  widest gap");
  for (const { shape, repeats } of SHAPES) {
    for (const [kind, make] of [["noise", noise] as const, ["counts", counts] as const]) {
      const tables = Array.from({ length: repeats }, (_, seed) => make(shape, seed));
      const [ours, theirs]: [number[], number[]] = [[], []];
      let [steps, gap, sweeps, otherGap] = [0, 0, 0, 0];
      for (let round = 0; round <= rounds; round++) {
        const first = timed(tables, (table) => {
          const result = broja(table, { method: "interior-point" });
          if (!result.converged)
            throw new Error(`${shape} ${kind}: gap ${result.gap} after ${result.iterations} steps`);
          steps = Math.max(steps, result.iterations);
          gap = Math.max(gap, result.gap);
        });
        const second = timed(tables, (table) => {
          const result = broja(table, { method: "scaling", maxIter: 2000 });
          sweeps = Math.max(sweeps, result.iterations);
          otherGap = Math.max(otherGap, result.gap);
        });
        if (round === 0) continue; // warm-up
        ours.push(first);
        theirs.push(second);
      }
      console.log(
        `${shape.join("x").padEnd(10)} ${kind.padEnd(8)} ${median(ours).toFixed(3).padStart(11)} ms ` +
          `${String(steps).padStart(8)}  ${gap.toExponential(1).padStart(8)} ${median(theirs).toFixed(3).padStart(12)} ms ` +
          `${String(sweeps).padStart(6)}  ${otherGap.toExponential(1).padStart(8)}`,
      );
    }
  }
}

function many(): void {
  const tables = Array.from({ length: 10_000 }, (_, seed) => counts([4, 4, 3], seed));
  let [converged, widest] = [0, 0];
  const start = performance.now();
  for (const table of tables) {
    const result = broja(table);
    if (result.converged) converged++;
    widest = Math.max(widest, result.gap);
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `\n10000 tables of 4x4x3, ${seconds.toFixed(2)} s; ${converged} converged, widest gap ${widest.toExponential(1)} bits`,
  );
}

function measures(rounds: number): void {
  const table = counts([8, 8, 4], 0);
  const times = PID_MEASURES.map((): number[] => []);
  for (let round = 0; round <= rounds * 4; round++) {
    PID_MEASURES.forEach((measure, i) => {
      const ms = timed([table], (given) => pid(given, { measure }));
      if (round > 0) times[i]!.push(ms);
    });
  }
  console.log(
    `8x8x4 counts, other measures: ${PID_MEASURES.map((m, i) => `${m} ${median(times[i]!).toFixed(3)} ms`).join(", ")}`,
  );
}

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const rounds = Number(values.rounds);
console.log(`Node ${process.version}, ${os.cpus()[0]?.model ?? "unknown processor"}, one thread, ${rounds} rounds\n`);
compare(rounds);
many();
measures(rounds);
