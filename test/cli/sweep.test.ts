/** @file `dmil sweep` from start to end: what is kept, what is done again, and what a kill, an interrupt or a failure harms. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SweepEntry } from "../../src/experiments/entry.ts";
import { LOCK } from "../../src/node/disk.ts";
import { dmil, workplace } from "./support.ts";

let cwd = "";
beforeAll(async () => {
  cwd = await workplace();
  await dmil(["data", "generate", "--out", "clips", "--samples", "200", "--features", "4"], { cwd });
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

const sweep = (words: string, options = {}) => dmil(["sweep", ...words.split(" ")], { cwd, ...options });

async function linesOf(out: string): Promise<SweepEntry[]> {
  const text = await fs.readFile(path.join(cwd, out, "manifest.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
/** The process that owns a folder, as soon as there is one. */
async function ownerOf(folder: string): Promise<number> {
  for (;;) {
    const text = await fs.readFile(path.join(cwd, folder, LOCK), "utf8").catch(() => "");
    if (text.endsWith("\n")) return JSON.parse(text).pid;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** What a line says of the result, by run. */
const results = (lines: readonly SweepEntry[]) =>
  Object.fromEntries(lines.map(({ run, id, scores, config }) => [run, { id, scores, config }]));

test("runs are kept with their scores, are ordinary runs, and are done once", async () => {
  const words = "clips --methods joint,unimodal --seeds 0-1 --set epochs=1 --out first";
  const { code, stdout } = await sweep(words);
  expect(code).toBe(0);
  expect(stdout).toMatch(/method +clips\njoint +0\.\d+\nunimodal-a +0\.\d+\nunimodal-b +0\.\d+\n/);
  expect(stdout).toContain("next: dmil compare first");
  const lines = await linesOf("first");
  expect(lines.map(({ run }) => run).sort()).toEqual(
    ["joint", "unimodal-a", "unimodal-b"].flatMap((name) => [0, 1].map((seed) => `runs/clips-${name}-${seed}`)),
  );
  for (const { status, scores, peakMemory, config } of lines) {
    expect(status).toBe("finished");
    expect(scores!.correct).toHaveLength(scores!.samples.test);
    expect(peakMemory).toBeGreaterThan(50e6);
    expect(config!.batchSize).toBe(8);
  }
  const head = JSON.parse(await fs.readFile(path.join(cwd, "first/sweep.json"), "utf8"));
  expect(head.command).toBe("dmil sweep clips --methods joint,unimodal --seeds 0-1 --set epochs=1");
  expect((await dmil(["explain", "first/runs/clips-joint-0"], { cwd })).code).toBe(0);

  const refused = await sweep(words);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("already holds a sweep") });
  const other = await sweep(`${words} --resume --set epochs=2`);
  expect(other).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("6 runs that this experiment does not include"),
  });
  const again = await sweep(`${words.replace("joint", "ensemble,joint")} --resume --json`);
  expect(again.stderr).toContain("8 runs: 6 already done, 2 to do");
  expect(JSON.parse(again.stdout)).toMatchObject({ finished: 8, failed: [] });
  expect((await linesOf("first")).slice(0, 6)).toEqual(lines);
});

