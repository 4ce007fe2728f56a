/** @file Tables as people have them, from the first message to a model: each message names the flag that the next call has. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDataset } from "../../src/data/load.ts";
import { disk } from "../../src/node/disk.ts";
import { dmil, workplace } from "./support.ts";

let cwd: string;
const N = 120;
/** Cells of a table as pandas writes them: a first column without a name, the row index. */
const save = async (name: string, columns: Readonly<Record<string, (row: number) => unknown>>): Promise<void> => {
  const lines = Array.from({ length: N }, (_, row) => [row, ...Object.values(columns).map((of) => of(row))].join(","));
  await fs.mkdir(path.join(cwd, name));
  await fs.writeFile(
    path.join(cwd, name, `${name}.csv`),
    [["", ...Object.keys(columns)].join(","), ...lines].join("\n"),
  );
};
const wave = (phase: number, shift: (row: number) => number) => (row: number) =>
  (Math.sin(phase * (row + 1) ** 2) + shift(row)).toFixed(3);
const kind = (row: number): number => row % 3;

beforeAll(async () => {
  cwd = await workplace();
  // Wine, as scikit-learn gives it.
  await save("wine", { alcohol: wave(1, kind), ash: wave(2, kind), "od280/od315": wave(3, kind), target: kind });
  // Breast cancer: names with blanks, in three families.
  await save("cancer", {
    "mean radius": wave(1, kind),
    "mean area": wave(2, kind),
    "worst radius": wave(3, kind),
    "worst area": wave(4, kind),
    diagnosis: (row) => ["B", "M"][Number(kind(row) > 0)],
  });
  // Cars: a number to predict, a name for each row, missing nothing.
  await save("cars", {
    mpg: wave(5, (row) => 20 + row / 10),
    weight: wave(6, (row) => row / 10),
    year: (row) => 70 + (row % 12),
    name: (row) => `car ${row}`,
  });
  // Linnerud: three numbers to predict.
  await save("linnerud", {
    Chins: wave(1, kind),
    Jumps: wave(2, kind),
    Weight: wave(3, kind),
    Waist: wave(4, kind),
    Pulse: wave(5, kind),
  });
  // Penguins: text among the measurements.
  await save("penguins", {
    species: (row) => ["Adelie", "Chinstrap", "Gentoo"][kind(row)],
    island: (row) => ["Biscoe", "Dream"][row % 2],
    bill_length_mm: wave(1, (row) => 40 + 3 * kind(row)),
    body_mass_g: wave(2, (row) => 40 + 3 * kind(row)),
  });
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

const call = (line: string) => dmil(line.split(" "), { cwd });
const check = async (line: string) => {
  const { code, stdout, stderr } = await call(`data check ${line} --json`);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
};

describe("from message to message", () => {
  it("wine: the label, the split, then training, and every later command on the same samples", async () => {
    expect((await call("data check wine")).stderr).toMatch(/Is target to be predicted\?.*--label target/);
    expect((await call("data check wine --label target")).stderr).toMatch(/--split-seed 0/);
    const report = await check("wine --label target --split-seed 3");
    expect(report.taken).toMatchObject({
      target: { from: "column target", kind: "multiclass" },
      leftOut: [{ name: "column 1 (without a name)", reason: "the row index that pandas writes" }],
    });
    const trained = await call("train wine --label target --split-seed 3 --method joint --set epochs.whole=2 --out r");
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stderr).toMatch(/^modalities: alcohol \[1\], ash \[1\], od280_od315 \[1\]$/m);
    expect(trained.stderr).toMatch(/^left out: column 1 \(without a name\)/m);
    const record = JSON.parse(await fs.readFile(path.join(cwd, "r/run.json"), "utf8"));
    expect(JSON.stringify(record)).toContain('"split":{"seed":3,"shares":[0.7,0.15,0.15]}');
    const explained = await call("explain r --out samples.csv");
    expect(explained.code, explained.stderr).toBe(0);
    const { splits } = await readDataset(disk(path.join(cwd, "wine")), {
      label: "target",
      split: { seed: 3, shares: [0.7, 0.15, 0.15] },
    });
    const ids = (await fs.readFile(path.join(cwd, "samples.csv"), "utf8")).trim().split(/\r?\n/).slice(1);
    expect(ids.map((line) => line.split(",")[0])).toEqual(splits.test.ids);
    const evaluated = await call("evaluate r --json");
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ samples: report.splits.test.samples });
    const swept = await call(
      "sweep wine --label target --split-seed 3 --methods joint --seeds 0-0 --set epochs=1 --out s -q",
    );
    expect(swept.code, swept.stderr).toBe(0);
  });

  it("breast cancer: families of columns are modalities by dataset.json", async () => {
    const single = await check("cancer --label diagnosis --split-seed 0");
    expect(Object.keys(single.modalities)).toEqual(["mean_radius", "mean_area", "worst_radius", "worst_area"]);
    const manifest = { label: "diagnosis", modalities: { mean: ["mean *"], worst: ["worst *"] }, split: { seed: 0 } };
    await fs.writeFile(path.join(cwd, "cancer/dataset.json"), JSON.stringify(manifest));
    expect((await check("cancer")).modalities).toMatchObject({ mean: { shape: [2] }, worst: { shape: [2] } });
  });

  it.each([
    ["cars", "mpg", ["weight", "year"]],
    ["linnerud", "Weight,Waist,Pulse", ["Chins", "Jumps"]],
  ])("%s: numbers to predict, with the dataset.json that the message gives", async (name, label, modalities) => {
    const { stderr } = await call(`data check ${name} --label ${label} --split-seed 0`);
    await fs.writeFile(path.join(cwd, name, "dataset.json"), /write (\{.*\}) into dataset\.json/.exec(stderr)![1]!);
    const report = await check(`${name} --split-seed 0`);
    expect(report.target).toEqual({ kind: "regression", names: label.split(",") });
    expect(Object.keys(report.modalities)).toEqual(modalities);
  });

  it("penguins: text is left out and said to be", async () => {
    const { stdout } = await call("data check penguins --label species --split-seed 0");
    expect(stdout).toMatch(/left out[\s\S]*island[\s\S]*text \(Biscoe, Dream\)/);
    expect(stdout).toMatch(/bill_length_mm .*from column bill_length_mm/);
  });
});
