/**
 * @file Question: how long does it take to type 100 000 samples once the classifiers are trained?
 *
 * `npx tsx bench/quantify.ts` trains on 4 000 rows of the quad mixture (not timed as typing), then reads 100 000 rows: three
 * classifiers, scaled evidence, pointwise informations, the four parts, types against a null. `--write` puts the figures into
 * bench/README.md. Option: --rows 100000.
 */

import { parseArgs } from "node:util";
import { machine, median, writeRegion } from "../scripts/region.ts";
import { quadMixture } from "../src/data/synthetic/quad.ts";
import { labelsOf } from "../src/data/target.ts";
import { pminScores, pointwiseInformation, SAMPLE_TYPES, typeNull, typeSamples } from "../src/info/index.ts";
import { fitFold, permutedLabels, readFold } from "../src/quantify/crossfit.ts";

const { values } = parseArgs({
  options: { rows: { type: "string", default: "100000" }, write: { type: "boolean", default: false } },
});
const rows = Number(values.rows);
const { splits } = quadMixture({ seed: 0, samples: { train: 4000, validation: 800, test: rows } });
const order = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);

const trained = performance.now();
const fold = { train: order(3400), validation: order(600, 3400) };
const model = await fitFold(splits.train, fold, { seed: 0 }, 0);
const seconds = (performance.now() - trained) / 1000;

const scoresOf = ({ logPrior }: typeof model, logs: Awaited<ReturnType<typeof readFold>>, labels: Int32Array) => {
  const [i1, i2, i12] = [logs.first, logs.second, logs.both].map((own) =>
    pointwiseInformation(own, labels, logPrior),
  ) as [Float64Array, Float64Array, Float64Array];
  return pminScores({ i1, i2, i12 });
};
// The null is fitted to permuted labels and read with permuted labels.
const nothing = await fitFold(permutedLabels(splits.train, 0, 0), fold, { seed: 0 }, 1);
const none = permutedLabels(splits.validation, 0, 1);
const noise = typeNull([scoresOf(nothing, await readFold(nothing, none), labelsOf(none))]);

const times: number[] = [];
let shares: string[] = [];
for (let round = 0; round < 5; round++) {
  const start = performance.now();
  const scores = scoresOf(model, await readFold(model, splits.test), labelsOf(splits.test));
  const types = typeSamples(scores, noise);
  times.push((performance.now() - start) / 1000);
  shares = SAMPLE_TYPES.map((name, t) => {
    const share = types.reduce((n, own) => n + (own === t ? 1 : 0), 0) / rows;
    return `${name} ${(100 * share).toFixed(1)} %`;
  });
}
const text = [
  `${machine()}. Training three classifiers on 3 400 rows of the quad mixture (32 features a source): ${seconds.toFixed(1)} s.`,
  `Typing ${rows} rows with them: ${median(times).toFixed(2)} s, the median of ${times.length} runs from ${Math.min(...times).toFixed(2)} to ${Math.max(...times).toFixed(2)} (goal 2 s for 100 000). Types: ${shares.join(", ")}; made as R 30 %, U1 20 %, U2 20 %, S 30 %.`,
].join("\n\n");
console.log(text);
if (values.write) writeRegion("bench/README.md", "quantify", "npx tsx bench/quantify.ts --write", text);