test("a killed process costs its own run alone, which --resume does again", async () => {
  const words = "clips --methods joint,ensemble --seeds 0 --out killed --config killed.yaml";
  // Long enough to be met by the kill, whatever the machine does.
  await fs.writeFile(path.join(cwd, "killed.yaml"), "data: []\nset: {epochs: {whole: 3000, a: 1, b: 1}}\n");
  const pending = sweep(words);
  const pid = await ownerOf("killed/runs/clips-joint-0");
  const second = await sweep(`${words} --resume`);
  expect(second).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^RunError: killed: process \d+ .* is at work/),
  });
  const resumed = await dmil(["resume", "killed/runs/clips-joint-0"], { cwd });
  expect(resumed).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`killed/runs/clips-joint-0: process ${pid} (\`dmil sweep, this run of it\``),
  });
  process.kill(pid, "SIGKILL");
  const { code, stdout } = await pending;
  expect(code).toBe(1);
  expect(stdout).toContain("failed: runs/clips-joint-0: ended by SIGKILL");
  const states = (await linesOf("killed")).map(({ method, status }) => `${method} ${status}`);
  expect(states.sort()).toEqual(["ensemble finished", "joint failed"]);
  const again = await sweep(`${words} --resume`);
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining("2 runs: 1 already done, 1 to do") });
  // The line of the failure has given way to that of the run.
  expect((await linesOf("killed")).map(({ method, status }) => `${method} ${status}`)).toEqual([
    "ensemble finished",
    "joint finished",
  ]);
});

test("Ctrl-C keeps what is done and says how to go on; what comes then is what would have come", async () => {
  const words = "clips --methods joint,ensemble --seeds 0-1 --set epochs=3 --split-by share --tune 2";
  const whole = await sweep(`${words} --out whole`);
  expect(whole.code).toBe(0);
  const stopped = await sweep(`${words} --out stopped --workers 1`, {
    signal: { name: "SIGINT", at: "1/4  clips joint" },
  });
  expect(stopped.code).toBe(1);
  expect(stopped.stderr).toContain(`continue with: dmil sweep ${words} --out stopped --workers 1 --resume`);
  expect((await linesOf("stopped")).every(({ status }) => status === "finished")).toBe(true);
  const rest = await sweep(`${words} --out stopped --workers 1 --resume`);
  expect(rest.code).toBe(0);
  const [first, second] = [await linesOf("whole"), await linesOf("stopped")];
  expect(second).toHaveLength(4);
  expect(results(second)).toEqual(results(first));
  for (const { tuning, split } of first) {
    expect(tuning!.trials).toBe(2);
    expect(split).toMatch(/^share [01]$/);
  }
});

