/** @file Readers of what the program keeps for itself: they take a damaged file for one that is not there, aloud, and never for another. */
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type * as z from "zod";
import { memoryFolder } from "../../src/core/folder.ts";
import { dataCache } from "../../src/experiments/cache.ts";
import { readTrace, unreadNotes } from "../../src/experiments/compare/trace.ts";
import { LOCK } from "../../src/node/disk.ts";
import { isDead, look } from "../../src/node/lock-file.ts";
import { readCached } from "../../src/runs/cached.ts";
import { isUntouchedCard } from "../../src/runs/card/card.ts";
import { runFiles } from "../../src/runs/record.ts";
import { smallSplits } from "../data/fixtures/small.ts";
import { CACHED } from "./seeds.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A trial's changes and a result of the recovery suite, as they are kept. */
export const TUNING = {
  trials: [
    { changes: {}, seconds: 1.5, reached: 0.5, logLoss: 0.7 },
    { changes: { "encoder.hidden": [64], learningRate: 3 }, seconds: 2, reached: 0.75 },
    { changes: { "options.alpha": 0.1 }, seconds: 0.5, error: "loss is NaN at step 8" },
  ],
  chosen: 1,
};
export const RECOVERED = {
  job: { case: "quad", method: "joint", seed: 0, quick: true },
  seconds: 3,
  epochs: { whole: 5 },
  figures: { accuracy: 0.5 },
  ceiling: { accuracy: 0.6 },
  curves: [{ stage: "whole", trainLoss: 1, trainAccuracy: 0.5, validationAccuracy: 0.5 }],
};

/** A value that is used, or a note that says why it is not. */
export async function readKept<T>(text: string, schema: z.ZodType, use: (value: T) => unknown): Promise<void> {
  const notes: string[] = [];
  const folder = memoryFolder("out", new Map([["a.json", encode(text)]]));
  const value = await readCached<T>(folder, "a.json", schema, (note) => void notes.push(note));
  if (value !== undefined) use(value);
  if ((value === undefined) !== (notes.length === 1)) throw new Error(`${notes.length} notes for ${String(value)}`);
}

/** Cached data that is whole afterwards, whatever its checksums said. */
export async function readCache(files: ReadonlyMap<string, Uint8Array>, checksums: string): Promise<void> {
  const folder = memoryFolder("cache", new Map([...files, ["checksums.json", encode(checksums)]]));
  await dataCache(
    () => folder,
    true,
    () => {},
  ).place(CACHED, smallSplits());
  const kept = JSON.stringify(await folder.list());
  if (kept !== JSON.stringify([...files.keys()].sort())) throw new Error(`other files are there: ${kept}`);
  const refuse = (note: string): never => {
    throw new Error(`not whole: ${note}`);
  };
  await dataCache(() => folder, true, refuse).place(CACHED, smallSplits());
}

/** A lock file is a living process's, a dead one's, or unreadable. */
export async function readLock(text: string): Promise<void> {
  const directory = await fs.mkdtemp(path.join(tmpdir(), "dmil-fuzz-lock-"));
  try {
    const place = { directory, token: "0".repeat(16), text: "" };
    await fs.writeFile(path.join(directory, LOCK), `${text}\n`); // without its end it might still be written, and is waited for
    const held = await look(place, LOCK);
    if (held === undefined) throw new Error("no lock is seen");
    if (!/^([0-9a-f]{16}|unreadable)$/.test(held.token)) throw new Error(`the token ${held.token} is taken for one`);
    await isDead(place, held);
  } finally {
    await fs.rm(directory, { recursive: true });
  }
}

/** Only the card as it was written is untouched. */
export async function readCard(text: string, written: string): Promise<void> {
  if ((await isUntouchedCard(text)) !== (text.trimEnd() === written.trimEnd())) throw new Error("a card is mistaken");
}

/** A curve of finite numbers in order, or the file's name. */
export async function readMetrics(text: string): Promise<void> {
  const trace = await readTrace(memoryFolder("sweep", new Map([[`r/${runFiles.metrics}`, encode(text)]])), "r");
  if ((trace.curve === undefined) !== (unreadNotes([trace]).length === 1)) throw new Error("a curve is lost silently");
  for (const point of trace.curve ?? []) if (!point.every(Number.isFinite)) throw new Error(`the point ${point}`);
}
