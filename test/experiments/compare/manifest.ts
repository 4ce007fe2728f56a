/** @file Sweeps made of seeded numbers in the ranges that real ones have, until and beside those that `dmil sweep` writes. */

import { type Folder, memoryFolder } from "../../../src/core/folder.ts";
import { stream } from "../../../src/core/random.ts";
import type { Scores, SweepEntry, SweepHead } from "../../../src/experiments/entry.ts";
import { rewriteEntries, writeHead } from "../../../src/experiments/manifest.ts";
import { type SampleBits, writeSampleBits } from "../../../src/runs/sample-bits.ts";

export interface MadeSweep {
  readonly data?: readonly string[];
  /** By name: mean accuracy. */
  readonly methods?: Readonly<Record<string, number>>;
  readonly seeds?: number;
  /** Names of splits; every seed runs on each of `own`, else split i has seed i alone. */
  readonly splits?: readonly string[];
  readonly shares?: readonly number[];
  readonly classes?: readonly string[];
  readonly modalities?: readonly string[];
  readonly testSamples?: number;
}

export const METHODS = { joint: 0.84, ensemble: 0.838, "ogm-ge": 0.846, dmil: 0.872, "unimodal-fou": 0.71 };

/** Lines of a manifest. */
export function madeEntries({
  data = ["mfeat fou+kar"],
  methods = METHODS,
  seeds = 5,
  splits = ["own"],
  shares = [1],
  classes = ["zero", "one", "two", "three"],
  modalities = ["fou", "kar"],
  testSamples = 400,
}: MadeSweep = {}): SweepEntry[] {
  const places = splits.flatMap((split, i) =>
    split === "own" ? Array.from({ length: seeds }, (_, seed) => ({ split, seed })) : [{ split, seed: i }],
  );
  return data.flatMap((name, d) =>
    shares.flatMap((trainShare) =>
      places.flatMap(({ split, seed }) =>
        Object.entries(methods).map(([method, mean]): SweepEntry => {
          const draw = stream(seed, `${name} ${method} ${split}`, Math.round(1000 * trainShare));
          // What a seed or split does to all methods alike: pairing takes it off.
          const common = 0.012 * stream(seed, `${name} ${split}`).normal();
          const chance = Math.min(0.995, mean - 0.03 * d - 0.12 * (1 - trainShare) + common + 0.003 * draw.normal());
          const right = Array.from({ length: testSamples }, (_, i) =>
            stream(i, `${name} ${split} sample`).uniform() + 0.05 * draw.normal() < chance ? "1" : "0",
          ).join("");
          const accuracy = [...right].filter((sign) => sign === "1").length / testSamples;
          return {
            id: `${name}/${method}/${split}/${seed}/${trainShare}`,
            data: name,
            method,
            seed,
            split,
            trainShare,
            status: "finished",
            run: `runs/${name.replaceAll(" ", "-")}-${method}-${split.replaceAll(/[ /]/g, "-")}-${seed}-${trainShare}`,
            started: "2026-11-20T10:00:00.000Z",
            seconds: 20 + 5 * draw.uniform(),
            secondsPerStep: 0.002 + 0.0005 * draw.uniform(),
            peakMemory: 180e6 + 1e7 * draw.uniform(),
            tuning: { trials: 12, chosen: { learningRate: 0.001 } },
            scores: scoresOf(accuracy, right, method, { classes, modalities, trainShare, draw: () => draw.normal() }),
          };
        }),
      ),
    ),
  );
}

interface ScoreFacts {
  readonly classes: readonly string[];
  readonly modalities: readonly string[];
  readonly trainShare: number;
  draw(): number;
}

