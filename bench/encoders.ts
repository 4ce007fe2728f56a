/**
 * @file Question: how long does one training step of an encoder take, beside PyTorch?
 *
 * `npx tsx --tsconfig tsconfig.test.json bench/encoders.ts` prints medians of alternated runs. A step is: gather the batch, forward, backward,
 * Adam, read the loss. The method is `joint` with the encoder and, as the second modality, one number: an embedding of 64 each, and a linear head.
 * Options: --nets resnet18-64,lenet --variants eager,compile --exact --threads 1 --rounds 7 --python FILE --json FILE.
 */
import { writeFileSync } from "node:fs";
import * as os from "node:os";
import { parseArgs } from "node:util";
import { conv1d } from "../src/encoders/conv1d.ts";
import { gru } from "../src/encoders/gru.ts";
import { lenet } from "../src/encoders/lenet.ts";
import { resnet18 } from "../src/encoders/resnet18.ts";
import { transformer } from "../src/encoders/transformer.ts";
import { joint } from "../src/methods/joint.ts";
import type { Module } from "../src/nn/module.ts";
import { type Contender, median, peer } from "./peers.ts";
import { timed } from "./prepared.ts";

interface Net {
  readonly encoder: Module;
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly batch: number;
  readonly samples: number;
  /** Steps of a round. */
  readonly steps: number;
}

/** Each net has its twin under the same name in peers/encoders_torch.py. */
const nets: Readonly<Record<string, Net>> = {
  "resnet18-224": { encoder: resnet18([224, 224, 3]), shape: [224, 224, 3], batch: 4, samples: 32, steps: 2 },
  "resnet18-64": { encoder: resnet18([64, 64, 3]), shape: [64, 64, 3], batch: 16, samples: 256, steps: 4 },
  lenet: { encoder: lenet([28, 28, 1]), shape: [28, 28, 1], batch: 64, samples: 1024, steps: 30 },
  conv1d: {
    encoder: conv1d(74, { width: 128, layers: 3, norm: "batch", pool: "mean" }),
    shape: [50, 74],
    batch: 64,
    samples: 1024,
    steps: 15,
  },
  transformer: {
    encoder: transformer(300, { width: 256, heads: 4, layers: 2, feedForward: 512, dropout: 0, positions: "none" }),
    shape: [50, 300],
    batch: 64,
    samples: 1024,
    steps: 3,
  },
  gru: { encoder: gru(74, { width: 128, dropout: 0 }), shape: [50, 74], batch: 64, samples: 1024, steps: 20 },
};

/** Methods need a second modality. */
const number: Module = { description: { kind: "number" }, build: (_, x) => x };

interface Round {
  /** Milliseconds of each step. */
  readonly ms: readonly number[];
  /** Milliseconds of processor time a step: on a machine in use by others it says more. */
  readonly processor: number;
  /** The largest memory of the process so far. */
  readonly peakMiB: number;
}

async function ours(
  { encoder, shape, batch, samples }: Net,
  threads: number,
  exact: boolean,
): Promise<Contender<Round>> {
  const method = joint({ encoders: { image: encoder, number }, embedding: 64 });
  const widths = { shapes: { image: shape, number: [1] }, classes: 6 };
  const sizes = { batch, samples, exact };
  const { prepared, backend, steps } = await timed(method, method.stages[0] as never, widths, threads, sizes);
  return {
    name: `dmil (${backend}${exact ? ", exact" : ""})`,
    async run(count) {
      const before = process.cpuUsage();
      const ms = await steps(count);
      const { user, system } = process.cpuUsage(before);
      return { ms, processor: (user + system) / 1000 / count, peakMiB: process.resourceUsage().maxRSS / 1024 };
    },
    close: () => prepared.dispose(),
  };
}

/** The twin of a net in PyTorch. */
function twin(python: string, net: string, variant: string, threads: number): Promise<Contender<Round> | string> {
  const { batch, samples } = nets[net]!;
  const args = ["--net", net, "--batch", batch, "--samples", samples, "--threads", threads, "--variant", variant];
  return peer(python, "encoders_torch.py", args);
}

const { values: flags } = parseArgs({
  options: {
    nets: { type: "string", default: Object.keys(nets).join() },
    variants: { type: "string", default: "eager,compile" },
    exact: { type: "boolean", default: false },
    threads: { type: "string", default: "1" },
    rounds: { type: "string", default: "7" },
    python: { type: "string", default: "python3" },
    json: { type: "string" },
  },
});
const threads = Number(flags.threads);
const results: object[] = [];

console.log(
  `${os.cpus()[0]?.model}, ${os.cpus().length} cores, Node ${process.versions.node}, load ${os.loadavg()[0]!.toFixed(1)}, ${threads} thread(s)`,
);
console.log("net            contender                          ms/step   ratio     processor ms  ratio   peak MiB");
for (const name of flags.nets.split(",")) {
  const net = nets[name];
  if (net === undefined) throw new Error(`unknown net ${name}; known: ${Object.keys(nets).join(", ")}`);
  const contenders = [await ours(net, threads, false)];
  if (flags.exact) contenders.push(await ours(net, threads, true));
  for (const variant of flags.variants.split(",").filter((v) => v !== "")) {
    const other = await twin(flags.python, name, variant, threads);
    if (typeof other === "string") console.log(`${name}  ${variant}: left out (${other})`);
    else contenders.push(other);
  }
  const rounds = contenders.map(() => [] as Round[]);
  for (const contender of contenders) await contender.run(net.steps);
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const [i, contender] of contenders.entries()) rounds[i]!.push(await contender.run(net.steps));
  }
  for (const [i, contender] of contenders.entries()) {
    const own = rounds[i]!;
    // Ratios are taken round by round, where both saw the same machine.
    const ratio = (of: (round: Round) => number): number => median(own.map((r, n) => of(r) / of(rounds[0]![n]!)));
    const row = {
      ms: median(own.map((r) => median(r.ms))),
      processor: median(own.map((r) => r.processor)),
      ratio: ratio((r) => median(r.ms)),
      processorRatio: ratio((r) => r.processor),
      peakMiB: own.at(-1)!.peakMiB,
    };
    results.push({ net: name, threads, contender: contender.name, ...row });
    const cells = [
      row.ms.toFixed(1),
      row.ratio.toFixed(2),
      row.processor.toFixed(1),
      row.processorRatio.toFixed(2),
      row.peakMiB.toFixed(0),
    ];
    console.log(`${name.padEnd(14)} ${contender.name.padEnd(34)} ${cells.map((cell) => cell.padStart(9)).join(" ")}`);
    await contender.close();
  }
}
if (flags.json !== undefined) {
  const machine = { cpu: os.cpus()[0]?.model, cores: os.cpus().length, node: process.versions.node };
  writeFileSync(flags.json, `${JSON.stringify({ date: new Date().toISOString(), machine, results }, null, 2)}\n`);
}
process.exit(0);
