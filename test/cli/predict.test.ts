/** @file `dmil predict` as a user meets it: new data without target, ids or splits; tables, text, JSON; wrong use. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dmil, type Outcome, workplace } from "./support.ts";

let cwd = "";
const call = (...args: string[]): Promise<Outcome> => dmil(args, { cwd });

beforeAll(async () => {
  cwd = await workplace();
  await call("data", "generate", "--out", "clips", "--samples", "train=200,validation=60,test=20");
  await call("train", "clips", "--method", "joint", "--epochs", "2", "-q", "--out", "run");
  await fs.mkdir(path.join(cwd, "new"));
  for (const name of ["a.npy", "b.npy"])
    await fs.copyFile(path.join(cwd, "clips/test", name), path.join(cwd, "new", name));
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

test("arrays alone are enough; the table has the class and the probability of each class", async () => {
  const { stdout, code } = await call("predict", "run", "new", "--out", "table.csv");
  expect([code, stdout]).toEqual([0, "table.csv: 20 samples, 4 columns\n"]);
  const rows: Record<string, string>[] = parse(await fs.readFile(path.join(cwd, "table.csv"), "utf8"), {
    columns: true,
  });
  expect(Object.keys(rows[0]!)).toEqual(["id", "prediction", "p_0", "p_1"]);
  for (const { prediction, p_0, p_1 } of rows) {
    expect(Number(p_0) + Number(p_1)).toBeCloseTo(1, 6);
    expect(prediction).toBe(Number(p_1) > Number(p_0) ? "1" : "0");
  }
});

test("a split of a data set gives the same as its arrays alone", async () => {
  const [alone, split] = await Promise.all(
    ["new", "clips"].map(async (data) => JSON.parse((await call("predict", "run", data, "--json")).stdout)),
  );
  const probabilities = (document: { predictions: { p_0: number }[] }) => document.predictions.map(({ p_0 }) => p_0);
  expect(probabilities(split)).toEqual(probabilities(alone));
});

test("text shows the first ten; a modality that is not there is told", async () => {
  await fs.mkdir(path.join(cwd, "half"));
  await fs.copyFile(path.join(cwd, "clips/test/a.npy"), path.join(cwd, "half/a.npy"));
  const { stdout, stderr } = await call("predict", "run", "half");
  expect(stdout).toMatch(/^run {2}joint, 20 samples\n {0,3}id +prediction +p_0 +p_1\n/);
  expect(stdout).toMatch(/\n10 more; --out FILE writes all of them\n$/);
  expect(stderr).toBe("note: half has no b; predictions are made without.\n");
});

test.each([
  [["predict", "run", "nowhere"], /there is no folder nowhere/],
  [["predict", "run", "new", "--out", "t.txt"], /the name of a table ends in \.csv, \.jsonl or \.parquet/],
  [["predict", "nothing", "new"], /there is no run here/],
  [["predict", "run"], /missing required argument 'data'/],
])("%s is refused", async (args, message) => {
  const { code, stderr } = await call(...args);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
});
