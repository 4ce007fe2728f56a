/** @file Aside files and folders: what is being written, until it is whole; and what a killed process left of them. */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

/** `.<name>.<12 hex digits>.aside` beside its place. */
const ASIDE = /^\..+\.[0-9a-f]{12}\.aside$/;

/** An aside that nobody wrote to for so long is left over. */
const LEFT_AFTER_MS = 60_000;

export function isAside(name: string): boolean {
  return ASIDE.test(name);
}

/** A fresh name beside `file`. */
export function asideOf(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString("hex")}.aside`);
}

/** Removes what an interrupted write left behind anywhere in a directory. For folders that nobody else writes to. */
export async function removeAsides(directory: string): Promise<void> {
  const names = await fs.readdir(directory, { recursive: true }).catch(() => []);
  for (const name of names) {
    if (isAside(path.basename(name))) await fs.rm(path.join(directory, name), { force: true, recursive: true });
  }
}

/** Removes from one directory the asides that no living process writes to. What cannot be removed stays. */
export async function removeOldAsides(directory: string): Promise<void> {
  const names = await fs.readdir(directory).catch(() => []);
  for (const name of names.filter(isAside)) {
    const aside = path.join(directory, name);
    const touched = await lastTouched(aside).catch(() => Date.now());
    if (Date.now() - touched > LEFT_AFTER_MS) await fs.rm(aside, { force: true, recursive: true }).catch(() => {});
  }
}

/** When a file, or anything in a folder, was last written. */
async function lastTouched(place: string): Promise<number> {
  const stats = await fs.stat(place);
  if (!stats.isDirectory()) return stats.mtimeMs;
  const inside = await fs.readdir(place, { recursive: true });
  const times = await Promise.all(inside.map(async (name) => (await fs.stat(path.join(place, name))).mtimeMs));
  return Math.max(stats.mtimeMs, ...times);
}
