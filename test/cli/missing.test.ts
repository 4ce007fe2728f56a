/** @file Missing modalities as a user meets them: check, train, evaluate, explain, export; text, JSON, wrong use. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tensor } from "../../src/core/tensor.ts";
import { writeNpy } from "../../src/data/formats/npy.ts";
import { dmil, type Outcome, workplace } from "./support.ts";

let cwd = "";
const call = (...args: string[]): Promise<Outcome> => dmil(args, { cwd });
const json = async (...args: string[]) => JSON.parse((await call(...args, "--json")).stdout);
const mask = (rows: number, every: number): Uint8Array =>
  writeNpy(
    tensor(
      "uint8",
      [rows],
      Uint8Array.from({ length: rows }, (_, i) => (i % every === 0 ? 0 : 1)),
    ),
  );

beforeAll(async () => {
  cwd = await workplace();
  await call("data", "generate", "--out", "clips", "--samples", "400", "--features", "8", "--seed", "1");
  await fs.cp(path.join(cwd, "clips"), path.join(cwd, "gaps"), { recursive: true });
  await fs.writeFile(path.join(cwd, "gaps/train/a_present.npy"), mask(240, 4));
  await fs.writeFile(path.join(cwd, "gaps/test/b_present.npy"), mask(80, 5));
  const epochs = ["--set", "epochs={evidence: 2, synergy: 2}"];
  await call("train", "clips", "--modality-dropout", "0.3", "-q", ...epochs);
  await call("train", "gaps", "-q", ...epochs);
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

test("data check counts samples by what they have", async () => {
  const { stdout } = await call("data", "check", "gaps");
  expect(stdout.slice(stdout.indexOf("  modalities"))).toMatchInlineSnapshot(`
    "  modalities present  train  validation  test
      a+b                   180          80    64
      b                      60           0     0
      a                       0           0    16
    "
  `);
  expect((await json("data", "check", "gaps")).splits.test.patterns).toEqual({ "a+b": 64, a: 16 });
  expect((await call("data", "check", "clips")).stdout).not.toMatch(/present/);
});

test("the run remembers modality dropout and the hashes of masks", async () => {
  const record = async (name: string) => JSON.parse(await fs.readFile(path.join(cwd, `runs/${name}/run.json`), "utf8"));
  expect((await record("clips-dmil-0")).config.modalityDropout).toBe(0.3);
  const { config, data } = await record("gaps-dmil-0");
  expect(config).not.toHaveProperty("modalityDropout");
  expect(Object.keys(data.hashes)).toContain("train/a_present");
});

test("evaluate --missing tells every pattern, and the data's own where it has gaps", async () => {
  const { stdout } = await call("evaluate", "runs/gaps-dmil-0", "--missing");
  expect(stdout).toMatch(
    /^modalities present {2}samples {2}accuracy {2}macro F1 {2}log loss {2}calibration error\na\+b +64 .*\na +16 /m,
  );
  expect(stdout).toMatch(/^simulated: other modalities hidden .*\na\+b +64 .*\na +64 .*\nb +64 /m);
  const { patterns } = await json("evaluate", "runs/clips-dmil-0", "--missing");
  expect(patterns).toMatchObject([
    { present: ["a", "b"], simulated: true, samples: 80 },
    { present: ["a"], simulated: true, samples: 80 },
    { present: ["b"], simulated: true, samples: 80 },
  ]);
  expect(await json("evaluate", "runs/clips-dmil-0")).not.toHaveProperty("patterns");
  expect((await json("evaluate", "runs/gaps-dmil-0")).patterns).toMatchObject([
    { present: ["a", "b"], simulated: false, samples: 64 },
    { present: ["a"], simulated: false, samples: 16 },
  ]);
});

test("explain says what was there, as text and as a column", async () => {
  const { stdout } = await call("explain", "runs/gaps-dmil-0");
  expect(stdout).toMatch(/^modalities present {2}samples {2}accuracy\na\+b +64 /m);
  await call("explain", "runs/gaps-dmil-0", "--out", "gaps.csv");
  const rows = parse(await fs.readFile(path.join(cwd, "gaps.csv"), "utf8"), { columns: true }) as Record<
    string,
    string
  >[];
  expect(rows.filter((row) => row.present === "a")).toHaveLength(16);
  expect(rows.filter((row) => row.present === "a").every((row) => Number(row.gate_unique_b) === 0)).toBe(true);
  await call("explain", "runs/clips-dmil-0", "--out", "clips.csv");
  expect(await fs.readFile(path.join(cwd, "clips.csv"), "utf8")).not.toMatch(/present/);
});

test("export --missing gives the file an input more; only to .onnx", async () => {
  const ort = await import("onnxruntime-node");
  await call("export", "runs/clips-dmil-0", "--out", "m.onnx", "--missing");
  expect((await ort.InferenceSession.create(path.join(cwd, "m.onnx"))).inputNames).toEqual(["a", "b", "present"]);
  expect(await call("export", "runs/clips-dmil-0", "--out", "m.safetensors", "--missing")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^ConfigError: --missing applies to \.onnx files/),
  });
});

test("wrong use", async () => {
  expect((await call("train", "clips", "--modality-dropout", "1")).stderr).toBe(
    "ConfigError: --modality-dropout: 1 given; allowed is a number from 0 to below 1, for example 0.2\n",
  );
  await fs.writeFile(path.join(cwd, "gaps/valid/a_present.npy"), mask(3, 2));
  expect((await call("data", "check", "gaps")).stderr).toMatch(/a_present\.npy holds 3 rows, .*labels\.npy 80/);
});
