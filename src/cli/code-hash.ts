/** @file A hash of the code that determines a result, so that cached results of another version of the code are not used. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const ending = path.extname(import.meta.filename);

/** Path of the main file, for child processes. */
export const MAIN: string = path.join(root, "cli", `main${ending}`);

/** The folders and files that determine the results of experiments; planning, reports and commands do not. */
const FOLDERS = [
  ...["core", "data", "graph", "nn", "optim", "runtime", "targets", "methods"],
  ...["engine", "evaluation", "train", "interactions"],
];
const FILES = [
  path.join("info", "synergy-indicator"),
  ...["identity", "plan", "run", "settings"].map((name) => path.join("runs", name)),
  ...["job", "score", "settings", "tuning", "variants"].map((name) => path.join("experiments", name)),
  ...["cases", "job", "settings"].map((name) => path.join("experiments", "recover", name)),
];

/** SHA-256 of the names and contents of the code that determines results. */
export async function codeHash(): Promise<string> {
  const listed = await Promise.all(
    FOLDERS.map(async (part) => {
      const entries = await readdir(path.join(root, part), { recursive: true });
      return entries
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
