/**
 * @file Hostile inputs for every parser and reader of the product: `npm run fuzz -- --inputs 1000000 --write` (into docs/reliability.md).
 *
 * An input is identified by the seed and its number: `npm run fuzz -- --seed 1 --only 4711` repeats it. If an input ends in anything but a
 * result or an error that says what is wrong, the exit code is 1 and the input is saved in a folder.
 */
import { parseArgs } from "node:util";
import { campaign } from "../test/fuzz/campaign.ts";
import { ENDS } from "../test/fuzz/outcome.ts";
import { machine, markdownTable, writeRegion } from "./region.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
    faults: { type: "string", default: "fuzz-faults" },
  },
});
const seed = Number(values.seed);
let reported = 0;
const result = await campaign({
  inputs: Number(values.inputs),
  seed,
  keep: values.faults,
  ...(values.only !== undefined && { only: Number(values.only) }),
  onProgress(done) {
    if (done < reported + 100_000) return;
    reported = done;
    console.error(`${done} inputs`);
  },
});

const rows = result.targets.map(({ name, counts }) => [name, ...ENDS.map((end) => String(counts[end]))]);
const table = markdownTable([["input", ...ENDS], ...rows]);
const rate = Math.round(result.inputs / result.seconds);
const line = `${result.inputs} inputs, seed ${seed}, ${Math.round(result.seconds)} s (${rate} a second).`;
console.log(`${line}\n\n${table}`);
if (values.write) {
  const command = `npm run fuzz -- --inputs ${values.inputs} --seed ${seed} --write`;
  writeRegion("docs/reliability.md", "fuzz", command, `${line} ${machine()}.\n\n${table}`);
}
for (const { input, target, what } of result.faults.slice(0, 20)) {
  console.error(`\n${target}: --seed ${seed} --only ${input}: ${what}`);
}
if (result.faults.length > 0) console.error(`\n${result.faults.length} faults; inputs are saved in ${values.faults}/.`);
process.exitCode = result.faults.length === 0 ? 0 : 1;
