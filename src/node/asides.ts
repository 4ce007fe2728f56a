/** @file Temporary files and folders ("asides") for atomic writes, and the removal of those that a killed process left. */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

/** `.<name>.<12 hex digits>.aside`, in the same directory as the file. */
const ASIDE = /^\..+\.[0-9a-f]{12}\.aside$/;

/** An aside that was not written to for this long (milliseconds) is treated as left over. */
const LEFT_AFTER_MS = 60_000;

export function isAside(name: string): boolean {
  return ASIDE.test(name);
}

/** A new aside name in the directory of `file`. */
export function asideOf(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString("hex")}.aside`);
}

/** Removes all asides below a directory. Only for folders that no other process writes to. */
export async function removeAsides(directory: string): Promise<void> {
  const names = await fs.readdir(directory, { recursive: true }).catch(() => []);
  for (const name of names) {
    if (isAside(path.basename(name))) await fs.rm(path.join(directory, name), { force: true, recursive: true });
  }
}

/** Removes left-over asides from one directory (not below it). Errors are ignored. */
export async function removeOldAsides(directory: string): Promise<void> {
  const names = await fs.readdir(directory).catch(() => []);
  for (const name of names.filter(isAside)) {
    const aside = path.join(directory, name);
    const touched = await lastTouched(aside).catch(() => Date.now());
    if (Date.now() - touched > LEFT_AFTER_MS) await fs.rm(aside, { force: true, recursive: true }).catch(() => {});
  }
}

/** The time of the last write to a file, or to anything in a folder. */
async function lastTouched(file: string): Promise<number> {
  const stats = await fs.stat(file);
  if (!stats.isDirectory()) return stats.mtimeMs;
  const inside = await fs.readdir(file, { recursive: true });
  const times = await Promise.all(inside.map(async (name) => (await fs.stat(path.join(file, name))).mtimeMs));
  return Math.max(stats.mtimeMs, ...times);
}
