/** @file Your own arrays: build a data set, split it by group, write it as a folder. Run: npx tsx examples/02-your-own-arrays.ts */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { classTarget, type Dataset, float32, loadDataset, splitBy, writeDataset } from "dmil";
import { disk } from "dmil/node";

// 40 speakers, 10 clips each. Replace the made-up features by yours; row i of every array is the same clip.
const clips = 400;
const features = (width: number, phase: number) =>
  float32(
    [clips, width],
    Array.from({ length: clips * width }, (_, i) => Math.sin(phase + 0.1 * i)),
  );
const all: Dataset = {
  name: "clips",
  ids: Array.from({ length: clips }, (_, i) => `clip${i}`),
  modalities: { audio: features(8, 0), face: features(4, 1) },
  ...classTarget(
    ["calm", "happy", "sad"],
    Int32Array.from({ length: clips }, (_, i) => i % 3),
  ),
  groups: Array.from({ length: clips }, (_, i) => `speaker${Math.floor(i / 10)}`),
};

// Every speaker is in one split only, so that the model is not tested on voices of the training split.
const splits = splitBy(all, "group", { validation: 0.1, test: 0.1, seed: 0 });

const directory = await mkdtemp(path.join(tmpdir(), "clips-"));
await writeDataset(disk(directory), splits);
const { train, validation, test } = await loadDataset(disk(directory)); // the same data again; `dmil train DIR` reads it too
await rm(directory, { recursive: true });

for (const split of [train, validation, test]) {
  console.log(split.name, split.size, "clips of", new Set(split.groups).size, "speakers");
}
