/** @file Two commands that write into one folder at the same moment: one works, the other says who does; and what a signal, a kill and --force leave. */
import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LOCK } from "../../src/node/disk.ts";
import { dmil, MAIN, type Outcome, workplace } from "./support.ts";

let cwd = "";
beforeAll(async () => {
  cwd = await workplace();
  await dmil(["data", "generate", "--out", "clips", "--samples", "200", "--features", "4"], { cwd });
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

const call = (words: string) => dmil(words.split(" "), { cwd });
const lock = (folder: string) => path.join(cwd, folder, LOCK);
const linesOf = async (file: string) => (await fs.readFile(path.join(cwd, file), "utf8")).trim().split("\n");

/** A training that would take minutes, once it is at work; the way to end it gives how it ended. */
async function longRun(out: string): Promise<{ pid: number; ended: Promise<string>; stderr: () => string }> {
  const words = ["train", "clips", "--method", "joint", "--set", "epochs.whole=100000", "--out", out, "--quiet"];
  const child = spawn(process.execPath, [MAIN, ...words], { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const ended = new Promise<string>((resolve) =>
    child.once("close", (code, signal) => resolve(String(signal ?? code))),
  );
  await expect
    .poll(
      () =>
        fs.stat(path.join(cwd, out, "metrics.jsonl")).then(
          () => true,
          () => false,
        ),
      { timeout: 60_000 },
    )
    .toBe(true);
  return { pid: child.pid!, ended, stderr: () => stderr };
}

test.each([
  ["data generate", "data generate --out made --samples 200000", "made"],
  ["train", "train clips --method joint --set epochs.whole=40 --out run --quiet", "run"],
  ["sweep", "sweep clips --methods joint --seeds 0 --set epochs=40 --out swept --quiet", "swept"],
  ["recover", "recover --quick --methods joint --cases mixture-k2-balanced-3 --out recovered --quiet", "recovered"],
])("two of %s into one folder: one works, the other says who does", async (_, words, folder) => {
  const outcomes = await Promise.all([call(words), call(words)]);
  const failed = outcomes.filter(({ code }) => code !== 0) as [Outcome];
  expect(failed).toHaveLength(1);
  expect(failed[0].stderr).toMatch(
    new RegExp(
      `^RunError: ${folder}: process \\d+ \\(\`dmil ${words}\`, since .*\\) is at work here\\. Wait for it, or stop it`,
    ),
  );
  await expect(fs.stat(lock(folder))).rejects.toThrow("ENOENT");
});

test("two resumes of a killed run: one goes on, and says that it took over; every epoch is there once", async () => {
  const whole = "--method dmil-published --set epochs.intra=3 --set epochs.components=2 --set epochs.whole=40";
  const killed = call(`train clips --method dmil ${whole} --out twice --quiet`);
  await expect
    .poll(
      () =>
        linesOf("twice/metrics.jsonl").then(
          (lines) => lines.length,
          () => 0,
        ),
      { timeout: 60_000 },
    )
    .toBeGreaterThan(2);
  process.kill(JSON.parse(await fs.readFile(lock("twice"), "utf8")).pid, "SIGKILL");
  await killed;
  const outcomes = await Promise.all([call("resume twice --quiet"), call("resume twice --quiet")]);
  expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 1]);
  const good = outcomes.find(({ code }) => code === 0)!;
  expect(good.stderr).toMatch(/^note: twice: taken over from process \d+ of the machine .* \(`dmil train clips/);
  expect(await linesOf("twice/metrics.jsonl")).toHaveLength(45);
});

test("Ctrl-C and termination give the folder back; --force takes it, and the one that had it stops with an error", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const run = await longRun(`stopped-${signal}`);
    process.kill(run.pid, signal);
    expect(await run.ended).toBe("1");
    expect(run.stderr()).toContain(`continue with: dmil resume stopped-${signal}`);
    await expect(fs.stat(lock(`stopped-${signal}`))).rejects.toThrow("ENOENT");
  }
  const run = await longRun("taken");
  const words = "train clips --method joint --set epochs.whole=2 --out taken --quiet";
  const refused = await call(words);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("or take over with --force, which stops that process."),
  });
  const taking = await call(`${words} --force`);
  expect(await run.ended).toBe("1");
  expect(run.stderr()).toMatch(/^RunError: taken: (process \d+ .* has taken this folder|the folder was removed)/);
  expect(taking.code).toBe(0);
  expect(await linesOf("taken/metrics.jsonl")).toHaveLength(2);
});
