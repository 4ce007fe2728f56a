/**
 * @file Question: how long does one window of a stream take, with a model that stays compiled, on one core?
 *
 * `npx tsx --tsconfig tsconfig.test.json bench/online.ts` trains on ../shared/data/racketsports (30 samples of accelerometer and gyroscope
 * a window; --data FOLDER for another copy), then asks for one window at a time and prints medians and 99th percentiles in milliseconds: the prediction,
 * the prediction with its bits, and `predict`, which compiles at each call. Options: --methods joint,dmil --windows 2000.
 */
import { existsSync } from "node:fs";
import * as os from "node:os";
import { parseArgs } from "node:util";
import { takeRows } from "../src/data/dataset.ts";
import { loadDataset } from "../src/data/load.ts";
import { createPredictor, predict } from "../src/evaluation/predict.ts";
import { report } from "../src/interactions/explain.ts";
import { disk } from "../src/node/disk.ts";
import { planRun } from "../src/runs/plan.ts";
import { parseSettings } from "../src/runs/settings.ts";
import { fit } from "../src/train/fit.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/racketsports" },
    methods: { type: "string", default: "joint,dmil" },
    windows: { type: "string", default: "2000" },
  },
});
if (!existsSync(values.data)) {
  console.error(`${values.data} is absent; give the folder of the data by --data.`);
  process.exit(1);
}
const count = Number(values.windows);
const splits = await loadDataset(disk(values.data), { onWarning: () => {} });
const { length } = splits.test.ids;
const windows = Array.from({ length }, (_, i) => takeRows(splits.test, Uint32Array.of(i)));

/** Milliseconds of each of `times` calls, sorted; a tenth more are made before. */
async function timed(work: (i: number) => Promise<unknown>, times: number): Promise<number[]> {
  for (let i = 0; i < times / 10; i++) await work(i % length);
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const started = performance.now();
    await work(i % length);
    taken.push(performance.now() - started);
  }
  return taken.sort((a, b) => a - b);
}

const told = (name: string, sorted: readonly number[]): string => {
  const at = (share: number): string => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(3);
  return `${name.padEnd(34)} median ${at(0.5)} ms, p99 ${at(0.99)} ms (${sorted.length} windows)`;
};

console.log(`${os.cpus()[0]?.model}, Node ${process.version}, 1 thread, load ${os.loadavg()[0]!.toFixed(1)}`);
for (const name of values.methods.split(",")) {
  const { method } = planRun(parseSettings({ data: values.data, method: name }), splits.train);
  const fitted = await fit(method, splits, { seed: 0, threads: 1 });
  const predictor = createPredictor(fitted, { batchSize: 1 });
  const answer = (i: number) => predictor.predict(windows[i]!);
  console.log(told(`${name}: prediction`, await timed(answer, count)));
  const bits = async (i: number) => report(await answer(i), windows[i]!, fitted);
  console.log(told(`${name}: prediction and bits`, await timed(bits, count)));
  await predictor.dispose();
  console.log(told(`${name}: predict, compiled each time`, await timed((i) => predict(fitted, windows[i]!), 20)));
}
