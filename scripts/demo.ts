/** @file `npm run demo`: the three methods on real sensor data, from nothing to explained samples, in under a minute. */
import { writeDataset } from "dmil";
import { disk } from "dmil/node";
import { printAnswer, printError } from "../src/cli/answer.ts";
import { compare } from "../src/cli/comparison.ts";
import { sensors } from "./sensors.ts";

const data = ".demo/indoor-outdoor-sensors";

try {
  await writeDataset(disk(data), sensors());
  const answer = await compare({
    data,
    runs: ".demo/runs",
    name: "sensors",
    seed: 0,
    quiet: false,
    methods: { joint: {}, ensemble: {}, dmil: {} },
  });
  printAnswer(answer, process.argv.includes("--json"));
} catch (error) {
  process.exitCode = printError(error, process.argv.includes("--json"));
}
