/** @file An interrupted run resumes and gives the same bits. Run: npx tsx examples/04-stop-and-resume.ts */
import { DmilError, interactionMixture, memoryFolder, parseSettings, planRun, resumeRun, startRun } from "dmil";

const data = interactionMixture({
  classes: 2,
  noise: 0.3,
  shares: { redundant: 0.5, unique: 0.25, synergistic: 0 },
  samples: 2000,
  seed: 2,
});

// The settings are those of `dmil train --config`; `data` is only a name here, because the arrays are passed directly.
const settings = { data: "mixture", method: "joint", seed: 0, epochs: { whole: 8 }, encoder: { hidden: [32] } };
const plan = planRun(parseSettings(settings), data.train);

// Use disk("runs/mixture") from "dmil/node" to keep a run.
const [whole, interrupted] = [memoryFolder("whole"), memoryFolder("interrupted")];
const uninterrupted = await startRun(whole, plan, data);

const stop = new AbortController();
try {
  await startRun(interrupted, plan, data, {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.kind === "epoch" && event.epoch === 3) stop.abort();
    },
  });
} catch (error) {
  if (!(error instanceof DmilError)) throw error;
  console.log(error.message);
}
const resumed = await resumeRun(interrupted, data);

const weights = (run: typeof resumed): string =>
  JSON.stringify(Object.values(run.fitted.state).map(({ data }) => [...data]));
console.log("same weights to the bit:", weights(resumed) === weights(uninterrupted));
const { best } = resumed.result.stages.at(-1)!;
console.log("validation accuracy", best.accuracy?.toFixed(3), "at epoch", best.epoch);
