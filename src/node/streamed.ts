/** @file Files that are written in parts, because they may be larger than memory, and appear when they are complete. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Folder } from "../core/folder.ts";
import { explained } from "../core/system-errors.ts";
import { asideOf } from "./asides.ts";
import { disk, makeDirectory } from "./disk.ts";

/** Bytes that are collected before they are written. */
const BLOCK = 2 ** 20;

/** A file that is being written. */
export interface Streamed {
  write(bytes: Uint8Array): Promise<void>;
  /** Flushes the file and puts it in its place. */
  close(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** A directory as a Folder, with files that are written in parts. */
export function streamedDisk(
  directory: string,
  label: string = directory,
): Folder & { create(name: string): Promise<Streamed> } {
  return { ...disk(directory, label), create: (name) => create(directory, label, name) };
}

async function create(directory: string, label: string, name: string): Promise<Streamed> {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw explained(label, "write", name, cause);
    }
  };
  const file = path.join(path.resolve(directory), ...name.split("/"));
  const aside = asideOf(file);
  const handle = await guarded(async () => {
    await makeDirectory(path.dirname(file));
    return fs.open(aside, "wx");
  });
  const block = new Uint8Array(BLOCK);
  let used = 0;
  const flush = async (): Promise<void> => {
    await handle.writeFile(block.subarray(0, used));
    used = 0;
  };
  return {
    write: (bytes) =>
      guarded(async () => {
        if (used + bytes.length > BLOCK) await flush();
        if (bytes.length > BLOCK) await handle.writeFile(bytes);
        else {
          block.set(bytes, used);
          used += bytes.length;
        }
      }),
    close: () =>
      guarded(async () => {
        await flush();
        await handle.sync();
        await handle.close();
        await fs.rename(aside, file);
      }),
    async discard() {
      await handle.close().catch(() => {});
      await fs.rm(aside, { force: true }).catch(() => {});
    },
  };
}
