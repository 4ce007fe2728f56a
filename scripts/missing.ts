/**
 * @file The table of docs/decisions/missing-modalities.md: accuracy by pattern of present modalities, with and without modality
 * dropout, on real data.
 *
 * `npx tsx scripts/missing.ts --write`; without --write it prints. Options: --data ../shared/data --seeds 5.
 */
import { existsSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { loadDataset } from "../src/data/load.ts";
import { simulatePatterns } from "../src/evaluation/patterns.ts";
import { disk } from "../src/node/disk.ts";
import { planRun } from "../src/runs/plan.ts";
import { parseSettings } from "../src/runs/settings.ts";
import { fit } from "../src/train/fit.ts";
import { machine, markdownTable, writeRegion } from "./region.ts";

const SETS = [
  { data: "mfeat", modalities: ["fac", "fou"] },
  { data: "avdigits", modalities: ["audio_noisy", "image_pca"] },
] as const;
const METHODS = ["joint", "ensemble", "dmil"] as const;
const DROPOUTS = [0, 0.3] as const;

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data" },
    seeds: { type: "string", default: "5" },
    write: { type: "boolean", default: false },
  },
});
if (!existsSync(values.data)) {
  console.error(`${values.data} does not exist; set the folder of the data sets with --data.`);
  process.exit(1);
}
const seeds = Number(values.seeds);

const spread = (list: readonly number[]): string => {
  const mean = list.reduce((a, b) => a + b, 0) / list.length;
  const square = list.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return `${mean.toFixed(3)} ± ${Math.sqrt(square / Math.max(1, list.length - 1)).toFixed(3)}`;
};

const rows = [["data", "method", "dropout", "both", "first alone", "second alone", "log-loss both", "first", "second"]];
for (const { data, modalities } of SETS) {
  const splits = await loadDataset(disk(path.join(values.data, data)), { modalities, onWarning: () => {} });
  for (const method of METHODS) {
    for (const modalityDropout of DROPOUTS) {
      const metrics: { accuracy: number; logLoss: number }[][] = [];
      for (let seed = 0; seed < seeds; seed++) {
        const settings = parseSettings({ data, modalities, method, seed });
        const { method: built, config } = planRun(settings, splits.train);
        const fitted = await fit(built, splits, { seed, batchSize: config.batchSize, threads: 1, modalityDropout });
        metrics.push(
          (await simulatePatterns(fitted, splits.test)).map(({ values: { accuracy, logLoss } }) => ({
            accuracy: accuracy!,
            logLoss: logLoss!,
          })),
        );
      }
      const cells = (read: (metric: { accuracy: number; logLoss: number }) => number): string[] =>
        metrics[0]!.map((_, i) => spread(metrics.map((patterns) => read(patterns[i]!))));
      rows.push([
        `${data}: ${modalities.join(", ")}`,
        method,
        String(modalityDropout),
        ...cells((metric) => metric.accuracy),
        ...cells((metric) => metric.logLoss),
      ]);
    }
  }
}
const text = [
  markdownTable(rows),
  `Test split, mean ± standard deviation over ${seeds} seeds, every method with its default settings, nothing tuned; best epochs are chosen on complete validation data; log-loss in nats, of probabilities calibrated there. ${machine()}.`,
].join("\n\n");
console.log(text);
if (values.write) {
  writeRegion("docs/decisions/missing-modalities.md", "by pattern", "npx tsx scripts/missing.ts --write", text);
}
