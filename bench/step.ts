/**
 * @file Question: how long does one DMIL step of stage `whole` take, beside PyTorch and JAX?
 *
 * `npm run bench` prints medians of alternated runs: ours and each peer take turns, so a machine whose speed drifts slows both.
 * Settings: width / batch 512/64, 128/64, 32/64, six classes, two modalities as wide as the embedding, 1 and 2 threads.
 * A step is: gather the batch, draw noise, forward, backward, Adam, read the loss. Peers are the twins in bench/peers.
 * Options: --widths 512,32 --threads 1,2 --rounds 5 --json FILE.
 */
import { writeFileSync } from "node:fs";
import * as os from "node:os";
import { parseArgs } from "node:util";
import { dmilPublished } from "../src/methods/dmil-published/index.ts";
import { mlp } from "../src/nn/mlp.ts";
import { type Contender, median, peer } from "./peers.ts";
import { BATCH, timed } from "./prepared.ts";

const CLASSES = 6;

/** What a contender measured. */
interface Round {
  /** Milliseconds of each step. */
  readonly ms: readonly number[];
  readonly peakMiB: number;
}

async function ours(width: number, threads: number): Promise<Contender<Round>> {
  const method = dmilPublished({ encoders: { first: mlp([width]), second: mlp([width]) }, embedding: width });
  const widths = { shapes: { first: [width], second: [width] }, classes: CLASSES };
  const { prepared, backend, steps } = await timed(method, method.stages[2] as never, widths, threads);
  return {
    name: `dmil (${backend})`,
    run: async (count) => ({ ms: await steps(count), peakMiB: process.resourceUsage().maxRSS / 1024 }),
    close: () => prepared.dispose(),
  };
}

const { values: flags } = parseArgs({
  options: {
    widths: { type: "string", default: "512,128,32" },
    threads: { type: "string", default: "1,2" },
    rounds: { type: "string", default: "7" },
    peers: { type: "string", default: "eager,fused,compile,jit" },
    json: { type: "string" },
  },
});
const list = (text: string): number[] => text.split(",").map(Number);
const peers = (
  [
    ["step_torch.py", "eager"],
    ["step_torch.py", "fused"],
    ["step_torch.py", "compile"],
    ["step_jax.py", "jit"],
  ] as const
).filter(([, variant]) => flags.peers.split(",").includes(variant));
const results: object[] = [];

console.log(
  `${os.cpus()[0]?.model}, ${os.cpus().length} cores, Node ${process.versions.node}, load ${os.loadavg()[0]!.toFixed(1)}`,
);
console.log("width threads  contender                          ms/step   ratio to ours   peak MiB");
for (const width of list(flags.widths)) {
  for (const threads of list(flags.threads)) {
    const own = await ours(width, threads);
    const others: Contender<Round>[] = [];
    const sizes = ["--width", width, "--batch", BATCH, "--threads", threads];
    for (const [script, variant] of peers) {
      const other = await peer<Round>("python3", script, [...sizes, "--variant", variant]);
      if (typeof other === "string") console.log(`${width}  ${threads}  ${variant}: left out (${other})`);
      else others.push(other);
    }
    const contenders = [own, ...others];
    const steps = width >= 512 ? 8 : width >= 128 ? 30 : 100;
    const rounds = contenders.map(() => [] as number[]);
    const peaks = contenders.map(() => 0);
    for (const contender of contenders) await contender.run(Math.ceil(steps / 2));
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const [i, contender] of contenders.entries()) {
        const { ms, peakMiB } = await contender.run(steps);
        rounds[i]!.push(median(ms));
        peaks[i] = peakMiB;
      }
    }
    for (const [i, contender] of contenders.entries()) {
      const ms = median(rounds[i]!);
      // The ratio is taken round by round, where both saw the same machine.
      const ratio = median(rounds[i]!.map((value, round) => value / rounds[0]![round]!));
      results.push({ width, threads, contender: contender.name, ms, ratio, peakMiB: peaks[i] });
      console.log(
        `${String(width).padStart(5)} ${String(threads).padStart(7)}  ${contender.name.padEnd(34)} ${ms.toFixed(2).padStart(8)} ` +
          `${ratio.toFixed(2).padStart(12)} x ${peaks[i]!.toFixed(0).padStart(10)}`,
      );
      await contender.close();
    }
  }
}
if (flags.json !== undefined) {
  const machine = { cpu: os.cpus()[0]?.model, cores: os.cpus().length, node: process.versions.node };
  writeFileSync(flags.json, `${JSON.stringify({ date: new Date().toISOString(), machine, results }, null, 2)}\n`);
}
process.exit(0);
