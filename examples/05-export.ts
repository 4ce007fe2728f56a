/** @file Export a model as ONNX and per-sample results as tables. Run: npx tsx examples/05-export.ts */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { dmil, encodeModel, encodeTable, explain, fit, interactionMixture, mlp, sampleRow, toOnnx } from "dmil";
import { disk } from "dmil/node";

const { train, validation, test } = interactionMixture({
  classes: 3,
  noise: 0.3,
  shares: { redundant: 0.4, unique: 0.3, synergistic: 0 },
  samples: 600,
  seed: 3,
});
const method = dmil({ encoders: { a: mlp([20]), b: mlp([20]) }, embedding: 8 });
const fitted = await fit(method, { train, validation }, { seed: 0, epochs: { evidence: 3, synergy: 3 } });

const directory = await mkdtemp(path.join(tmpdir(), "export-"));
const out = disk(directory);
await out.write("model.onnx", toOnnx(fitted)); // takes raw features: standardisation is part of the graph
await out.write("model.safetensors", await encodeModel(fitted));
const rows = (await explain(fitted, test)).samples.map(sampleRow);
await out.write("samples.csv", encodeTable(rows, "samples.csv"));
await out.write("samples.parquet", encodeTable(rows, "samples.parquet"));

console.log((await readdir(directory)).join(" "));
console.log(Object.keys(rows[0]!).join(","));
await rm(directory, { recursive: true });