function scoresOf(
  accuracy: number,
  right: string,
  method: string,
  { classes, modalities, trainShare, draw }: ScoreFacts,
): Scores {
  const figures = {
    accuracy,
    macroF1: accuracy - 0.005,
    logLoss: 0.9 - 0.6 * accuracy + 0.01 * draw(),
    calibrationError: 0.04 + 0.004 * draw(),
    synergyRate: 0.05 + 0.004 * draw(),
  };
  const components = ["redundant", ...modalities.map((name) => `unique_${name}`), "synergistic"];
  const alone = Object.fromEntries(modalities.map((name, m) => [name, accuracy - 0.1 - 0.05 * m + 0.01 * draw()]));
  return {
    samples: { train: Math.round(1400 * trainShare), validation: 200, test: right.length },
    validation: { ...figures, accuracy: accuracy + 0.01 },
    test: figures,
    unimodal: alone,
    synergy: {
      slices: { rate: figures.synergyRate, chance: 0.03 },
      probes: { rate: 0.04 + 0.004 * draw(), chance: 0.03 },
    },
    classes: classes.map((name) => ({
      name,
      samples: right.length / classes.length,
      accuracy: accuracy + 0.02 * draw(),
      f1: accuracy,
    })),
    missing: [
      { present: modalities, samples: right.length, metric: "accuracy", value: accuracy },
      ...modalities.map((name) => ({
        present: [name],
        samples: right.length,
        metric: "accuracy",
        value: alone[name]! - 0.02,
      })),
    ],
    ...(method === "dmil" && {
      gate: Object.fromEntries(components.map((name, c) => [name, (c + 1) / 10])),
      bits: Object.fromEntries(components.map((name, c) => [name, 0.3 + 0.1 * c])),
    }),
    correct: right,
  };
}

/** Bits of 40 test samples: what seeds share by sample, and a little of each seed's own. */
function madeBits(components: readonly string[], seed: number, split: string): SampleBits {
  const atoms = components.map((name) => {
    const [own, more] = [stream(0, `bits ${name}`), stream(seed, `bits ${name} ${split}`)];
    return Float32Array.from({ length: 40 }, () => own.uniform() + 0.1 * more.normal());
  });
  return { components, atoms, samples: `samples of ${split}` };
}

export const HEAD: SweepHead = {
  format: "dmil-sweep-1",
  command: "dmil sweep mfeat --method joint,dmil --seeds 0-4",
  experiment: { data: ["mfeat"], methods: ["joint", "dmil"], seeds: [0, 1, 2, 3, 4] },
  environment: { dmil: "0.1.0", node: "20.19.0", cpu: "a processor", cores: 2, code: "c0de".repeat(16) },
  started: "2026-11-20T09:59:00.000Z",
};

/** A folder of a sweep: head, manifest, and unless `bare` training curves of every finished run and the bits of its test samples. */
export async function madeFolder(
  entries: readonly SweepEntry[],
  { label = "sweep", head = HEAD, bare = false }: { label?: string; head?: SweepHead; bare?: boolean } = {},
): Promise<Folder> {
  const folder = memoryFolder(label);
  await writeHead(folder, head);
  await rewriteEntries(folder, entries);
  if (bare) return folder;
  for (const { run, scores, seed, split } of entries) {
    if (scores === undefined) continue;
    if (scores.bits !== undefined) {
      const told: Pick<Folder, "write"> = { write: (name, bytes) => folder.write(`${run}/${name}`, bytes) };
      await writeSampleBits(told, madeBits(Object.keys(scores.bits), seed, split));
    }
    const top = scores.validation.accuracy!;
    const lines = Array.from({ length: 30 }, (_, i) => {
      const accuracy = top - 0.4 * Math.exp(-(i + 1) / 6) + 0.005 * Math.sin(i + seed);
      const epoch = { stage: "whole", epoch: i + 1, epochs: 30, learningRate: 0.001 };
      return JSON.stringify({
        ...epoch,
        train: { loss: 1 / (i + 1), accuracy, terms: { task: 1 / (i + 1) } },
        validation: { accuracy, logLoss: 0.5 },
        best: { accuracy, epoch: i + 1 },
      });
    });
    await folder.write(`${run}/metrics.jsonl`, `${lines.join("\n")}\n`);
  }
  return folder;
}
