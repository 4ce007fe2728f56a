/** @file A hash of the code that decides a result: cached results of another program must not be taken for this one's. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";

/** Folders, and files of `runs`, that decide what a recovery job gives; reports and commands do not. */
const PARTS = ["core", "data", "graph", "nn", "optim", "runtime", "methods", "train", "interactions"];
const FILES = ["settings", "cases", "job"].map((name) => path.join("runs", "recover", name));

/** SHA-256 of the program's own files, by name and content. */
export async function codeHash(): Promise<string> {
  const root = path.resolve(import.meta.dirname, "..");
  const ending = path.extname(import.meta.filename);
  const listed = await Promise.all(
    PARTS.map(async (part) => {
      const files = await readdir(path.join(root, part), { recursive: true });
      return files
        .filter((file) => file.endsWith(ending) && !file.endsWith(".d.ts"))
        .map((file) => path.join(part, file));
    }),
  );
  const hash = createHash("sha256");
  for (const file of [...listed.flat(), ...FILES.map((name) => name + ending)].sort()) {
    hash
      .update(`${file}\0`)
      .update(await readFile(path.join(root, file)))
      .update("\0");
  }
  return hash.digest("hex");
}
