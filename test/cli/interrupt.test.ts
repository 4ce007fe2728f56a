/** @file Ctrl-C, termination and kill -9: a run goes on to the bits of one without a break. */
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dmil, MAIN, type Outcome, workplace } from "./support.ts";

let cwd = "";
const FLAGS = [
  "--method",
  "dmil-published",
  "--set",
  "epochs={intra: 2, components: 2, whole: 40}",
  "--set",
  "options.embedding=16",
];
const train = (out: string, signal?: { name: NodeJS.Signals; at: string }): Promise<Outcome> =>
  dmil(["train", "clips", "--out", out, ...FLAGS], { cwd, ...(signal && { signal }) });
const record = async (run: string) => JSON.parse(await fs.readFile(path.join(cwd, run, "run.json"), "utf8"));

beforeAll(async () => {
  cwd = await workplace();
  await dmil(["data", "generate", "--out", "clips", "--samples", "1000", "--features", "8"], { cwd });
  expect((await train("whole")).code).toBe(0);
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

async function expectSameRun(run: string): Promise<void> {
  for (const file of ["model.safetensors", "metrics.jsonl", "result.json", "checkpoints/best.safetensors"]) {
    const [one, other] = [
      await fs.readFile(path.join(cwd, run, file)),
      await fs.readFile(path.join(cwd, "whole", file)),
    ];
    expect(Buffer.compare(one, other), file).toBe(0);
  }
}

test.each(["SIGINT", "SIGTERM"] as const)("%s saves, says how to go on, and ends with code 1", async (name) => {
  const run = `run-${name}`;
  const stopped = await train(run, { name, at: "whole 3/40" });
  expect(stopped).toMatchObject({ code: 1, stdout: "" });
  expect(stopped.stderr).toMatch(
    new RegExp(
      `\\nsaving, then stopping; interrupt again to stop immediately without saving\\n(.*\\n)*saved ${run} at whole \\d+; continue with: dmil resume ${run}\\n$`,
    ),
  );
  expect(await record(run)).toMatchObject({ status: "interrupted" });
  const asked = await dmil(["evaluate", run], { cwd });
  expect(asked).toMatchObject({ code: 0, stderr: "" });
  expect(asked.stdout).toMatch(
    new RegExp(
      `^${run} {2}dmil-published on test, 200 samples\\nof stage whole, epoch \\d+ of 40.*, unfinished\\naccuracy `,
    ),
  );
  const resumed = await dmil(["resume", run], { cwd });
  expect(resumed.code).toBe(0);
  expect(resumed.stderr).toMatch(/, resumed\n/);
  expect(await record(run)).toMatchObject({ status: "finished" });
  await expectSameRun(run);
});

test("as JSON an interrupt is one error document", async () => {
  const { code, stdout } = await dmil(["train", "clips", "--out", "json", ...FLAGS, "--json"], {
    cwd,
    signal: { name: "SIGINT", at: "whole 2/40" },
  });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: "RunError",
      message: expect.stringMatching(/^saved json at whole \d+; continue with: dmil resume json$/),
      interrupted: true,
      run: "json",
      stage: "whole",
      epoch: expect.any(Number),
    },
  });
});

test("kill -9 leaves a run that goes on, also where its data was moved and half a file lies about", async () => {
  const killed = await train("killed", { name: "SIGKILL", at: "whole 5/40" });
  expect(killed.code).toBe(null);
  expect(await record("killed")).toMatchObject({ status: "running" });
  await fs.writeFile(path.join(cwd, "killed/checkpoints/.last.safetensors.0123456789ab.aside"), "half");
  await fs.rename(path.join(cwd, "clips"), path.join(cwd, "moved"));
  const lost = await dmil(["resume", "killed"], { cwd });
  expect(lost).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^note: killed: taken over from process \d+ .*\nDataError: there is no folder .*clips/,
    ),
  });
  expect((await dmil(["resume", "killed", "--data", "moved"], { cwd })).code).toBe(0);
  expect(await fs.readdir(path.join(cwd, "killed/checkpoints"))).toEqual(["best.safetensors", "last.safetensors"]);
  await expectSameRun("killed");
  expect((await record("killed")).data.path).toBe(path.join(cwd, "moved"));
  await fs.rename(path.join(cwd, "moved"), path.join(cwd, "clips"));
});

