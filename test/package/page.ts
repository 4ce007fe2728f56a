/** @file What the browser's page and Node both run: a tiny model on WebAssembly, and the bits it ends with. */
import { dmil, explain, fit, interactionMixture, mlp } from "dmil";

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** SHA-256 of the trained state, and what `explain` says of the test split. */
export async function trained(): Promise<{ readonly bits: string; readonly accuracy: number | undefined }> {
  const data = interactionMixture({
    classes: 2,
    noise: 0.1,
    features: 6,
    shares: { redundant: 0.4, unique: 0.2, synergistic: 0.2 },
    samples: { train: 96, validation: 32, test: 32 },
    seed: 3,
  });
  const method = dmil({ encoders: { a: mlp([6, 8]), b: mlp([6, 8]) }, embedding: 8 });
  const options = { seed: 0, backend: "wasm", epochs: { evidence: 2, synergy: 2 } } as const;
  const fitted = await fit(method, data, options);
  const names = Object.keys(fitted.state).sort();
  const values = names.flatMap((name) => [...fitted.state[name]!.data]);
  const digest = await crypto.subtle.digest("SHA-256", Float32Array.from(values));
  const { summary } = await explain(fitted, data.test, { backend: "wasm" });
  return { bits: hex(new Uint8Array(digest)), accuracy: summary.accuracy };
}
