/**
 * @file Question: how much faster than iterative solvers is the Gaussian decomposition in closed form, and how much more exact?
 *
 * `npx tsx bench/gaussian.ts` times gaussianPid beside peers/gaussian_pid.py (python3 with numpy) on the same covariances, in
 * alternation; `--write` puts the table into bench/README.md, `--rounds N` sets how many.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { machine, markdownTable, median, writeRegion } from "../scripts/region.ts";
import { stream } from "../src/core/random.ts";
import { gaussianPid } from "../src/info/index.ts";

/** Columns of each source and of the target. */
const SIZES: readonly (readonly [number, number])[] = [
  [2, 2],
  [10, 2],
  [10, 10],
  [50, 10],
  [100, 10],
  [200, 10],
];
/** Calls that are timed together: processor time is counted in steps of milliseconds. */
const REPEATS = 20;
const PEERS = ["covariance", "thin"] as const;

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, write: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);

/** A ratio as people read it. */
const times = (ratio: number): string => (ratio < 10 ? ratio.toFixed(1) : String(Math.round(ratio)));

/** A random covariance of n columns. */
function covariance(n: number, seed: number): number[][] {
  const draw = stream(seed, "bench.gaussian");
  const a = Array.from({ length: n }, () => Float64Array.from({ length: 2 * n }, () => draw.normal()));
  return a.map((row) => a.map((other) => row.reduce((sum, v, k) => sum + v * other[k]!, 0)));
}

const worker = spawn("python3", [path.join(import.meta.dirname, "peers/gaussian_pid.py")], {
  stdio: ["pipe", "pipe", "inherit"],
});
const answers = createInterface({ input: worker.stdout })[Symbol.asyncIterator]();
async function ask(file: string, peer: string): Promise<{ ms: number; optimum: number; steps: number }> {
  worker.stdin.write(`${file} ${peer}\n`);
  const { value, done } = await answers.next();
  if (done === true) throw new Error("the peer ended; it needs python3 with numpy");
  return JSON.parse(value);
}

const folder = mkdtempSync(path.join(tmpdir(), "dmil-bench-"));
const rows = [
  [
    "features a source",
    "values",
    "gaussianPid, ms",
    "its gap",
    "covariance form",
    "its error",
    "thin form",
    "its error",
  ],
];
for (const [width, target] of SIZES) {
  const cov = covariance(2 * width + target, width);
  const file = path.join(folder, `${width}-${target}.json`);
  writeFileSync(file, JSON.stringify({ covariance: cov, first: width, second: width }));
  const from = (start: number, n: number): number[] => Array.from({ length: n }, (_, i) => start + i);
  const roles = { first: from(0, width), second: from(width, width), target: from(2 * width, target) };
  const ours: number[] = [];
  const theirs = PEERS.map((): number[] => []);
  const found = gaussianPid(cov, roles);
  const optimum = (found.lower + found.upper) / 2;
  const errors = [0, 0];
  for (let i = 0; i < 3 * REPEATS; i++) gaussianPid(cov, roles); // warm-up
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < REPEATS; i++) gaussianPid(cov, roles);
    const { user, system } = process.cpuUsage(start);
    ours.push((user + system) / 1000 / REPEATS);
    for (const [p, peer] of PEERS.entries()) {
      const answer = await ask(file, peer);
      theirs[p]!.push(answer.ms);
      errors[p] = Math.abs(answer.optimum - optimum);
    }
  }
  const own = median(ours);
  rows.push([
    String(width),
    String(target),
    own.toPrecision(2),
    found.gap.toExponential(0),
    ...PEERS.flatMap((_, p) => [`${times(median(theirs[p]!) / own)} x`, errors[p]!.toExponential(0)]),
  ]);
  console.log(rows.at(-1)!.join("  "));
}
worker.stdin.end();
rmSync(folder, { recursive: true });
const text = [
  `${machine()}, one thread, medians of ${rounds} alternated rounds, processor time; a ratio says how many times longer the peer takes; errors of I* and gaps in bits. A peer stops after 60 s.`,
  markdownTable(rows),
].join("\n\n");
console.log(text);
if (values.write) writeRegion("bench/README.md", "gaussian", "npx tsx bench/gaussian.ts --write", text);
