/** @file `dmil prepare` as a user calls it: from raw files to a trained model, stopped and continued, with any number of workers. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sha256 } from "../../src/core/hash.ts";
import { recipeNames } from "../../src/prepare/index.ts";
import { dmil, workplace } from "./support.ts";

let cwd = "";
beforeAll(async () => {
  cwd = await workplace();
  await fs.mkdir(path.join(cwd, "raw/audio"), { recursive: true });
  const lines = ["\ufeffid,label,speaker"];
  for (let i = 0; i < 400; i++) {
    const id = `c${String(i).padStart(3, "0")}`;
    await fs.writeFile(path.join(cwd, `raw/audio/${id}.wav`), wav(300 + 700 * (i % 3), i));
    lines.push(`${id},${["low", "middle", "high"][i % 3]},s${i % 7}`);
  }
  await fs.writeFile(path.join(cwd, "raw/labels.csv"), lines.join("\r\n"));
  const table = lines.map((line, i) => (i === 0 ? "id,x,y" : `${line.slice(0, 4)},${i % 3},${i % 5}`));
  await fs.writeFile(path.join(cwd, "raw/marks.csv"), table.join("\n"));
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

/** A third of a second of a tone at 8000 samples a second. */
function wav(frequency: number, seed: number): Uint8Array {
  const count = 2700 + (seed % 5) * 100;
  const bytes = new Uint8Array(44 + 2 * count);
  const view = new DataView(bytes.buffer);
  const text = (at: number, word: string): void => bytes.set(new TextEncoder().encode(word), at);
  text(0, "RIFF");
  text(8, "WAVEfmt ");
  text(36, "data");
  view.setUint32(4, 36 + 2 * count, true);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 16_000, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  view.setUint32(40, 2 * count, true);
  for (let i = 0; i < count; i++) {
    view.setInt16(44 + 2 * i, 9000 * Math.sin((2 * Math.PI * frequency * i) / 8000 + seed), true);
  }
  return bytes;
}

const FOLDER = [
  "folder",
  "raw",
  "--audio",
  "audio/{id}.wav",
  "--marks",
  "marks.csv",
  "--labels",
  "labels.csv",
  "--group",
  "speaker",
];

