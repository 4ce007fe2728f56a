/** @file From data to explained samples, all in memory. Run: npx tsx examples/01-first-report.ts */
import { dmil, explain, fit, interactionMixture, mlp } from "dmil";

// Generated data: in a quarter of the samples each, the class follows from both modalities, a alone, b alone, or only the pair.
const { train, validation, test } = interactionMixture({
  classes: 2,
  noise: 0.3,
  shares: { redundant: 0.25, unique: 0.25, synergistic: 0.25 },
  samples: 1000,
  seed: 0,
});

const method = dmil({ encoders: { a: mlp([20, 32]), b: mlp([20, 32]) }, embedding: 16 });

const fitted = await fit(
  method,
  { train, validation },
  {
    seed: 0,
    epochs: { evidence: 10, synergy: 6 },
    onEvent: (event) => {
      if (event.kind === "epoch") console.log(event.stage, event.epoch, event.validation.accuracy?.toFixed(3));
    },
  },
);

const { summary, samples } = await explain(fitted, test);
console.log("accuracy", summary.accuracy?.toFixed(3), "synergy rate", summary.synergyRate?.toFixed(3));
for (const sample of samples.slice(0, 3)) {
  console.log(sample.id, "label", sample.label, "prediction", sample.prediction);
  console.log("  gate", sample.gate); // shares of the prediction that sum to 1
  console.log("  components", sample.components); // what each component alone predicts
}
