/** @file Completion as a shell asks for it: the script in bash, its words and the cursor given as bash gives them. */
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { METHOD_FLAGS, SHELLS, VALUES } from "../../src/cli/completion.ts";
import { encoderKinds } from "../../src/encoders/index.ts";
import { methodNames } from "../../src/methods/index.ts";
import { NORMALIZE } from "../../src/modalities/modality.ts";
import { dmil, MAIN, workplace } from "./support.ts";

let cwd = "";
beforeAll(async () => {
  cwd = await workplace();
  const program = `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`;
  await fs.writeFile(path.join(cwd, "dmil"), program, { mode: 0o755 });
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

/** What bash offers after `line`, split as bash splits it, and by which function. */
async function offered(line: string): Promise<string[]> {
  const script = `
    source <(dmil completion bash)
    [[ $(complete -p dmil) == *"-F _dmil dmil" ]] || exit 3
    COMP_LINE=$1; COMP_POINT=\${#1}; shift
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _dmil dmil "\${COMP_WORDS[COMP_CWORD]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const words = line.split(/ |(?<==)|(?==)/);
  const { stdout } = await promisify(execFile)("bash", ["--norc", "-c", script, "bash", line, ...words], {
    cwd,
    env: { ...process.env, PATH: `${cwd}${path.delimiter}${process.env.PATH}` },
  });
  return stdout.split("\n").filter((word) => word !== "");
}

test("commands, and those below a command", async () => {
  expect(await offered("dmil ")).toEqual(expect.arrayContaining(["train", "data", "completion", "help"]));
  expect(await offered("dmil ")).not.toContain("job");
  expect(await offered("dmil ev")).toEqual(["evaluate"]);
  expect(await offered("dmil data ")).toEqual(["check", "generate"]);
  expect(await offered("dmil completion ")).toEqual([...SHELLS]);
});

test("the flags of the command, also of one below another", async () => {
  expect(await offered("dmil train clips --meth")).toEqual(["--method"]);
  expect(await offered("dmil data generate --st")).toEqual(["--stratified"]);
  expect(await offered("dmil --")).toEqual(["--version", "--help"]);
});

test("names of methods, one or a list, after a space or an equals sign", async () => {
  expect(await offered("dmil train clips --method ")).toEqual([...methodNames]);
  expect(await offered("dmil sweep clips --methods joint,ogm")).toEqual(["joint,ogm", "joint,ogm-ge"]);
  expect(await offered("dmil train --method=ogm")).toEqual(["ogm", "ogm-ge"]);
  expect(await offered("dmil train --method=")).toEqual([...methodNames]);
});

test("choices of a flag", async () => {
  expect(await offered("dmil evaluate runs/one --split t")).toEqual(["train", "test"]);
  expect(await offered("dmil train clips --backend ")).toEqual(["auto", "native", "wasm"]);
});

test("nothing where a file or a number is meant, so that the shell offers files", async () => {
  for (const line of ["train ", "train clips --out ", "train clips --seed ", "train clips "]) {
    expect(await offered(`dmil ${line}`), line).toEqual([]);
  }
});

test("kinds of encoders and normalisations are those that exist", () => {
  expect(VALUES["--encoder"]).toEqual(encoderKinds);
  expect(VALUES["--normalize"]).toEqual(NORMALIZE);
});

test("every flag whose values are listed exists", async () => {
  const flags = new Set<string>();
  const helped = async (words: string[]): Promise<void> => {
    const { stdout } = await dmil([...words, "--help"], { cwd });
    for (const [flag] of stdout.matchAll(/--[a-z-]+/g)) flags.add(flag);
  };
  await Promise.all([["train"], ["sweep"], ["compare"], ["bits"], ["data", "generate"]].map(helped));
  expect([...METHOD_FLAGS, ...Object.keys(VALUES)].filter((flag) => !flags.has(flag))).toEqual([]);
});

test.each(SHELLS)("the script for %s is printed as it is", async (shell) => {
  const { stdout, code } = await dmil(["completion", shell], { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain("dmil complete -- ");
});