test("a run cannot be resumed or begun anew under the process that is training it", async () => {
  const flags = [
    "train",
    "clips",
    "--out",
    "busy",
    "--method",
    "dmil-published",
    "--set",
    "epochs={intra: 1, components: 1, whole: 100000}",
  ];
  const child = spawn(process.execPath, [MAIN, ...flags], { cwd, stdio: ["ignore", "ignore", "pipe"] });
  await new Promise<void>((resolve) => {
    child.stderr.on("data", (chunk) => String(chunk).includes("whole") && resolve());
  });
  for (const args of [["resume", "busy"], flags]) {
    const { code, stderr } = await dmil(args, { cwd });
    expect(stderr).toMatch(
      /^RunError: busy: process \d+ \(`dmil train clips .*`, since .* UTC\) is at work here\. Wait for it, or stop it \(Ctrl-C there, or: kill \d+\)/,
    );
    expect(code).toBe(1);
  }
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGINT");
  expect(await ended).toBe(1);
});

test("a run whose folder is removed ends with an error, and leaves none behind", async () => {
  const flags = [
    "train",
    "clips",
    "--out",
    "removed",
    "--method",
    "dmil-published",
    "--set",
    "epochs={intra: 1, components: 1, whole: 100000}",
  ];
  const child = spawn(process.execPath, [MAIN, ...flags], { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  const begun = new Promise<void>((resolve) => {
    child.stderr.on("data", (chunk) => {
      told += String(chunk);
      if (told.includes("whole 2/")) resolve();
    });
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  await begun;
  await fs.rm(path.join(cwd, "removed"), { recursive: true, maxRetries: 5 });
  expect(await ended).toBe(1);
  expect(told).toMatch(/RunError: removed: run\.json is missing: the folder was removed or moved during training\./);
  await expect(fs.stat(path.join(cwd, "removed"))).rejects.toThrow(/ENOENT/);
});

test("resume refuses data that was changed meanwhile", async () => {
  await train("changed", { name: "SIGKILL", at: "whole 2/40" });
  await dmil(["data", "generate", "--out", "other", "--samples", "1000", "--features", "8", "--seed", "1"], { cwd });
  expect(await dmil(["resume", "changed", "--data", "other"], { cwd })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /RunError: changed: the data has changed since the run was started: train\/a, train\/b, train\/labels, validation\/a/,
    ),
  });
});

const hasScript = spawnSync("script", ["--version"]).status === 0;
test.skipIf(!hasScript)("on a terminal bars are drawn, with colours unless NO_COLOR is set", async () => {
  const onTerminal = (out: string, env: NodeJS.ProcessEnv): string => {
    const command = `"${process.execPath}" "${MAIN}" train clips --method joint --set epochs.whole=3 --out ${out}`;
    const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
    return spawnSync("script", ["-qec", command, "/dev/null"], {
      cwd,
      encoding: "utf8",
      env: { ...rest, TERM: "xterm", LANG: "C.UTF-8", ...env },
    }).stdout;
  };
  const colourful = onTerminal("tty", {});
  expect(colourful).toContain("\u001b[2F\u001b[J");
  expect(colourful).toContain("\u001b[32m████████████████████\u001b[39m  3/3  train");
  expect(onTerminal("plain", { NO_COLOR: "1" })).toContain("  ████████████████████  3/3  train");
  expect(onTerminal("ascii", { LANG: "C", LC_ALL: "C", NO_COLOR: "1" })).toContain(
    "  ####################  3/3  train",
  );
});
