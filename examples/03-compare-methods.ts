/** @file Several methods on the same data, with the same settings. Run: npx tsx examples/03-compare-methods.ts */
import { dmil, ensemble, evaluate, fit, interactionMixture, joint, type Method, mlp } from "dmil";

// In 40 % of the samples only the pair of modalities determines the class: averaging unimodal predictions cannot solve those.
const { train, validation, test } = interactionMixture({
  classes: 2,
  noise: 0.3,
  shares: { redundant: 0.2, unique: 0.2, synergistic: 0.4 },
  samples: 2000,
  seed: 1,
});

const settings = { encoders: { a: mlp([20, 32]), b: mlp([20, 32]) }, embedding: 16 };
const candidates: readonly Method[] = [joint(settings), ensemble(settings), dmil(settings)];

console.log("method    accuracy  synergy rate  a alone  b alone");
for (const method of candidates) {
  const fitted = await fit(method, { train, validation }, { seed: 0 });
  const { values, unimodal } = await evaluate(fitted, test);
  const [whole, synergy, a, b] = [values.accuracy!, values.synergyRate!, unimodal.a!, unimodal.b!].map((value) =>
    value.toFixed(3),
  );
  console.log(
    `${method.name.padEnd(8)}  ${whole!.padStart(8)}  ${synergy!.padStart(12)}  ${a!.padStart(7)}  ${b!.padStart(7)}`,
  );
}
