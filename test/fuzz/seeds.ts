/** @file Good files of every kind, made by the project's own writers: what the fuzzer damages. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type Folder, memoryFolder } from "../../src/core/folder.ts";
import { writeSafetensors } from "../../src/data/formats/safetensors.ts";
import { writeDataset } from "../../src/data/write.ts";
import { type CacheKey, dataCache } from "../../src/experiments/cache.ts";
import { appendEntry, writeHead } from "../../src/experiments/manifest.ts";
import { modelCard } from "../../src/runs/card/card.ts";
import { planRun } from "../../src/runs/plan.ts";
import { startRun } from "../../src/runs/run.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { pickleCases } from "../data/fixtures/pickles.ts";
import { decode, reference } from "../data/fixtures/reference.ts";
import { archiveFolder, arrayFolder, smallSplits } from "../data/fixtures/small.ts";
import { madeEntries } from "../experiments/compare/manifest.ts";
import { golden } from "../golden/media.ts";
import { smallMixture } from "../support/models.ts";

/** Files by kind; a folder is its files by name. They cross to the worker as they are. */
export interface Seeds {
  readonly npy: readonly Uint8Array[];
  readonly npz: readonly Uint8Array[];
  readonly wav: readonly Uint8Array[];
  readonly idx: readonly Uint8Array[];
  readonly images: readonly Uint8Array[];
  readonly tables: readonly Uint8Array[];
  readonly safetensors: readonly Uint8Array[];
  readonly pickle: readonly Uint8Array[];
  readonly weights: readonly Uint8Array[];
  readonly run: ReadonlyMap<string, Uint8Array>;
  readonly sweep: ReadonlyMap<string, Uint8Array>;
  /** A folder of a sweep's cached data. */
  readonly cache: ReadonlyMap<string, Uint8Array>;
  readonly card: string;
  readonly data: readonly ReadonlyMap<string, Uint8Array>[];
}

const weightFiles = Object.values(
  (
    JSON.parse(readFileSync(new URL("../data/fixtures/weights.json", import.meta.url), "utf8")) as {
      files: Record<string, string>;
    }
  ).files,
).map(decode);

export async function makeSeeds(): Promise<Seeds> {
  const data = smallMixture();
  const run = memoryFolder("run");
  const settings = {
    data: "d",
    method: "dmil-published",
    epochs: { intra: 1, components: 1, whole: 1 },
    encoder: { hidden: [3] },
    backend: "wasm",
  };
  const finished = await startRun(
    run,
    planRun(parseSettings({ ...settings, options: { embedding: 2 } }), data.train),
    data,
  );
  const sweep = memoryFolder("sweep");
  const entries = madeEntries({ seeds: 1, methods: { joint: 0.8, dmil: 0.9 }, testSamples: 20 });
  for (const entry of entries) await appendEntry(sweep, entry);
  await writeHead(sweep, {
    format: "dmil-sweep-1",
    command: "dmil sweep d",
    experiment: { data: [{ path: "d" }] },
    environment: { node: "20", cpus: 2 },
    started: "2026-11-20T10:00:00.000Z",
  });
  const cache = memoryFolder("cache");
  await dataCache(() => cache, true).place(CACHED, smallSplits());
  return {
    npy: [...reference.npy.map(({ bytes }) => decode(bytes)), ...Object.values(reference.bad).map(decode)],
    npz: Object.values(reference.npz).map(decode),
    wav: filesOfGoldens("wav"),
    images: filesOfGoldens("images"),
    tables: Object.values(golden<{ cases: Record<string, string> }>("tables").cases).map(decode),
    idx: [IDX, new Uint8Array(gzipSync(IDX))],
    safetensors: [decode(reference.safetensors.bytes), decode(reference.safetensors.float64), writeSafetensors({})],
    pickle: pickleCases.map(({ bytes }) => decode(bytes)),
    weights: weightFiles,
    run: await filesOf(run),
    sweep: await filesOf(sweep),
    cache: await filesOf(cache),
    card: await modelCard({ ...finished, file: "model.onnx" }),
    data: await dataFolders(),
  };
}

function filesOfGoldens(section: string): Uint8Array[] {
  const { cases } = golden<{ cases: Record<string, { bytes: string }> }>(section);
  return Object.values(cases).map(({ bytes }) => decode(bytes));
}

/** Two rows of three bytes. */
const IDX = Uint8Array.from([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255]);

/** What cached data is told to be made from. */
export const CACHED: CacheKey = { name: "d", content: { "train/x": "1" } };

async function dataFolders(): Promise<Map<string, Uint8Array>[]> {
  const described = memoryFolder("described");
  await writeDataset(described, smallSplits());
  const masked = await arrayFolder({ "dataset.json": '{"missing":"nan","classes":["a","b"]}' });
  const table = memoryFolder("table");
  await table.write("data.csv", TABLES[0]!);
  const values = memoryFolder("values");
  await values.write("data.csv", TABLES[1]!);
  await values.write("dataset.json", '{"target":{"kind":"regression","names":["value"]}}');
  return Promise.all([described, masked, await archiveFolder("/"), table, values].map(filesOf));
}

const rows = (line: (i: number, split: string) => string): string[] =>
  Array.from({ length: 18 }, (_, i) => line(i, ["train", "train", "train", "valid", "test", "test"][i % 6]!));

/** Tables in the forms that are read. */
export const TABLES: readonly string[] = [
  [
    "id,a.0,a.1,b,b_present,label,split",
    ...rows((i, split) => `x${i},${i},${i / 4},${i % 3},1,${"uv"[i % 2]},${split}`),
  ]
    .join("\n")
    .concat("\n"),
  ["a_1;a_2;b;value;split", ...rows((i, split) => `${i},5;-1e-3;${i % 3};${i},25;${split}`)].join("\r\n"),
  'a\tb\tlabel\n"1"\t2\t"x ""y"""\n3\tnan\tz\n',
  "sep=;\n;a;label\n0;1;u\n1;NA;v\n",
];

/** Settings and experiments as people write them. */
export const CONFIGS: readonly string[] = [
  `data: clips\nmethod: dmil\nmodalities: [audio, face]\nseed: 3\nbatchSize: 32\nepochs: {whole: 5}\nlearningRate: 0.001\n`,
  `data: clips\nmethod: ogm-ge\noptimiser:\n  name: adamw\n  weightDecay: 0.01\nencoder:\n  hidden: [64, 32]\n  dropout: 0.1\noptions: {embedding: 32}\n`,
  `data: &d clips\nmethod: joint\nlearningRate: {whole: 1e-3}\nthreads: auto\nbackend: wasm\nclipNorm: 1\n# a comment\n`,
];
export const EXPERIMENTS: readonly string[] = [
  `data:\n  - path: clips\n    modalities: [audio, face]\n  - generate: {kind: gates, samples: 90}\n    name: gates\nmethods: [joint, dmil, unimodal-audio]\nseeds: 0-2\ntune: 3\nset: {epochs: 5}\ntrainShares: [0.1, 1]\n`,
  `data: [{path: a}, {path: b, name: c, settings: {batchSize: 16}}]\nmethods: all\nseeds: [0, 1]\nsplitBy: speaker\n`,
];

async function filesOf(folder: Folder): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of await folder.list()) files.set(name, await folder.read(name));
  return files;
}
