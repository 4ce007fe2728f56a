/**
 * @file Question: how long does a training step of each method take, beside joint learning?
 *
 * `npm run bench:methods` prints, for every method and variant, the median time of a step of its heaviest stage over that of joint learning:
 * in each round both run in turn, the ratio is the median over rounds. Settings: two modalities of 76 and 64 features (mfeat's fou and
 * kar), embeddings of 64, 10 classes, batch 64, one thread; encoders with one hidden layer of 64, which weigh nothing beside what is built on
 * them, and with two of 256, which do, as those of images or audio would more so. What is done once an epoch (stored means) is told apart.
 * `--write` puts the table into bench/README.md. Options: --methods joint,ogm --rounds 15 --steps 60 --dropout 0 --hidden "64 256,256".
 */
import { parseArgs } from "node:util";
import { machine, markdownTable, median, writeRegion } from "../scripts/region.ts";
import { methodNamed, methodNames, resolveMethod } from "../src/methods/index.ts";
import type { Method } from "../src/methods/method.ts";
import { mlp } from "../src/nn/mlp.ts";
import { type Timed, timed } from "./prepared.ts";

const { values: flags } = parseArgs({
  options: {
    methods: { type: "string", default: methodNames.join(",") },
    rounds: { type: "string", default: "15" },
    steps: { type: "string", default: "60" },
    dropout: { type: "string", default: "0" },
    hidden: { type: "string", default: "64 256,256" },
    write: { type: "boolean", default: false },
  },
});
const rounds = Number(flags.rounds);
const steps = Number(flags.steps);
const sizes = flags.hidden.split(" ").map((list) => list.split(",").map(Number));
const widths = { shapes: { fou: [76], kar: [64] }, classes: 10 };

function methodOf(name: string, hidden: readonly number[]): Method {
  const { method, options } = resolveMethod(name);
  const dropout = Number(flags.dropout);
  const encoders = { fou: mlp([76, ...hidden], { dropout }), kar: mlp([64, ...hidden], { dropout }) };
  const factory = methodNamed(method);
  const chosen = factory.perModality ? { modality: "fou" } : {};
  return factory.configure({ encoders, embedding: 64, ...chosen, ...options });
}

/** Median milliseconds of a step, over the base's, and milliseconds that renewing stored means takes. */
interface Cost {
  readonly ms: number;
  readonly ratio: number;
  readonly between: number;
}

async function compare(base: Timed, own: Timed): Promise<Cost> {
  const times: number[] = [];
  const ratios: number[] = [];
  const between: number[] = [];
  for (const each of [base, own]) await each.steps(steps);
  for (let round = 0; round < rounds; round++) {
    const before = median(await base.steps(steps));
    const now = median(await own.steps(steps));
    times.push(now);
    ratios.push(now / before);
    const start = performance.now();
    await own.prepared.updateStatistics();
    between.push(performance.now() - start);
  }
  return { ms: median(times), ratio: median(ratios), between: median(between) };
}

/** The costliest stage of a method, beside joint learning on the same encoders. */
async function heaviest(name: string, hidden: readonly number[], base: Timed): Promise<{ stage: string; cost: Cost }> {
  const method = methodOf(name, hidden);
  let worst: { stage: string; cost: Cost } | undefined;
  for (const stage of method.stages) {
    const own = await timed(method, stage as never, widths, 1);
    const cost = await compare(base, own);
    await own.prepared.dispose();
    if (worst === undefined || cost.ratio > worst.cost.ratio) worst = { stage: stage.name, cost };
  }
  return worst!;
}

const bases = await Promise.all(
  sizes.map((hidden) => timed(methodOf("joint", hidden), methodOf("joint", hidden).stages[0] as never, widths, 1)),
);
const columns = sizes.flatMap((hidden) => {
  const named = `hidden ${hidden.join("+")}`;
  return [`${named}: ms per step`, "times joint", "ms once an epoch"];
});
const rows = [["method", "heaviest stage", ...columns]];
for (const name of flags.methods.split(",")) {
  const row: string[] = [name, ""];
  for (const [i, hidden] of sizes.entries()) {
    const { stage, cost } = await heaviest(name, hidden, bases[i]!);
    row[1] ||= stage;
    row.push(cost.ms.toFixed(3), cost.ratio.toFixed(2), cost.between < 0.05 ? "" : cost.between.toFixed(1));
  }
  rows.push(row);
  console.log(row.join("  "));
}
const text = [
  `${machine()}, ${bases[0]!.backend}, one thread; medians of ${rounds} alternated rounds of ${steps} steps, dropout ${flags.dropout}.`,
  markdownTable(rows),
].join("\n\n");
console.log(`\n${text}`);
if (flags.write) writeRegion("bench/README.md", "methods", "npm run bench:methods -- --write", text);
process.exit(0);
