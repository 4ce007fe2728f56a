/**
 * @file docs/results/distillation.md: does a joint model trained with DMIL as teacher reach DMIL's accuracy at joint's cost?
 *
 * `npx tsx --tsconfig tsconfig.test.json scripts/distillation.ts --write`; without --write it prints. Options: --data ../shared/data --seeds 3
 * --sets racketsports,mosi (default: all) --weight 1 --student joint --teacher dmil.
 */
import { existsSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { type DataSplits, takeRows } from "../src/data/dataset.ts";
import { loadDataset } from "../src/data/load.ts";
import type { Fitted } from "../src/evaluation/model.ts";
import { createPredictor } from "../src/evaluation/predict.ts";
import { evaluate } from "../src/evaluation/score.ts";
import { disk } from "../src/node/disk.ts";
import { planRun } from "../src/runs/plan.ts";
import { parseSettings } from "../src/runs/settings.ts";
import { fit } from "../src/train/fit.ts";
import { TAUGHT, type TeacherOptions } from "../src/train/teacher.ts";
import { machine, markdownTable, median } from "./region.ts";

const SETS: Readonly<Record<string, { readonly data: string; readonly modalities?: readonly string[] }>> = {
  racketsports: { data: "racketsports" },
  "mfeat fou+kar": { data: "mfeat", modalities: ["fou", "kar"] },
  "mfeat zer+mor": { data: "mfeat", modalities: ["zer", "mor"] },
  "mosi text+audio": { data: "mosi", modalities: ["text", "audio"] },
  wikipedia: { data: "wikipedia-image-text" },
};
const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data" },
    seeds: { type: "string", default: "3" },
    sets: { type: "string" },
    weight: { type: "string", default: "1" },
    student: { type: "string", default: "joint" },
    teacher: { type: "string", default: "dmil" },
    write: { type: "boolean", default: false },
  },
});
const { student, teacher } = values;
const [seeds, weight] = [Number(values.seeds), Number(values.weight)];
const chosen = values.sets?.split(",") ?? Object.keys(SETS);
const unknown = chosen.find((name) => SETS[name] === undefined);
if (unknown !== undefined || !existsSync(values.data)) {
  const known = Object.keys(SETS).join(", ");
  console.error(
    unknown ? `--sets ${unknown}: known are ${known}.` : `${values.data} does not exist; set the folder with --data.`,
  );
  process.exit(1);
}

/** Compared models: a name, and which outputs of the teacher are trained on. */
const STUDENTS: readonly (readonly [string, TeacherOptions["of"]])[] = [
  [student, undefined],
  [`${student} + p`, ["prediction"]],
  [`${student} + p + components`, ["prediction", "components"]],
  [`${student} + all`, TAUGHT],
];

interface Figures {
  readonly accuracy: number;
  readonly logLoss: number;
  /** Training time, without the teacher's. */
  readonly seconds: number;
  /** Prediction time of one test sample in a batch of 1. */
  readonly microseconds: number;
}

async function trained(method: string, seed: number, splits: DataSplits, taught?: TeacherOptions) {
  const { config, method: built } = planRun(parseSettings({ data: "set", method, seed }), splits.train);
  const started = process.cpuUsage();
  const options = { seed, batchSize: config.batchSize, threads: 1, ...(taught !== undefined && { teacher: taught }) };
  const fitted = await fit(built, splits, options);
  const { user, system } = process.cpuUsage(started);
  const { accuracy = Number.NaN, logLoss = Number.NaN } = (await evaluate(fitted, splits.test)).values;
  return {
    fitted,
    figures: { accuracy, logLoss, seconds: (user + system) / 1e6, microseconds: await pace(fitted, splits) },
  };
}

/** Median time of single predictions. */
async function pace(fitted: Fitted, { test }: DataSplits): Promise<number> {
  const predictor = createPredictor(fitted, { batchSize: 1 });
  const one = takeRows(test, Uint32Array.of(0));
  const taken: number[] = [];
  for (let i = 0; i < 600; i++) {
    const started = performance.now();
    await predictor.predict(one);
    if (i >= 100) taken.push(1000 * (performance.now() - started));
  }
  await predictor.dispose();
  return median(taken);
}

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
const spread = (list: readonly number[], digits: number): string => {
  const square = list.reduce((sum, x) => sum + (x - mean(list)) ** 2, 0);
  return `${mean(list).toFixed(digits)} ± ${Math.sqrt(square / Math.max(1, list.length - 1)).toFixed(digits)}`;
};

const rows = [["data", "model", "accuracy", "log-loss", "training, CPU s", "one sample, µs"]];
for (const name of chosen) {
  const { data, modalities } = SETS[name]!;
  const chosen = modalities === undefined ? {} : { modalities };
  const splits = await loadDataset(disk(path.join(values.data, data)), { ...chosen, onWarning: () => {} });
  const found = new Map<string, Figures[]>();
  const keep = (model: string, figures: Figures): void => void found.set(model, [...(found.get(model) ?? []), figures]);
  for (let seed = 0; seed < seeds; seed++) {
    const { fitted: model, figures } = await trained(teacher, seed, splits);
    for (const [label, of] of STUDENTS) {
      const taught = of === undefined ? undefined : { model, weight, of };
      keep(label, (await trained(student, seed, splits, taught)).figures);
    }
    keep(`teacher: ${teacher}`, figures);
  }
  for (const [model, own] of found) {
    const told = (read: (figures: Figures) => number, digits: number): string => spread(own.map(read), digits);
    const cost = [mean(own.map((f) => f.seconds)).toFixed(1), mean(own.map((f) => f.microseconds)).toFixed(0)];
    rows.push([name, model, told((f) => f.accuracy, 3), told((f) => f.logLoss, 3), ...cost]);
  }
}
const text = `# Learning from ${teacher.toUpperCase()}

Made by \`npx tsx --tsconfig tsconfig.test.json scripts/distillation.ts --write\`. ${machine()}.

Does a ${student} model that is trained towards ${teacher} (\`--teacher\`, weight ${weight}) reach its accuracy at the cost of ${student}? \`p\`: the teacher's calibrated
probabilities; \`components\`: its components' predictions too, through linear heads that are discarded; \`all\`: its representations too. Test split, means ± standard
deviations over ${seeds} seeds; the teacher of a seed is trained with that seed. Defaults, nothing tuned. Training is counted without the teacher's; one sample is a median on one thread.

${markdownTable(rows)}
`;
console.log(text);
if (values.write) writeFileSync("docs/results/distillation.md", text);
