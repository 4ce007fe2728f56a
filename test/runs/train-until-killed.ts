/** @file A process that trains a run with a checkpoint after every step and tells where it is, for a test to kill it. */
import { disk } from "../../src/node/disk.ts";
import { planRun } from "../../src/runs/plan.ts";
import { startRun } from "../../src/runs/run.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { smallMixture } from "../support/models.ts";

const [place, settings] = process.argv.slice(2) as [string, string];
const data = smallMixture();
const plan = planRun(parseSettings(JSON.parse(settings)), data.train);
await startRun(disk(place), plan, data, {
  checkpointSeconds: 0,
  onEvent(event) {
    if (event.kind === "checkpoint") process.stdout.write(`${event.stage} ${event.epoch + 1} step ${event.step}\n`);
  },
});
