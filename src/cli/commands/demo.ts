/** @file `dmil demo`: from nothing to explained samples, on generated data whose truth is known. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { runError } from "../../core/errors.ts";
import { interactionMixture } from "../../data/synthetic/mixture.ts";
import { writeDataset } from "../../data/write.ts";
import { disk, replaceFolder } from "../../node/disk.ts";
import type { Answer } from "../answer.ts";
import { compare } from "../comparison.ts";
import { owning } from "../owning.ts";

export interface DemoFlags {
  readonly out?: string;
  readonly quiet?: boolean;
}

/** Generates, trains three methods, and tells what came of it. */
export async function demo({ out, quiet = false }: DemoFlags): Promise<Answer> {
  const place = out ?? (await mkdtemp(path.join(tmpdir(), "dmil-demo-")));
  return owning(place, { instead: "give another --out" }, () => demoIn(place, quiet));
}

/** Lies in the folder until the demo is done, so that what a stopped one left does not stand in the way of the next. */
const UNFINISHED = "unfinished-demo.txt";

async function demoIn(place: string, quiet: boolean): Promise<Answer> {
  const folder = disk(place);
  if (!(await folder.exists(UNFINISHED)) && (await folder.list()).length > 0) {
    throw runError(`${place}: this folder is not empty; give another --out.`, { folder: place });
  }
  await folder.write(UNFINISHED, "This demo has not come to its end. `dmil demo` with this folder begins it again.\n");
  const data = path.join(place, "data");
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
      "generated data: in a quarter of the samples each, both modalities, a alone, b alone, or only the pair tells the class",
    data,
    runs: path.join(place, "runs"),
    name: "mixture",
    seed: 0,
    quiet,
    command: "dmil",
    // Fewer epochs than the method's own: on this data validation accuracy is at its top by then.
    methods: {
      joint: {},
      ensemble: {},
      dmil: { epochs: { evidence: 20, synergy: 12 } },
    },
  });
  await folder.remove(UNFINISHED);
  return answer;
}
