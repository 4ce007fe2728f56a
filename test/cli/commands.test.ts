/** @file The way of a new user: generate, check, train, evaluate, explain, export; as text, as JSON, as files. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { parse } from "csv-parse/sync";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { version } from "../../src/cli/version.ts";
import { methodNames } from "../../src/methods/index.ts";
import { dmil, MAIN, type Outcome, workplace } from "./support.ts";

let cwd = "";
const call = (...args: string[]): Promise<Outcome> => dmil(args, { cwd });
const json = async (...args: string[]) => {
  const { stdout, code } = await call(...args, "--json");
  return { code, document: JSON.parse(stdout) }; // fails unless it is one document and nothing else
};

beforeAll(async () => {
  cwd = await workplace();
  await call("data", "generate", "--out", "clips", "--samples", "400", "--features", "8", "--seed", "1");
  await call("train", "clips", "--seed", "4", "-q", "--set", "epochs={evidence: 2, synergy: 2}");
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

test("help of every command comes without work, and lists the methods", async () => {
  const { stdout, code } = await call("--help");
  expect(code).toBe(0);
  for (const name of ["demo", "data", "train", "resume", "evaluate", "explain", "export", "doctor"]) {
    expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    expect((await call(name, "--help")).code).toBe(0);
  }
  const train = (await call("train", "--help")).stdout.replace(/\s+/g, " ");
  expect(train).toContain("`dmil methods` lists all (default: dmil)");
  const listed = (await call("methods")).stdout;
  for (const name of methodNames) expect(listed).toMatch(new RegExp(`^ *${name} `, "m"));
  expect(await call()).toMatchObject({ code: 0, stdout });
  expect((await call("--version")).stdout).toBe(`${version()}\n`);
});

describe("data", () => {
  test("check shows what a folder holds", async () => {
    const { stdout, stderr, code } = await call("data", "check", "clips");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatchInlineSnapshot(`
      "clips  400 samples, 2 classes
        a  float32 [400, 8]  finite  from a.npy
        b  float32 [400, 8]  finite  from b.npy
        target    2 classes, labels.npy
        ids       ids.json
        truth     truth.json
        split     the folders train/, valid/, test/
        left out  nothing
        class  train  validation  test
        0        114          38    45
        1        126          42    35
        all      240          80    80
      "
    `);
    const { document } = await json("data", "check", "clips");
    expect(document).toMatchObject({
      data: "clips",
      samples: 400,
      target: { kind: "multiclass", names: ["0", "1"] },
      warnings: [],
    });
    expect(document.modalities).toMatchObject({ a: { dtype: "float32", shape: [8] }, b: { constantColumns: [] } });
    expect((await json("data", "check", "clips", "--modalities", "b")).document.modalities).not.toHaveProperty("a");
  });

  test("generate takes shares, sizes and modalities, and refuses a folder that is not empty", async () => {
    const { document } = await json(
      "data",
      "generate",
      "--out",
      "three",
      "--modalities",
      "x,y,z",
      "--samples",
      "train=60,validation=30,test=30",
      "--shares",
      "redundant=0.2,unique_x=0.5,unique_y=0,unique_z=0,synergistic=0.3",
      "--stratified",
    );
    expect(document.samples).toEqual({ train: 60, validation: 30, test: 30 });
    const truth = JSON.parse(await fs.readFile(path.join(cwd, "three/train/truth.json"), "utf8")) as string[];
    expect(truth.filter((component) => component === "unique_x")).toHaveLength(30);
    expect(await call("data", "generate", "--out", "three")).toMatchObject({
      code: 1,
      stderr:
        "RunError: three: this folder is not empty; give another --out, or --force to replace the data set in it.\n",
    });
  });

  test("generate gives the same files for the same seed", async () => {
    await call("data", "generate", "--out", "again", "--samples", "400", "--features", "8", "--seed", "1");
    for (const file of ["train/a.npy", "test/b.npy", "dataset.json"]) {
      expect(
        Buffer.compare(
          await fs.readFile(path.join(cwd, "again", file)),
          await fs.readFile(path.join(cwd, "clips", file)),
        ),
      ).toBe(0);
    }
  });
});

describe("train", () => {
  test("tells every epoch on stderr in plain lines, and the result on stdout", async () => {
    const { stdout, stderr, code } = await call(
      "train",
      "clips",
      "--method",
      "joint",
      "--set",
      "epochs.whole=3",
      "--out",
      "out/j",
    );
    expect(code).toBe(0);
    expect(stderr).not.toContain("\u001b");
    const lines = stderr.trimEnd().split("\n");
    expect(lines.splice(0, 7)).toEqual([
      "modalities: a [8], b [8]",
      "target: 2 classes, labels.npy",
      "ids: ids.json",
      "truth: truth.json",
      "split: the folders train/, valid/, test/",
      "left out: nothing",
      "samples: train 240, validation 80, test 80",
    ]);
    expect(lines[0]).toMatch(/^j {2}joint, \d+ parameters, (native|wasm) [\d.]+, 1 thread$/);
    // After three epochs predictions are faint, and it may be said that their scale was found at its end.
    expect(lines.slice(4).every((line) => /: calibration hit its upper limit /.test(line))).toBe(true);
    for (const [i, line] of lines.slice(1, 4).entries()) {
      expect(line).toMatch(
        new RegExp(
          `^j  whole ${i + 1}/3  loss [\\d.]+  train [01]\\.\\d{3}  validation [01]\\.\\d{3} \\(best [01]\\.\\d{3} at \\d\\)  [\\d.]+ s/epoch  [\\d.]+ s left$`,
        ),
      );
    }
    expect(stdout).toMatch(
      /^out\/j {2}validation accuracy [01]\.\d{3} \(stage whole, best epoch \d of 3\)\nnext: dmil evaluate out\/j\n/,
    );
  });

  test("--quiet says nothing on stderr; --json is the result", async () => {
    const { stdout, stderr } = await call(
      "train",
      "clips",
      "--method",
      "joint",
      "--set",
      "epochs.whole=1",
      "--out",
      "out/q",
      "-q",
      "--json",
    );
    expect(stderr).toBe("");
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      run: "out/q",
      status: "finished",
      method: "joint",
      seed: 0,
      stages: [{ stage: "whole", epochs: 1 }],
    });
    expect(document.validation.values.accuracy).toBe(
      JSON.parse(await fs.readFile(path.join(cwd, "out/q/result.json"), "utf8")).validation.values.accuracy,
    );
  });

  test("--encoder and --normalize set all modalities or one", async () => {
    const { document } = await json(
      "train",
      "clips",
      "--encoder",
      "mlp",
      "--encoder",
      "b=mlp",
      "--normalize",
      "a=none",
      "--set",
      "encoders.b.hidden=[4]",
      "--dry-run",
    );
    expect(document.config).toMatchObject({
      encoder: { kind: "mlp", hidden: [64] },
      encoders: { b: { kind: "mlp", hidden: [4] } },
      normalize: { a: "none" },
    });
    const { document: none } = await json("train", "clips", "--normalize", "none", "--dry-run");
    expect(none.config).toMatchObject({ normalize: "none" });
  });

  test("takes file, flags and --set in that order; --dry-run prints settings that are a file again", async () => {
    await fs.writeFile(
      path.join(cwd, "run.yaml"),
      "data: clips\nmethod: joint\nseed: 1\nbatchSize: 16\nepochs: {whole: 9}\nencoder:\n  hidden: [8]\n",
    );
    const flags = [
      "train",
      "--config",
      "run.yaml",
      "--seed",
      "2",
      "--batch-size",
      "32",
      "--epochs",
      "7",
      "--set",
      "batchSize=48",
      "--set",
      "encoder.dropout=0.5",
      "--dry-run",
    ];
    const { stdout } = await call(...flags);
    expect(parseYaml(stdout)).toMatchObject({
      data: "clips",
      method: "joint",
      seed: 2,
      batchSize: 48,
      epochs: { whole: 7 },
      encoder: { hidden: [8], dropout: 0.5 },
      modalities: ["a", "b"],
    });
    const { document } = await json(...flags);
    expect(document).toEqual({ out: "runs/clips-joint-2", config: parseYaml(stdout) });
    await fs.writeFile(path.join(cwd, "resolved.yaml"), stdout);
    expect((await json("train", "--config", "resolved.yaml", "--dry-run")).document).toEqual(document);
    await expect(fs.stat(path.join(cwd, "runs/clips-joint-2"))).rejects.toThrow();
  });

  test("the same seed gives the same files; --force replaces a run and leaves it whole", async () => {
    const flags = ["train", "clips", "--seed", "4", "-q", "--set", "epochs={evidence: 2, synergy: 2}"];
    expect((await call(...flags, "--out", "out/same")).code).toBe(0);
    const model = (run: string): Promise<Buffer> => fs.readFile(path.join(cwd, run, "model.safetensors"));
    expect(Buffer.compare(await model("out/same"), await model("runs/clips-dmil-4"))).toBe(0);
    expect((await call(...flags, "--out", "out/same", "--seed", "5", "--force")).code).toBe(0);
    expect(Buffer.compare(await model("out/same"), await model("runs/clips-dmil-4"))).not.toBe(0);
  });

  test("runs on WebAssembly with two threads, and ends", async () => {
    const { document } = await json(
      "train",
      "clips",
      "--method",
      "joint",
      "--set",
      "epochs.whole=1",
      "--backend",
      "wasm",
      "--threads",
      "2",
      "--out",
      "out/w",
    );
    expect(document.status).toBe("finished");
    const record = JSON.parse(await fs.readFile(path.join(cwd, "out/w/run.json"), "utf8"));
    expect(record.engine).toMatchObject({ backend: "wasm", threads: 2 });
    expect(record).toMatchObject({
      environment: { dmil: version(), node: process.versions.node },
      data: { path: path.join(cwd, "clips") },
    });
  });
});

describe("questions to a finished run", () => {
  const run = "runs/clips-dmil-4";

  test("evaluate: test split by default, others by name, other data by folder", async () => {
    const { stdout } = await call("evaluate", run);
    expect(stdout).toMatch(/^runs\/clips-dmil-4 {2}dmil on test, 80 samples\naccuracy +[01]\.\d{3}\n/);
    const { document } = await json("evaluate", run, "--split", "train");
    expect(document).toMatchObject({
      run,
      method: "dmil",
      split: "train",
      samples: 240,
      unimodal: { a: expect.any(Number), b: expect.any(Number) },
    });
    expect((await json("evaluate", run, "--split", "validation")).document.accuracy).toBe(
      JSON.parse(await fs.readFile(path.join(cwd, run, "result.json"), "utf8")).validation.values.accuracy,
    );
    await call("data", "generate", "--out", "other", "--samples", "100", "--features", "8", "--seed", "9");
    expect((await json("evaluate", run, "--data", "other")).document).toMatchObject({ samples: 20, data: "other" });
  });

  test("evaluate and explain warn when data changed since training, and not when other data is asked for", async () => {
    await fs.cp(path.join(cwd, run), path.join(cwd, "out/warned"), { recursive: true });
    expect((await json("evaluate", "out/warned")).document.warnings).toEqual([]);
    const file = path.join(cwd, "clips/test/labels.npy");
    const bytes = await fs.readFile(file);
    await fs.writeFile(
      file,
      bytes.map((byte, i) => (i === bytes.length - 4 ? 1 - byte : byte)),
    );
    const text = `${path.join(cwd, "clips")} has changed since out/warned was trained (test/labels). The results describe the data as it is now.`;
    for (const command of ["evaluate", "explain"]) {
      const { stderr, stdout } = await call(command, "out/warned", "--json");
      expect(stderr).toBe(`warning: ${text}\n`);
      expect(JSON.parse(stdout).warnings).toEqual([text]);
    }
    await fs.writeFile(file, bytes);
    expect((await call("evaluate", "out/warned", "--data", "clips")).stderr).toBe("");
  });

  test("resume makes a damaged model again from the checkpoint", async () => {
    await fs.cp(path.join(cwd, run), path.join(cwd, "out/mended"), { recursive: true });
    const file = path.join(cwd, "out/mended/model.safetensors");
    const bytes = await fs.readFile(file);
    await fs.writeFile(
      file,
      bytes.map((byte, i) => (i === 5000 ? byte ^ 1 : byte)),
    );
    expect((await call("evaluate", "out/mended")).stderr).toMatch(
      /^DataError: out\/mended\/model.safetensors: the checksum does not match/,
    );
    const mended = await call("resume", "out/mended");
    expect(mended.stderr).toMatch(
      /^note: model\.safetensors: missing or damaged; restored from the last checkpoint\.\n/m,
    );
    expect(mended.code).toBe(0);
    expect(Buffer.compare(await fs.readFile(file), bytes)).toBe(0);
  });

  test("explain: a row a sample in the split's order, the same columns in every format", async () => {
    for (const file of ["s.csv", "deep/er/s.jsonl", "s.parquet"])
      expect((await call("explain", run, "--out", file)).code).toBe(0);
    const csv = parse(await fs.readFile(path.join(cwd, "s.csv")), { columns: true }) as Record<string, string>[];
    const jsonl = (await fs.readFile(path.join(cwd, "deep/er/s.jsonl"), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const parquet = await parquetReadObjects({ file: await asyncBufferFromFile(path.join(cwd, "s.parquet")) });
    expect(parquet).toEqual(jsonl);
    expect(csv.map((row) => Object.values(row))).toEqual(
      jsonl.map((row) => Object.values(row).map((cell) => String(cell ?? ""))),
    );
    const ids = JSON.parse(await fs.readFile(path.join(cwd, "clips/test/ids.json"), "utf8"));
    expect(jsonl.map((row) => row.id)).toEqual(ids);
    const components = ["redundant", "unique_a", "unique_b", "synergistic"];
    const columns = [
      "id",
      "label",
      "prediction",
      "p_0",
      "p_1",
      ...components.flatMap((name) => [`gate_${name}`, `pred_${name}`]),
      "pred_only_a",
      "pred_only_b",
    ];
    expect(Object.keys(jsonl[0])).toEqual(expect.arrayContaining(columns));
    for (const row of jsonl) {
      expect(Object.keys(row)).toEqual(Object.keys(jsonl[0]));
      expect(components.reduce((sum, name) => sum + row[`gate_${name}`], 0)).toBeCloseTo(1, 5);
    }
  });

  test("explain without a file: a summary and three samples; the summary as JSON", async () => {
    const { stdout } = await call("explain", run, "--split", "validation");
    expect(
      stdout.match(/^sample .*: [01] with probability [01]\.\d{3} \(label [01], (correct|wrong)\)$/gm),
    ).toHaveLength(3);
    const { document } = await json("explain", run);
    expect(document.summary).toMatchObject({ samples: 80, accuracy: expect.any(Number), classes: { 0: {}, 1: {} } });
    expect((await json("evaluate", run)).document.accuracy).toBe(document.summary.accuracy);
  });

  test("explain on samples without labels", async () => {
    await fs.cp(path.join(cwd, "clips"), path.join(cwd, "unknown"), { recursive: true });
    const file = path.join(cwd, "unknown/test/labels.npy");
    const bytes = await fs.readFile(file);
    bytes.fill(0xff, bytes.length - 4 * 80); // -1 throughout
    await fs.writeFile(file, bytes);
    expect((await call("explain", run, "--data", "unknown")).stdout).toContain("(no label)");
    await call("explain", run, "--data", "unknown", "--out", "u.parquet");
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path.join(cwd, "u.parquet")) });
    expect(rows[0]).toMatchObject({ id: "0", label: null, prediction: expect.stringMatching(/^[01]$/) });
    expect(await call("evaluate", run, "--data", "unknown")).toMatchObject({
      code: 1,
      stderr:
        "DataError: the test data has no known classes, so predictions cannot be scored. Use data with known classes.\n",
    });
  });

  test("export: ONNX and safetensors, by the name's ending", async () => {
    expect((await json("export", run, "--out", "m.onnx")).document).toMatchObject({
      format: "onnx",
      bytes: (await fs.stat(path.join(cwd, "m.onnx"))).size,
    });
    await call("export", run, "--out", "m.safetensors");
    expect(
      Buffer.compare(
        await fs.readFile(path.join(cwd, "m.safetensors")),
        await fs.readFile(path.join(cwd, run, "model.safetensors")),
      ),
    ).toBe(0);
  });

  test("resume of a finished run says so and is no failure", async () => {
    expect(await call("resume", run)).toMatchObject({
      code: 0,
      stdout: `${run}: this run is already finished.\n`,
    });
  });

  test("a reader that has gone is no error", () => {
    const shell = `"${process.execPath}" "${MAIN}" explain ${run} 2>&1 | true; echo "codes \${PIPESTATUS[0]} \${PIPESTATUS[1]}"`;
    expect(execFileSync("bash", ["-c", shell], { cwd, encoding: "utf8" })).toBe("codes 0 0\n");
  });
});

test("doctor trains a toy on both backends", async () => {
  const { code, document } = await json("doctor");
  expect(code).toBe(0);
  expect(document).toMatchObject({
    dmil: version(),
    nodeFits: true,
    backends: [{ backend: "native" }, { backend: "wasm", works: true }],
    rawData: [{ name: "ffmpeg" }, { name: "sharp" }, { name: "h5wasm" }],
  });
  expect((await call("doctor")).stdout).toMatch(/^training works on (native|wasm)$/m);
});

test("demo ends with a table, the truth beside the gate, and three samples, and says where everything lies", async () => {
  // One that was stopped does not stand in its way.
  await dmil(["demo", "--out", "demo"], { cwd, signal: { name: "SIGKILL", at: "joint" } });
  expect(await fs.readdir(path.join(cwd, "demo"))).toEqual(expect.arrayContaining(["data", "unfinished-demo.txt"]));
  const { stdout, code } = await call("demo", "--out", "demo", "-q");
  expect(code).toBe(0);
  expect((await fs.readdir(path.join(cwd, "demo"))).sort()).toEqual(["data", "runs"]);
  for (const method of ["joint", "ensemble", "dmil"])
    expect(stdout).toMatch(new RegExp(`^${method} +[01]\\.\\d{3} +[01]\\.\\d{3}`, "m"));
  expect(stdout.match(/^sample /gm)).toHaveLength(3);
  const next = /^ {2}dmil (evaluate \S+)$/m.exec(stdout)![1]!;
  expect((await call(...next.split(" "))).code).toBe(0);
  expect((await call("demo", "--out", "demo")).stderr).toBe(
    "RunError: demo: this folder is not empty; give another --out.\n",
  );
}, 180_000);
