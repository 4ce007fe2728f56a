/** @file Reads documents of this repository by link target. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import * as path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

/** The text of a link target, relative to the root; for a folder, of its documents. @throws Error if it does not exist. */
export function readDocuments(target: string): string[] {
  const file = path.join(root, target);
  if (!existsSync(file)) throw new Error(`${target}: a link leads there, and nothing is there.`);
  if (!statSync(file).isDirectory()) return [readFileSync(file, "utf8")];
  const inside = readdirSync(file).filter((name) => name.endsWith(".md"));
  return inside.sort().map((name) => readFileSync(path.join(file, name), "utf8"));
}