test("a sweep that is killed takes its processes with it, and is gone on with at once", async () => {
  const words = "clips --methods joint --seeds 0-1 --out orphans --config orphans.yaml";
  await fs.writeFile(path.join(cwd, "orphans.yaml"), "data: []\nset: {epochs: {whole: 2000}}\n");
  const pending = sweep(words);
  const children = await Promise.all([0, 1].map((seed) => ownerOf(`orphans/runs/clips-joint-${seed}`)));
  process.kill(await ownerOf("orphans"), "SIGKILL");
  await pending;
  await expect.poll(() => children.filter(isThere), { timeout: 20_000 }).toEqual([]);
  const again = await sweep(`${words} --resume`);
  expect(again).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^note: orphans: taken over from process \d+ .*`dmil sweep clips/),
  });
  expect((await linesOf("orphans")).map(({ status }) => status)).toEqual(["finished", "finished"]);
});

test("damaged files of a sweep are named by compare, and mended by --resume, to the same results", async () => {
  const words = "clips --methods joint --seeds 0-1 --set epochs=1 --tune 2 --split-by share --out harmed";
  expect((await sweep(words)).code).toBe(0);
  const lines = await linesOf("harmed");
  const change = async (file: string, how: (text: string) => string): Promise<void> => {
    const place = path.join(cwd, "harmed", file);
    await fs.writeFile(place, how(await fs.readFile(place, "utf8")));
  };
  await change("manifest.jsonl", (text) => text.replace('"seed":0', '"seed":2'));
  await change("sweep.json", (text) => text.replace("clips", "clops"));
  const compared = await dmil(["compare", "harmed"], { cwd });
  expect(compared).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^DataError: harmed\/manifest\.jsonl:[12]: the checksum does not match/),
  });
  for (const name of await fs.readdir(path.join(cwd, "harmed/tuning"))) {
    await change(`tuning/${name}`, (text) => text.slice(0, -9));
  }
  const again = await sweep(`${words} --resume`);
  expect(again.code).toBe(0);
  for (const told of ["manifest.jsonl:", "sweep.json: the checksum does not match", "tuning/"]) {
    expect(again.stderr).toContain(`note: harmed/${told}`);
  }
  expect(results(await linesOf("harmed"))).toEqual(results(lines));
  expect((await dmil(["compare", "harmed"], { cwd })).code).toBe(0);
});

test("a run that cannot be written fails with its reason and harms no other", async () => {
  const words = "clips --methods joint --seeds 0 --set epochs=1 --out failing";
  expect((await sweep(words)).code).toBe(0);
  await fs.writeFile(path.join(cwd, "failing/runs/clips-ensemble-0"), "in the way");
  const { code, stdout } = await sweep(`${words.replace("joint", "joint,ensemble,ogm")} --resume`);
  expect(code).toBe(1);
  expect(stdout).toContain("failed: runs/clips-ensemble-0: ");
  expect(stdout).toContain("2 runs finished, 1 failed");
});

test("--dry-run lists the runs and writes nothing", async () => {
  const { code, stdout } = await sweep("clips --methods joint --seeds 0-1 --split-by share --out dry --dry-run");
  expect(code).toBe(0);
  expect(stdout).toContain("2 runs, 0 of them done");
  await expect(fs.stat(path.join(cwd, "dry"))).rejects.toThrow();
});

test("the method that CONTRIBUTING shows is one file and one line: listed, tuned, trained, scored and explained", async () => {
  const root = path.resolve(import.meta.dirname, "../..");
  const copy = path.join(cwd, "program");
  await fs.cp(path.join(root, "src"), path.join(copy, "src"), { recursive: true });
  for (const file of ["package.json", "tsconfig.json"]) await fs.copyFile(path.join(root, file), path.join(copy, file));
  await fs.symlink(await fs.realpath(path.join(root, "node_modules")), path.join(copy, "node_modules"));
  const guide = await fs.readFile(path.join(root, "CONTRIBUTING.md"), "utf8");
  const [, method] = /```ts\n(.*?)```/s.exec(guide)!;
  // Inside the repository the same file imports the source that the package exports.
  const inside = { methods: "./kit.ts", graph: "../graph/ops/index.ts", nn: "../nn/index.ts" };
  const own = Object.entries(inside).reduce(
    (text, [name, file]) => text.replace(`"dmil/${name}"`, `"${file}"`),
    method!,
  );
  await fs.writeFile(path.join(copy, "src/methods/calm.ts"), own);
  const index = path.join(copy, "src/methods/index.ts");
  const text = await fs.readFile(index, "utf8");
  const line = 'import { unimodal } from "./unimodal.ts";';
  expect(text).toContain(line);
  await fs.writeFile(
    index,
    text.replace(line, `${line}\nimport { calm } from "./calm.ts";`).replace("  unimodal,\n", "  unimodal,\n  calm,\n"),
  );
  const call = (words: string) =>
    dmil(words.split(" "), {
      cwd: copy,
      program: ["--import", "tsx", path.join(copy, "src/cli/main.ts")],
    });
  expect((await call("methods")).stdout).toMatch(/^calm +joint learning on smoothed labels$/m);
  const swept = await call("sweep ../clips --methods calm,joint --seeds 0 --tune 2 --set epochs=2 --out calms");
  expect(swept).toMatchObject({ code: 0, stdout: expect.stringMatching(/^calm +0\.\d+$/m) });
  const lines = await linesOf("program/calms");
  const { scores, tuning } = lines.find(({ method }) => method === "calm")!;
  expect(tuning!.trials).toBe(2);
  expect(scores).toMatchObject({
    unimodal: { a: expect.any(Number) },
    synergy: { probes: { rate: expect.any(Number) } },
  });
  expect((await call("explain calms/runs/clips-calm-0")).code).toBe(0);
});
