/**
 * @file The table of docs/coverage.md: how often intervals of bits hold what they are to hold, on generated data whose exact bits are known.
 *
 * `npx tsx --tsconfig tsconfig.test.json scripts/coverage.ts --write`; without --write it prints. Options: --sets 8 (of each case) --pools 2 --cases k4,quad
 * --keep FOLDER (bits of trained models go there, and are read where they are there already: a measurement that was stopped goes on).
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { featureCount, mapSplits, takeRows } from "../src/data/dataset.ts";
import type { Generated } from "../src/data/synthetic/exact.ts";
import { exactMixture } from "../src/data/synthetic/mixture-exact.ts";
import { quadMixture } from "../src/data/synthetic/quad.ts";
import { type Atoms, bitsOf } from "../src/interactions/bits.ts";
import { poolIntervals, poolMeanInterval } from "../src/interactions/uncertainty.ts";
import { suiteMethod } from "../src/runs/recover/settings.ts";
import { logPriorOf, UNSCALED } from "../src/train/calibrate.ts";
import { fit } from "../src/train/fit.ts";
import { type Fitted, memberModels } from "../src/train/model.ts";
import { type Predictions, predict } from "../src/train/predict.ts";
import { markdownTable, writeRegion } from "./region.ts";

const LEVEL = 0.9;
/** Samples that models are asked about; the exact means of the law are taken over more. */
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

/** Label-free bits by component, and the total last, [C + 1][N]. */
type Columns = readonly (readonly number[])[];

function columnsOf({ redundant, unique, synergistic, total }: Atoms): Columns {
  return [redundant, ...Object.values(unique), synergistic, total].map((own) => Array.from(own));
}

/** Of the exact posterior, over all test samples. */
function exactColumns({ splits, exact }: Generated): Columns {
  const { labels, classes } = splits.train;
  const modalities = Object.fromEntries(Object.keys(exact.test.unimodal).map((name) => [name, UNSCALED]));
  const calibration = {
    logPrior: logPriorOf(labels, classes.length),
    prediction: UNSCALED,
    all: UNSCALED,
    modalities,
  };
  const predictions: Predictions = { components: {}, ...exact.test };
  return columnsOf(bitsOf(predictions, calibration, splits.test.labels).labelFree);
}

/** Bits of a trained model over the samples that are asked about: of the pool, and of its members. */
interface Told {
  readonly pool: Columns;
  readonly members: readonly Columns[];
}

/** Pools that were trained from different seeds. */
async function trained(name: string, set: number, { splits: all }: Generated): Promise<readonly Told[]> {
  const file = values.keep === undefined ? undefined : path.join(values.keep, `${name}-${set}-${pools}.json`);
  if (file !== undefined && existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const asked = Array.from({ length: ASKED }, (_, i) => i);
  const splits = mapSplits((split) => (split === "test" ? takeRows(all.test, asked) : all[split]));
  const features = Object.fromEntries(
    Object.entries(splits.train.modalities).map(([modality, own]) => [modality, featureCount(own)]),
  );
  const runs: Told[] = [];
  for (let seed = 0; seed < pools; seed++) {
    const fitted = await fit(suiteMethod("dmil", features), splits, { seed, batchSize: 64, threads: 1 });
    const told = async (model: Fitted): Promise<Columns> => {
      const predictions = await predict(model, splits.test, { threads: 1 });
      return columnsOf(bitsOf(predictions, fitted.calibration, splits.test.labels).labelFree);
    };
    const members: Columns[] = [];
    for (const member of memberModels(fitted)) members.push(await told(member));
    runs.push({ pool: await told(fitted), members });
  }
  if (file !== undefined) {
    mkdirSync(values.keep!, { recursive: true });
    writeFileSync(file, JSON.stringify(runs));
  }
  return runs;
}

/** Shares of what was held, by column. */
class Held {
  private readonly counts: { held: number; all: number }[] = [];

  add(column: number, { lower, upper }: { readonly lower: number; readonly upper: number }, value: number): void {
    this.counts[column] ??= { held: 0, all: 0 };
    this.counts[column].all++;
    if (lower <= value && value <= upper) this.counts[column].held++;
  }

  /** Of the components together, and one by one with the total. */
  cells(): string[] {
    const share = (own: readonly { held: number; all: number }[]): string => {
      const [held, all] = own.reduce(([a, b], { held: h, all: n }) => [a + h, b + n], [0, 0] as [number, number]);
      return (held / all).toFixed(3);
    };
    return [share(this.counts.slice(0, -1)), ...this.counts.map((own) => share([own]))];
  }
}

const rows = [["data", "what the 90 % interval is to hold", "atoms", "R", "U_a", "U_b", "S", "total"]];
for (const name of values.cases.split(",")) {
  const { title, make, ...own } = CASES[name]!;
  const sets = Number(values.sets ?? own.sets);
  const [nextPool, exactBits, ofSamples, ofLaw] = [new Held(), new Held(), new Held(), new Held()];
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
          const own = { lower: lower[i]!, upper: upper[i]! };
          exactBits.add(c, own, exact[i]!);
          runs.forEach((other, q) => {
            if (q !== r) nextPool.add(c, own, other.pool[c]![i]!);
          });
        }
      });
    });
  }
  const told = `${title}, ${sets} sets, ${pools} pools`;
  rows.push(
    [told, "a sample's bits under another pool", ...nextPool.cells()],
    [told, "a sample's exact bits", ...exactBits.cells()],
    [told, `exact mean of the ${ASKED} samples`, ...ofSamples.cells()],
    [told, "exact mean of the law", ...ofLaw.cells()],
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