/** The hash of each file of a folder. */
async function hashes(folder: string): Promise<Record<string, string>> {
  const names = await fs.readdir(path.join(cwd, folder), { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const pairs = files.map(
    async (file) => [path.relative(path.join(cwd, folder), file), await sha256(await fs.readFile(file))] as const,
  );
  return Object.fromEntries((await Promise.all(pairs)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

test("from wav and tables to a trained model; --check says what is there and writes nothing", async () => {
  const checked = await dmil(["prepare", ...FOLDER, "--check", "--json"], { cwd });
  expect(checked.code).toBe(0);
  const report = JSON.parse(checked.stdout);
  expect(report).toMatchObject({
    recipe: "folder",
    samples: 400,
    modalities: { audio: { found: 400, dtype: "float32", shape: [24, 20] }, marks: { found: 400, shape: [2] } },
    stubs: { files: 0 },
  });
  expect(report.counts.classes.map(({ name }: { name: string }) => name)).toEqual(["high", "low", "middle"]);
  expect(await fs.readdir(cwd)).toEqual(["raw"]);

  const made = await dmil(["prepare", ...FOLDER, "--out", "one", "--workers", "1"], { cwd });
  expect(made.stderr).toBe("");
  expect(made.code).toBe(0);
  expect(made.stdout).toContain("next: dmil data check one; dmil train one");
  const data = await dmil(["data", "check", "one", "--json"], { cwd });
  expect(JSON.parse(data.stdout).target).toMatchObject({ kind: "multiclass", names: ["high", "low", "middle"] });
  const trained = await dmil(["train", "one", "--method", "joint", "--out", "run", "--set", "epochs=2", "-q"], { cwd });
  expect(trained.code).toBe(0);

  const again = await dmil(["prepare", ...FOLDER, "--out", "one"], { cwd });
  expect(again.code).toBe(1);
  expect(again.stderr).toBe(
    "RunError: one: this folder holds prepared data; give another --out, or --force to replace the data set in it.\n",
  );
});

test("killed and continued, with other workers, the bytes are the same", async () => {
  const whole = await dmil(["prepare", ...FOLDER, "--out", "whole", "--workers", "1", "-q"], { cwd });
  expect(whole.code).toBe(0);
  const args = ["prepare", ...FOLDER, "--out", "parts", "--workers", "2", "-q"];
  const killed = dmilUntilShard(args, "parts/.prepare/shards");
  expect(await killed).toBe("SIGKILL");
  const left = await fs.readdir(path.join(cwd, "parts/.prepare/shards"));
  expect(left.filter((name) => name.endsWith(".json")).length).toBeGreaterThan(0);
  await expect(fs.access(path.join(cwd, "parts/dataset.json"))).rejects.toThrow();
  const continued = await dmil([...args.slice(0, -2), "3", "-q"], { cwd });
  expect(continued.stderr).toMatch(/^note: parts: taken over from process \d+/);
  expect(continued.code).toBe(0);
  expect(await hashes("parts")).toEqual(await hashes("whole"));
});

/** Starts a preparation and kills it when a shard is there; its signal. */
async function dmilUntilShard(args: readonly string[], folder: string): Promise<string | null> {
  const { spawn } = await import("node:child_process");
  const { MAIN } = await import("./support.ts");
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, stdio: "ignore" });
  const ended = new Promise<string | null>((resolve) => child.once("close", (_, signal) => resolve(signal)));
  const timer = setInterval(async () => {
    const names = await fs.readdir(path.join(cwd, folder)).catch(() => []);
    if (names.some((name) => name.endsWith(".json"))) child.kill("SIGKILL");
  }, 5);
  return ended.finally(() => clearInterval(timer));
}

test("a broken file ends the work with its name; skipped, it is counted", async () => {
  await fs.writeFile(path.join(cwd, "raw/audio/c200.wav"), wav(300, 200).slice(0, 60));
  const broken = await dmil(["prepare", ...FOLDER, "--out", "broken", "--workers", "2"], { cwd });
  expect(broken.code).toBe(1);
  expect(broken.stderr).toMatch(/^RunError: raw\/audio\/c200\.wav: at byte 44: .* the file is cut off/);
  const skipped = await dmil(["prepare", ...FOLDER, "--out", "broken", "--workers", "2", "--skip-broken", "--json"], {
    cwd,
  });
  expect(skipped.code).toBe(0);
  expect(JSON.parse(skipped.stdout)).toMatchObject({
    modalities: { audio: { present: 399 } },
    broken: { files: 1, first: [{ id: "c200" }] },
  });
  await fs.writeFile(path.join(cwd, "raw/audio/c200.wav"), wav(300, 200));
});

test("the list of recipes, and what one of them expects", async () => {
  const all = await dmil(["prepare", "list"], { cwd });
  for (const name of recipeNames) expect(all.stdout).toMatch(new RegExp(`^${name} `, "m"));
  for (const name of recipeNames) {
    const { stdout, code } = await dmil(["prepare", "list", name, "--json"], { cwd });
    expect(code).toBe(0);
    const recipe = JSON.parse(stdout);
    expect(recipe.name).toBe(name);
    for (const key of ["summary", "licence", "size", "get"]) expect(recipe[key], `${name} ${key}`).not.toBe("");
    for (const option of recipe.options) expect(option.about, `${name} --${option.name}`).not.toBe("");
  }
});

test.each([
  [["prepare"], "ConfigError: dmil prepare: a recipe is needed: folder, rosmap"],
  [["prepare", "rosmp", "raw"], 'ConfigError: prepare: unknown recipe "rosmp"; did you mean "rosmap"?'],
  [
    ["prepare", "rosmap"],
    "ConfigError: dmil prepare rosmap: the folder of the raw files is needed: dmil prepare rosmap SOURCE --out DIR.",
  ],
  [
    ["prepare", "rosmap", "raw"],
    "ConfigError: dmil prepare rosmap: --out DIR is needed, or --check to see what is there.",
  ],
  [
    ["prepare", "rosmap", "raw", "--check", "--vald", "0.1"],
    'ConfigError: --vald: unknown option "vald"; did you mean "valid"?',
  ],
  [
    ["prepare", "rosmap", "raw", "--check", "--valid", "2"],
    "ConfigError: --valid: 2 given; allowed is a share above 0 and below 1, for example 0.15",
  ],
  [
    ["prepare", "rosmap", "raw", "--out", "x", "--limit", "0"],
    'ConfigError: --limit: "0" given; allowed is a whole number from 1, for example 2.',
  ],
  [
    ["prepare", "rosmap", "raw", "--check"],
    "DataError: raw: not found: the tables of ROSMAP; tried raw/labels_tr.csv, raw/ROSMAP/labels_tr.csv. The nearest existing name is labels.csv.",
  ],
  [["prepare", "rosmap", "row", "--check"], "DataError: there is no folder row (in "],
  [
    ["prepare", "folder", "raw", "--out", "x", "--audio", "audios/{id}.wav", "--labels", "labels.csv"],
    "DataError: raw: not found: a file of any of the 400 listed samples; tried raw/audios/c000.wav, raw/audios/c001.wav, raw/audios/c004.wav. The nearest existing name is audio/c000.wav.",
  ],
])("wrong input: %j", async (args, message) => {
  const { code, stderr, stdout } = await dmil(args, { cwd });
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/\n {4}at /);
  expect(stdout).toBe("");
  expect(code).toBe(message.startsWith("ConfigError") ? 2 : 1);
});
