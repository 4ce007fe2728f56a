/**
 * @file The table of docs/coverage.md: how often intervals of bits contain the exact value, on generated data.
 *
 * `npx tsx --tsconfig tsconfig.test.json scripts/coverage.ts --write`; without --write it prints. Options: --sets 8 (of each case) --pools 2 --cases k4,quad
 * --keep FOLDER (cache for bits of trained models, so that an interrupted measurement can be continued).
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { mapSplits, takeRows } from "../src/data/dataset.ts";
import type { Generated } from "../src/data/synthetic/exact.ts";
import { exactMixture } from "../src/data/synthetic/mixture-exact.ts";
import { quadMixture } from "../src/data/synthetic/quad.ts";
import { classesOf, labelsOf } from "../src/data/target.ts";
import { type Fitted, memberModels } from "../src/evaluation/model.ts";
import { type Predictions, predict } from "../src/evaluation/predict.ts";
import { suiteSettings } from "../src/experiments/recover/settings.ts";
import { bitsOf, type SampleAtoms } from "../src/interactions/bits.ts";
import { poolIntervals, poolMeanInterval } from "../src/interactions/uncertainty.ts";
import { planRun } from "../src/runs/plan.ts";
import { parseSettings } from "../src/runs/settings.ts";
import { logPriorOf, UNSCALED } from "../src/targets/calibrate.ts";
import { fit } from "../src/train/fit.ts";
import { markdownTable, writeRegion } from "./region.ts";

const LEVEL = 0.9;
/** Samples that models predict; the exact means of the distribution use all test samples. */
const ASKED = 300;
const SAMPLES = { train: 1000, validation: 300, test: 6000 };

interface Case {
  readonly title: string;
  readonly sets: number;
  make(seed: number): Generated;
}

const CASES: Readonly<Record<string, Case>> = {
  k4: {
    title: "interaction mixture, 4 classes, noise .6",
    sets: 16,
    make: (seed) =>
      exactMixture({
        classes: 4,
        noise: 0.6,
        shares: { redundant: 0.3, unique: 0.25, synergistic: 0.2 },
        samples: SAMPLES,
        seed,
      }),
  },
  quad: { title: "quad mixture", sets: 8, make: (seed) => quadMixture({ seed, samples: SAMPLES }) },
};

