/**
 * @file The cache of features: one file for each array of samples and frozen network, named by the hash of both, so that runs and processes
 * share it. While features are computed, finished rows are kept in parts, from which an interrupted computation goes on.
 */
import { DmilError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { decodeFeatures, encodeFeatures } from "./stored.ts";

/** Endings of the files. */
export const ENDINGS = { whole: ".features", part: ".part" } as const;

/** Seconds of work that an interrupt loses at most. */
const PART_SECONDS = 2;

/** Reports what is damaged and made anew. */
export type Tell = (note: string) => void;

/** Computes the features of the rows `from` to `to`, in order. */
export type Compute = (from: number, to: number) => Promise<Float32Array>;

/** What is computed: [rows, width], `step` rows at a time. */
export interface Work {
  readonly rows: number;
  readonly width: number;
  readonly step: number;
  /** For people who list the cache. */
  readonly about: string;
  /** Called with the number of finished rows. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** The features under a key: read, or computed and kept. Two processes that compute the same key write the same bytes. */
export async function cached(
  folder: Folder | undefined,
  key: string,
  work: Work,
  compute: Compute,
  tell: Tell,
): Promise<Tensor<"float32">> {
  const { rows, width, about } = work;
  if (folder === undefined) return float32([rows, width], await computed(undefined, key, work, compute, tell));
  const name = `${key}${ENDINGS.whole}`;
  const known = await read(folder, name, rows, width, tell);
  if (known !== undefined) return known;
  const data = float32([rows, width], await computed(folder, key, work, compute, tell));
  try {
    await folder.write(name, await encodeFeatures(data, about));
    for (const part of await partsOf(folder, key)) await folder.remove(part.name);
  } catch (error) {
    tell(notKept(error));
  }
  return data;
}

/** All rows, those of parts included. */
async function computed(
  folder: Folder | undefined,
  key: string,
  work: Work,
  compute: Compute,
  tell: Tell,
): Promise<Float32Array> {
  const { rows, width, step, onProgress } = work;
  const out = new Float32Array(rows * width);
  const done = new Uint8Array(Math.ceil(rows / step));
  const seen = new Set<string>();
  const take = async (): Promise<void> => {
    if (folder === undefined) return;
    for (const { name, from, to } of await partsOf(folder, key)) {
      if (seen.has(name) || from % step !== 0 || to > rows || from >= to) continue;
      seen.add(name);
      const part = await read(folder, name, to - from, width, tell).catch(() => undefined); // another process has finished
      if (part === undefined) continue;
      out.set(part.data, from * width);
      done.fill(1, from / step, Math.ceil(to / step));
    }
  };
  await take();
  let start = -1;
  let saved = performance.now();
  const save = async (to: number): Promise<void> => {
    if (folder === undefined || start < 0) return;
    const name = `${key}.${start}-${to}${ENDINGS.part}`;
    seen.add(name);
    const values = float32([to - start, width], out.slice(start * width, to * width));
    await folder.write(name, await encodeFeatures(values, work.about)).catch((error: unknown) => tell(notKept(error)));
    start = -1;
    saved = performance.now();
    await take(); // what another process has computed meanwhile
  };
  for (let at = 0; at < done.length; at++) {
    const [from, to] = [at * step, Math.min(rows, (at + 1) * step)];
    if (done[at] === 1) {
      await save(from);
      continue;
    }
    out.set(await compute(from, to), from * width);
    if (start < 0) start = from;
    onProgress?.(to);
    if (performance.now() - saved > 1000 * PART_SECONDS && to < rows) await save(to);
  }
  return out;
}

/** A full disk or a folder without permission costs time, and no result. @throws errors that are no DmilError. */
function notKept(error: unknown): string {
  if (error instanceof DmilError) return `note: features are not kept for later runs: ${error.message}`;
  throw error;
}

/** A file of features of the expected size; undefined if there is none, or a damaged one, which is removed. */
async function read(
  folder: Folder,
  name: string,
  rows: number,
  width: number,
  tell: Tell,
): Promise<Tensor<"float32"> | undefined> {
  if (!(await folder.exists(name))) return undefined;
  const tensor = await decodeFeatures(await folder.read(name));
  if (tensor?.shape[0] === rows && tensor.shape[1] === width) return tensor;
  tell(`note: ${folder.label}/${name} is damaged; its features are computed again.`);
  await folder.remove(name);
  return undefined;
}

interface PartFile {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

async function partsOf(folder: Folder, key: string): Promise<PartFile[]> {
  const pattern = /\.(\d+)-(\d+)\.part$/;
  const names = await folder.list().catch(() => []); // the folder is created by the first write
  return names.flatMap((name) => {
    const found = name.startsWith(key) ? pattern.exec(name) : null;
    return found === null ? [] : [{ name, from: Number(found[1]), to: Number(found[2]) }];
  });
}
