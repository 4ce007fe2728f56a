/** @file A hash of the code that determines a result, so that cached results of another version of the code are not used. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const ending = path.extname(import.meta.filename);

/** Path of the main file, for child processes. */
export const MAIN: string = path.join(root, "cli", `main${ending}`);

/** Parts of the code: whole folders, and single files by their path without extension. */
export interface CodeParts {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

const FOLDERS = ["core", "data", "graph", "nn", "optim", "runtime", "methods", "train", "interactions"] as const;

/** The code that determines the result of a recovery job; reports and commands do not. */
export const RECOVERY_CODE: CodeParts = {
  folders: FOLDERS,
  files: ["settings", "cases", "job"].map((name) => path.join("runs", "recover", name)),
};

/** The code that determines the result of a run of a sweep. */
export const SWEEP_CODE: CodeParts = {
  folders: FOLDERS,
  files: [
    path.join("info", "synergy-indicator"),
    ...["identity", "plan", "run", "settings"].map((name) => path.join("runs", name)),
    ...["job", "score", "tuning", "variants"].map((name) => path.join("runs", "sweep", name)),
  ],
};

/** SHA-256 of the names and contents of code files. */
export async function codeHash({ folders, files }: CodeParts): Promise<string> {
  const listed = await Promise.all(
    folders.map(async (part) => {
      const entries = await readdir(path.join(root, part), { recursive: true });
      return entries
        .filter((file) => file.endsWith(ending) && !file.endsWith(".d.ts"))
        .map((file) => path.join(part, file));
    }),
  );
  const hash = createHash("sha256");
  for (const file of [...listed.flat(), ...files.map((name) => name + ending)].sort()) {
    hash
      .update(`${file}\0`)
      .update(await readFile(path.join(root, file)))
      .update("\0");
  }
  return hash.digest("hex");
}
