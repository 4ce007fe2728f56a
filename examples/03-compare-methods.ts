/** @file Several methods on the same data, on the same terms. Run: npx tsx examples/03-compare-methods.ts */
import { evaluate, fit, interactionMixture, methodNamed, mlp } from "dmil";

const { train, validation, test } = interactionMixture({
  classes: 2,
  noise: 0.3,
  shares: { redundant: 0.1, unique: 0.1, synergistic: 0.7 },
  samples: 2000,
  seed: 1,
});

const encoders = { a: mlp([20, 32]), b: mlp([20, 32]) };
const epochs: Record<string, Record<string, number>> = {
  joint: { whole: 10 },
  ensemble: { a: 10, b: 10 },
  dmil: { intra: 3, components: 2, whole: 10 },
};

console.log("method    accuracy  synergy rate  a alone  b alone");
for (const name of ["joint", "ensemble", "dmil"]) {
  const method = methodNamed(name)({ encoders, embedding: 16 } as never);
  const fitted = await fit(method, { train, validation }, { seed: 0, epochs: epochs[name]! });
  const { accuracy, synergyRate, unimodal } = await evaluate(fitted, test);
  const cells = [accuracy, synergyRate, unimodal.a!, unimodal.b!].map((share) => share.toFixed(3));
  console.log(`${name.padEnd(8)}  ${cells[0]!.padStart(8)}  ${cells[1]!.padStart(12)}  ${cells[2]!.padStart(7)}  ${cells[3]!.padStart(7)}`);
}
