/** @file Frozen encoders on the command line: train, predict, export, encode, sweep, the cache, and a kill while features are computed. */
import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { slowNet, vectorNet } from "../support/nets.ts";
import { dmil, MAIN, type Outcome, workplace } from "./support.ts";

let cwd = "";
const call = (...args: string[]): Promise<Outcome> =>
  dmil(args, { cwd, env: { XDG_CACHE_HOME: path.join(cwd, "user") } });
const json = async (...args: string[]) => {
  const { stdout, stderr, code } = await call(...args, "--json");
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
};
const FIXTURES = path.resolve(import.meta.dirname, "../features/fixtures");

beforeAll(async () => {
  cwd = await workplace();
  await call("data", "generate", "--out", "clips", "--samples", "400", "--features", "8", "--seed", "1");
  await fs.writeFile(path.join(cwd, "net.onnx"), vectorNet(8));
  await fs.writeFile(path.join(cwd, "slow.onnx"), slowNet(8, 160));
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

test("train, predict, evaluate and export with the network inside; the user's file is not needed later", async () => {
  await fs.copyFile(path.join(cwd, "net.onnx"), path.join(cwd, "once.onnx"));
  const flags = [
    "--method",
    "joint",
    "--epochs",
    "2",
    "--encoder",
    "a=onnx:once.onnx,hidden=[16]",
    "--out",
    "runs/first",
  ];
  const trained = await call("train", "clips", ...flags);
  expect(trained.code).toBe(0);
  expect(trained.stderr).toMatch(/features of a, train: 240 of 240/);
  expect(trained.stderr).toMatch(/onnx, mlp: [\d.]+ k parameters, [\d.]+ kFLOP a sample .* an epoch/);
  await fs.rm(path.join(cwd, "once.onnx"));
  const { predictions } = await json("predict", "runs/first", "clips");
  expect(predictions).toHaveLength(80);
  expect((await json("evaluate", "runs/first")).samples).toBe(80);
  expect((await json("explain", "runs/first", "--out", "explained.csv")).out).toBe("explained.csv");
  expect((await json("export", "runs/first", "--out", "model.onnx")).format).toBe("onnx");
  expect((await json("export", "runs/first", "--out", "model.safetensors")).format).toBe("safetensors");
  expect(await fs.readdir(path.join(cwd, "encoders"))).toHaveLength(1);
});

test("the cache lists what is kept in the folder of the user, and prunes it", async () => {
  const { cache, files } = await json("cache", "ls");
  expect(cache).toBe(path.join(cwd, "user", "dmil"));
  expect(files.map(({ about }: { about: string }) => about).sort()).toEqual([
    "test a: once.onnx, output y",
    "train a: once.onnx, output y",
    "validation a: once.onnx, output y",
  ]);
  expect((await call("cache", "ls")).stdout).toMatch(/240 x 6 +train a: once\.onnx, output y/);
  expect((await json("cache", "prune", "--older-than", "1d")).removed).toEqual([]);
  expect((await call("cache", "prune", "--older-than", "soon")).stderr).toMatch(
    /--older-than soon: a number of hours, days or weeks/,
  );
  expect((await json("cache", "prune")).removed).toHaveLength(3);
  expect((await call("cache", "ls")).stdout).toMatch(/nothing is kept/);
  expect((await call("cache")).stderr).toMatch(/dmil cache: a subcommand is needed: ls or prune/);
});

test("runs of a sweep share features, and a sweep with --no-cache keeps none", async () => {
  const set = ["--set", "epochs=1", "--set", "encoders.a={kind: onnx, file: net.onnx}", "--seeds", "0-1", "-q"];
  const swept = await json(
    "sweep",
    "clips",
    "--methods",
    "joint,ensemble",
    ...set,
    "--out",
    "sweep",
    "--cache",
    "kept",
  );
  expect(swept.finished).toBe(4);
  expect(await fs.readdir(path.join(cwd, "kept"))).toHaveLength(3);
  const without = await json("sweep", "clips", "--methods", "joint", ...set, "--out", "sweep2", "--no-cache");
  expect(without.finished).toBe(2);
  expect((await json("cache", "ls")).files).toEqual([]);
  const wrong = await call("sweep", "clips", "--set", "encoders.a={kind: onnx, file: none.onnx}", "--out", "sweep3");
  expect(wrong.stderr).toMatch(/encoders\.a.*: a: the ONNX file none\.onnx cannot be read/);
});

test("encode writes a data folder with the features, ids, labels and splits", async () => {
  const { encoders, samples } = await json("encode", "clips", "--encoder", "a=onnx:net.onnx", "--out", "encoded");
  expect(samples).toEqual({ train: 240, validation: 80, test: 80 });
  expect(encoders.a).toMatchObject({ file: "net.onnx", sample: [8], features: [6] });
  const check = (await call("data", "check", "encoded")).stdout;
  expect(check).toMatch(/a +float32 \[400, 6\]/);
  expect(check).toMatch(/b +float32 \[400, 8\]/);
  for (const file of ["train/ids.json", "valid/labels.npy", "train/truth.json"]) {
    expect(await fs.readFile(path.join(cwd, "encoded", file))).toEqual(
      await fs.readFile(path.join(cwd, "clips", file)),
    );
  }
  expect((await call("encode", "clips", "--encoder", "a=onnx:net.onnx", "--out", "encoded")).stderr).toMatch(
    /is not empty/,
  );
  const trained = await call("encode", "clips", "--encoder", "a=mlp", "--out", "other");
  expect(trained.stderr).toMatch(/--encoder a=mlp: the encoder mlp is trained with a method/);
});

test("a killed command goes on with the features that it had", async () => {
  const cache = path.join(cwd, "killed");
  const args = [
    "encode",
    "clips",
    "--encoder",
    "a=onnx:slow.onnx",
    "--threads",
    "1",
    "--out",
    "slow",
    "--cache",
    "killed",
  ];
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const parts = async () => (await fs.readdir(cache).catch(() => [])).filter((name) => name.endsWith(".part"));
  while ((await parts()).length === 0 && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill("SIGKILL");
  await ended;
  expect((await parts()).length).toBeGreaterThan(0);
  expect((await json("cache", "ls", "--cache", "killed")).files[0].about).toMatch(/slow\.onnx, output y, unfinished/);
  expect((await call(...args)).code).toBe(0);
  expect(await parts()).toEqual([]);
  const whole = await call(...args.with(-3, "whole").with(-1, "other"));
  expect(whole.code).toBe(0);
  for (const split of ["train", "valid", "test"]) {
    const file = path.join(split, "a.npy");
    expect(await fs.readFile(path.join(cwd, "slow", file))).toEqual(await fs.readFile(path.join(cwd, "whole", file)));
  }
});

test.each([
  [["--encoder", "a=onnx:none.onnx"], /--encoder a=onnx:none\.onnx: a: the ONNX file none\.onnx cannot be read/],
  [["--encoder", `a=onnx:${FIXTURES}/make.py`], /make\.py: this is not an ONNX model/],
  [["--encoder", `a=onnx:${FIXTURES}/one.onnx`], /the input is image \[1, 1, 6, 6\]; samples of \[8\] do not fit/],
  [["--encoder", `a=onnx:${FIXTURES}/pair.onnx`], /reads 2 arrays/],
  [["--encoder", "a=onnx:net.onnx,output=z"], /there is no output or inner value "z"/],
  [["--encoder", "a=onnx:net.onnx,pool=max"], /unknown word "max"/],
  [["--encoder", "a=onnx"], /encoders\.a\.file: nothing given; allowed is the path of an ONNX file/],
])("%j is refused", async (flags, message) => {
  const { code, stderr } = await call("train", "clips", ...flags, "--out", "runs/refused");
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n +at /);
});

test("--estimate measures and trains nothing", async () => {
  const cost = await json(
    "train",
    "clips",
    "--method",
    "joint",
    "--encoder",
    "a=onnx:net.onnx",
    "--estimate",
    "--out",
    "runs/none",
  );
  expect(cost.stages).toMatchObject([{ stage: "whole", steps: 4 }]);
  expect(cost.features).toMatchObject([{ modality: "a", samples: 240 }]);
  expect(cost.stages[0].flops.step).toBeGreaterThan(2 * cost.stages[0].flops.forward);
  await expect(fs.stat(path.join(cwd, "runs/none"))).rejects.toThrow();
});
