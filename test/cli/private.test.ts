/** @file Nothing is left outside the folders that a command was given, and nothing is sent. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MAIN, workplace } from "./support.ts";

const PLACES = ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TMPDIR"];
const STEPS = [
  "data generate --out clips --samples 400 --features 4",
  "train clips --method dmil --set epochs=1 --out run -q",
  "evaluate run --missing",
  "explain run --out samples.csv --probe",
  "export run --out model.onnx",
  "sweep clips --methods joint,ensemble --seeds 0 --set epochs=1 --out sweep -q",
  "compare sweep --out report.html",
];
const hasStrace = spawnSync("strace", ["-V"]).status === 0;
if (!hasStrace) console.warn("strace is not installed: that nothing is sent is not tested here");

let cwd = "";
let env: NodeJS.ProcessEnv = {};
beforeAll(async () => {
  cwd = await workplace();
  const { ORT_DISABLE_TELEMETRY: _, DMIL_ALLOW_TELEMETRY: __, CI: ___, ...inherited } = process.env;
  env = { ...inherited, ...Object.fromEntries(PLACES.map((name) => [name, path.join(cwd, "outside", name)])) };
  for (const name of PLACES) await fs.mkdir(env[name]!, { recursive: true });
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

const left = async (): Promise<string[]> =>
  (await fs.readdir(path.join(cwd, "outside"), { recursive: true })).filter((name) => !PLACES.includes(name));

test("data, training, explaining, exporting, sweeping and comparing leave home and temporary folders empty, and send nothing", async () => {
  const log = path.join(cwd, "calls.log");
  for (const step of STEPS) {
    const command = [process.execPath, MAIN, ...step.split(" ")];
    const traced = hasStrace
      ? ["strace", "-f", "-qq", "-e", "trace=connect,sendto", "-e", "signal=none", "-o", log]
      : [];
    const [program = "", ...args] = [...traced, ...command];
    const { status, stderr } = spawnSync(program, args, { cwd, env, encoding: "utf8" });
    expect(status, `${step}\n${stderr}`).toBe(0);
    expect(await left(), step).toEqual([]);
    if (hasStrace) expect(await fs.readFile(log, "utf8"), step).toBe("");
  }
});

test("a worker thread, whose environment the library does not see, says what to do instead of sending", () => {
  const script = `const { Worker } = await import("node:worker_threads");
    const source = 'import(' + JSON.stringify(${JSON.stringify(path.resolve("dist/runtime/load.js"))}) + ')' +
      '.then(({ loadBackend }) => loadBackend("native")).then(() => console.log("loaded"), (e) => console.log(e.message))';
    new Worker(source, { eval: true });`;
  const said = (own: NodeJS.ProcessEnv): string =>
    spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd, env: own, encoding: "utf8" }).stdout;
  expect(said(env)).toMatch(/worker thread cannot switch off .* set ORT_DISABLE_TELEMETRY=1 before the process starts/);
  expect(said({ ...env, ORT_DISABLE_TELEMETRY: "1" })).toBe("loaded\n");
});