const { values } = parseArgs({
  options: {
    sets: { type: "string" },
    pools: { type: "string", default: "2" },
    cases: { type: "string", default: Object.keys(CASES).join(",") },
    keep: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
const pools = Number(values.pools);

/** Label-free bits by component, then the total, [C + 1][N]. */
type Columns = readonly (readonly number[])[];

function columnsOf({ redundant, unique, synergistic, total }: SampleAtoms): Columns {
  return [redundant, ...Object.values(unique), synergistic, total].map((column) => Array.from(column));
}

/** Bits of the exact posterior, over all test samples. */
function exactColumns({ splits, exact }: Generated): Columns {
  const labels = labelsOf(splits.train);
  const classes = classesOf(splits.train);
  const modalities = Object.fromEntries(Object.keys(exact.test.unimodal).map((name) => [name, UNSCALED]));
  const calibration = {
    logPrior: logPriorOf(labels, classes.length),
    prediction: UNSCALED,
    all: UNSCALED,
    modalities,
  };
  const predictions: Predictions = { components: {}, ...exact.test };
  return columnsOf(bitsOf(predictions, calibration, labelsOf(splits.test)).labelFree);
}

/** Bits of a trained pool and of its members on the predicted samples. */
interface Told {
  readonly pool: Columns;
  readonly members: readonly Columns[];
}

/** Pools trained from different seeds. */
async function trained(name: string, set: number, { splits: all }: Generated): Promise<readonly Told[]> {
  const file = values.keep === undefined ? undefined : path.join(values.keep, `${name}-${set}-${pools}.json`);
  if (file !== undefined && existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const asked = Array.from({ length: ASKED }, (_, i) => i);
  const splits = mapSplits((split) => (split === "test" ? takeRows(all.test, asked) : all[split]));
  const settings = parseSettings({ ...suiteSettings("dmil"), data: name });
  const { method } = planRun(settings, splits.train);
  const runs: Told[] = [];
  for (let seed = 0; seed < pools; seed++) {
    const fitted = await fit(method, splits, { seed, batchSize: 64, threads: 1 });
    const bitsOfModel = async (model: Fitted): Promise<Columns> => {
      const predictions = await predict(model, splits.test, { threads: 1 });
      return columnsOf(bitsOf(predictions, fitted.calibration, labelsOf(splits.test)).labelFree);
    };
    const members: Columns[] = [];
    for (const member of memberModels(fitted)) members.push(await bitsOfModel(member));
    runs.push({ pool: await bitsOfModel(fitted), members });
  }
  if (file !== undefined) {
    mkdirSync(values.keep!, { recursive: true });
    writeFileSync(file, JSON.stringify(runs));
  }
  return runs;
}

/** Coverage rates, by column. */
class Coverage {
  private readonly counts: { inside: number; all: number }[] = [];

  add(column: number, { lower, upper }: { readonly lower: number; readonly upper: number }, value: number): void {
    this.counts[column] ??= { inside: 0, all: 0 };
    this.counts[column].all++;
    if (lower <= value && value <= upper) this.counts[column].inside++;
  }

  /** Coverage of all components together, then of each component and the total. */
  cells(): string[] {
    const share = (counts: readonly { inside: number; all: number }[]): string => {
      const [inside, all] = counts.reduce(([a, b], { inside: h, all: n }) => [a + h, b + n], [0, 0] as [
        number,
        number,
      ]);
      return (inside / all).toFixed(3);
    };
    return [share(this.counts.slice(0, -1)), ...this.counts.map((count) => share([count]))];
  }
}

const rows = [["data", "what the 90 % interval is to hold", "atoms", "R", "U_a", "U_b", "S", "total"]];
for (const name of values.cases.split(",")) {
  const { title, make, ...defaults } = CASES[name]!;
  const sets = Number(values.sets ?? defaults.sets);
  const [nextPool, exactBits, ofSamples, ofLaw] = [new Coverage(), new Coverage(), new Coverage(), new Coverage()];
  for (let set = 0; set < sets; set++) {
    const generated = make(9000 + set);
    const runs = await trained(name, set, generated);
    exactColumns(generated).forEach((exact, c) => {
      const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
      runs.forEach(({ pool, members }, r) => {
        const models = members.map((columns) => columns[c]!);
        const ofMean = poolMeanInterval(pool[c]!, models, LEVEL);
        ofSamples.add(c, ofMean, mean(exact.slice(0, ASKED)));
        ofLaw.add(c, ofMean, mean(exact));
        const { lower, upper } = poolIntervals(pool[c]!, models, LEVEL);
        for (let i = 0; i < ASKED; i++) {
          const interval = { lower: lower[i]!, upper: upper[i]! };
          exactBits.add(c, interval, exact[i]!);
          runs.forEach((other, q) => {
            if (q !== r) nextPool.add(c, interval, other.pool[c]![i]!);
          });
        }
      });
    });
  }
  const label = `${title}, ${sets} sets, ${pools} pools`;
  rows.push(
    [label, "a sample's bits under another pool", ...nextPool.cells()],
    [label, "a sample's exact bits", ...exactBits.cells()],
    [label, `exact mean of the ${ASKED} samples`, ...ofSamples.cells()],
    [label, "exact mean of the law", ...ofLaw.cells()],
  );
}
const text = markdownTable(rows);
console.log(text);
if (values.write) {
  writeRegion(
    "docs/coverage.md",
    "coverage",
    "npx tsx --tsconfig tsconfig.test.json scripts/coverage.ts --write",
    text,
  );
}
