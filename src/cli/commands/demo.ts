/** @file `dmil demo`: generates data with known truth, trains methods on it and explains samples. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { runError } from "../../core/errors.ts";
import { interactionMixture } from "../../data/synthetic/mixture.ts";
import { writeDataset } from "../../data/write.ts";
import { disk, replaceFolder } from "../../node/disk.ts";
import type { Answer } from "../answer.ts";
import { compare } from "../demo-runs.ts";
import { withFolderLock } from "../folder-lock.ts";

export interface DemoFlags {
  readonly out?: string;
  readonly quiet?: boolean;
}

/** Generates data, trains three methods and reports the results. */
export async function demo({ out, quiet = false }: DemoFlags): Promise<Answer> {
  const directory = out ?? (await mkdtemp(path.join(tmpdir(), "dmil-demo-")));
  return withFolderLock(directory, { instead: "give another --out" }, () => demoIn(directory, quiet));
}

/** Marks the folder until the demo is complete, so that the next demo may replace the files of an interrupted one. */
const UNFINISHED = "unfinished-demo.txt";

async function demoIn(directory: string, quiet: boolean): Promise<Answer> {
  const folder = disk(directory);
  if (!(await folder.exists(UNFINISHED)) && (await folder.list()).length > 0) {
    throw runError(`${directory}: this folder is not empty; give another --out.`, { folder: directory });
  }
  await folder.write(UNFINISHED, "This demo is incomplete. Run `dmil demo` with this folder to start it again.\n");
  const data = path.join(directory, "data");
  const splits = interactionMixture({
    classes: 2,
    noise: 0.3,
    shares: { redundant: 0.25, unique: 0.25, synergistic: 0.25 },
    samples: { train: 2000, validation: 500, test: 1000 },
    seed: 0,
  });
  await replaceFolder(data, (inside) => writeDataset(inside, splits));
  const answer = await compare({
    title:
      "generated data: the class is given by both modalities, by a alone, by b alone, or only by both together, in a quarter of the samples each",
    data,
    runs: path.join(directory, "runs"),
    name: "mixture",
    seed: 0,
    quiet,
    command: "dmil",
    // Fewer epochs than the method's default, because validation accuracy does not improve later on this data.
    methods: {
      joint: {},
      ensemble: {},
      dmil: { epochs: { evidence: 20, synergy: 12 } },
    },
  });
  await folder.remove(UNFINISHED);
  return answer;
}
