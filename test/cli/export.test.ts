/** @file Exported files as their user meets them: the model, the card beside it, and the code in the card, which runs as it stands. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dmil, type Outcome, workplace } from "./support.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const able = spawnSync("python3", ["-c", "import numpy, onnx, onnxruntime"]).status === 0;
if (!able)
  console.warn(
    "SKIPPED: python3 cannot import numpy, onnx and onnxruntime; the Python code of model cards was not run.",
  );

let cwd = "";
const call = (...args: string[]): Promise<Outcome> => dmil(args, { cwd });
const read = (name: string): Promise<string> => fs.readFile(path.join(cwd, name), "utf8");

beforeAll(async () => {
  cwd = await workplace();
  const small = ["--samples", "120", "--features", "4", "--seed", "1"];
  await call("data", "generate", "--out", "data", ...small);
  await call("data", "generate", "--kind", "sums", "--out", "numbers", ...small);
  await call("train", "data", "-q", "--method", "dmil", "--set", "epochs=1", "--out", "classes");
  await call(
    "train",
    "data",
    "-q",
    "--method",
    "unimodal",
    "--set",
    "options.modality=a",
    "--set",
    "epochs=1",
    "--out",
    "alone",
  );
  await call("train", "numbers", "-q", "--method", "joint", "--set", "epochs=1", "--out", "values");
  await fs.mkdir(path.join(cwd, "node_modules"));
  await fs.symlink(ROOT, path.join(cwd, "node_modules/dmil"));
  for (const name of ["onnxruntime-node", "onnxruntime-common"]) {
    await fs.symlink(path.join(ROOT, "node_modules", name), path.join(cwd, "node_modules", name));
  }
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

/** The block of code of a language in a card, run by a program. */
async function runBlock(card: string, language: string, program: readonly string[], file: string): Promise<string> {
  const [, code] = new RegExp(`\`\`\`${language}\n(.*?)\n\`\`\``, "s").exec(card)!;
  await fs.writeFile(path.join(cwd, file), code!);
  const { status, stdout, stderr } = spawnSync(program[0]!, [...program.slice(1), file], { cwd, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return stdout;
}

const numbersIn = (text: string): number[] => (text.match(/-?\d+(\.\d+)?(e-?\d+)?(?=[\s,\]])/g) ?? []).map(Number);

test.each([
  ["classes", []],
  ["classes", ["--missing"]],
  ["alone", []],
  ["values", ["--missing"]],
] as const)("the code in the card of %s %j runs, and Python and JavaScript give the same", async (run, flags) => {
  const { code, stdout } = await call("export", run, "--out", "out/model.onnx", ...flags);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("model card: out/model.md") });
  const card = await read("out/model.md");
  await fs.copyFile(path.join(cwd, "out/model.onnx"), path.join(cwd, "model.onnx"));
  const javascript = numbersIn(await runBlock(card, "js", [process.execPath], "call.mjs")).filter((n) => n !== 32);
  const width = run === "values" ? 1 : 2;
  expect(javascript.length).toBeGreaterThanOrEqual(2 * width);
  if (!able) return;
  const python = numbersIn(await runBlock(card, "python", ["python3"], "call.py"));
  expect(python).toHaveLength(2 * width);
  python.forEach((value, i) => {
    expect(javascript.at(i - 2 * width)).toBeCloseTo(value, 4);
  });
});

test("the code in the card of a .safetensors file runs", async () => {
  await call("export", "classes", "--out", "model.safetensors");
  const said = await runBlock(await read("model.md"), "js", [process.execPath], "load.mjs");
  expect(said).toMatch(/probabilities: /);
  expect(said).toMatch(/bits: /);
});

test("check-export agrees with what explain writes", async ({ skip }) => {
  if (!able) skip();
  for (const [run, data] of [
    ["classes", "data"],
    ["values", "numbers"],
  ] as const) {
    await call("export", run, "--out", `${run}.onnx`);
    await call("explain", run, "--split", "test", "--out", `${run}.csv`);
    const script = path.join(ROOT, "scripts/check-export.py");
    const told = spawnSync("python3", [script, `${run}.onnx`, `${run}.csv`, `${data}/test`], { cwd, encoding: "utf8" });
    expect(told.stderr).toBe("");
    expect(told.status).toBe(0);
  }
});

test("a card takes the place of an untouched card, and of nothing else", async () => {
  await call("export", "classes", "--out", "again.onnx");
  expect((await call("export", "alone", "--out", "again.onnx")).code).toBe(0);
  expect(await read("again.md")).toMatch(/^# unimodal on data$/m);
  await fs.appendFile(path.join(cwd, "again.md"), "Thanks to my cat.\n");
  const before = await fs.readFile(path.join(cwd, "again.onnx"));
  expect(await call("export", "classes", "--out", "again.onnx")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^RunError: again\.md exists and is not an unchanged model card of dmil, .* or write no card: --no-card\.\n$/,
    ),
  });
  expect(Buffer.compare(await fs.readFile(path.join(cwd, "again.onnx")), before)).toBe(0);
  expect((await call("export", "classes", "--out", "again.onnx", "--no-card")).code).toBe(0);
  expect(await read("again.md")).toMatch(/Thanks to my cat/);
});
