/** @file A hash of the code that decides a result: cached results of another program must not be taken for this one's. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const ending = path.extname(import.meta.filename);

/** The program itself, for child processes. */
export const MAIN: string = path.join(root, "cli", `main${ending}`);

/** Parts of the program: whole folders, and single files by their path without ending. */
export interface CodeParts {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

const FOLDERS = ["core", "data", "graph", "nn", "optim", "runtime", "methods", "train", "interactions"] as const;

/** What decides what a recovery job gives; reports and commands do not. */
export const RECOVERY_CODE: CodeParts = {
  folders: FOLDERS,
  files: ["settings", "cases", "job"].map((name) => path.join("runs", "recover", name)),
};

/** What decides what a run of a sweep gives. */
export const SWEEP_CODE: CodeParts = {
  folders: FOLDERS,
  files: [
    path.join("info", "synergy-indicator"),
    ...["identity", "plan", "run", "settings"].map((name) => path.join("runs", name)),
    ...["job", "score", "tuning", "variants"].map((name) => path.join("runs", "sweep", name)),
  ],
};

/** SHA-256 of files of the program, by name and content. */
export async function codeHash({ folders, files }: CodeParts): Promise<string> {
  const listed = await Promise.all(
    folders.map(async (part) => {
      const found = await readdir(path.join(root, part), { recursive: true });
      return found
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
