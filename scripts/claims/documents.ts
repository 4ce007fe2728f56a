/** @file Documents of this repository by the targets of links. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import * as path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

/** The text behind a link from the root; of a folder, of its documents. @throws Error where nothing is there. */
export function readDocuments(target: string): string[] {
  const place = path.join(root, target);
  if (!existsSync(place)) throw new Error(`${target}: a link leads there, and nothing is there.`);
  if (!statSync(place).isDirectory()) return [readFileSync(place, "utf8")];
  const inside = readdirSync(place).filter((name) => name.endsWith(".md"));
  return inside.sort().map((name) => readFileSync(path.join(place, name), "utf8"));
}
