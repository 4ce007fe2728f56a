/** @file `npm run demo`: the three methods on real sensor data, from training to explained samples, in under a minute. */
import { writeDataset } from "dmil";
import { disk } from "dmil/node";
import { printAnswer, printError } from "../src/cli/answer.ts";
import { compare } from "../src/cli/demo-runs.ts";
import { sensors } from "./sensors.ts";

const data = ".demo/indoor-outdoor-sensors";

try {
  await writeDataset(disk(data), sensors());
  const answer = await compare({
    title: [
      "humidity and temperature of four sensors on one afternoon: do they hang indoors or outdoors?",
      "(one seed, whole time blocks held out: a demonstration, too small for claims about methods)",
    ].join("\n"),
    data,
    runs: ".demo/runs",
    name: "sensors",
    seed: 0,
    quiet: false,
    command: "npx dmil",
    // Fewer epochs than the defaults of the methods: enough for an example report.
    methods: {
      joint: { epochs: { whole: 10 } },
      ensemble: { epochs: { humidity: 10, temperature: 20 } },
      dmil: { epochs: { evidence: 15, synergy: 6 } },
    },
  });
  printAnswer(answer, process.argv.includes("--json"));
} catch (error) {
  process.exitCode = printError(error, process.argv.includes("--json"));
}
