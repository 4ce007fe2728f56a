/** @file `dmil bits` as a user meets it: a table and an exported model, the files it leaves, JSON, and a table that is never replaced. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dmil, workplace } from "./support.ts";

let cwd = "";
/** Samples by turns told by both modalities, by a, by b, and by both together alone. */
const rows = Array.from({ length: 80 }, (_, i) => {
  const label = (i * 7) % 5 < 2 ? "no" : "yes";
  const says = (knows: boolean): string => {
    const yes = knows ? (label === "yes" ? 0.95 : 0.05) : 0.5;
    return `${1 - yes},${yes}`;
  };
  return `${i},${label},${says(i % 4 < 2)},${says(i % 4 === 0 || i % 4 === 2)},${says(true)}`;
});
const table = ["id,label,p_a_no,p_a_yes,p_b_no,p_b_yes,p_both_no,p_both_yes", ...rows, ""].join("\n");

beforeAll(async () => {
  cwd = await workplace();
  await fs.writeFile(path.join(cwd, "bits.csv"), table);
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

test("a table: what was taken as what, verdicts, tables of at most 80 columns, and files", async () => {
  const { code, stdout, stderr } = await dmil(["bits", "bits.csv", "--out", "found"], { cwd });
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("p_both_...: probabilities from all modalities together");
  expect(stdout).toMatch(/^bits\.csv {2}a, b: 80 samples \(80 with a label\), 2 classes/);
  expect(stdout).toMatch(/Synergy is shown: 0\.\d+ bit/);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  const page = await fs.readFile(path.join(cwd, "found/bits.html"), "utf8");
  expect(page).toContain("The largest component is ");
  expect(page).not.toMatch(/https?:|<link|src=/);
  const lines = (await fs.readFile(path.join(cwd, "found/bits.jsonl"), "utf8")).trim().split("\n");
  expect(lines).toHaveLength(80);
  expect(lines.slice(0, 4).map((line) => JSON.parse(line).largest)).toEqual([
    "redundant",
    "unique_a",
    "unique_b",
    "synergistic",
  ]);
  const [head] = (await fs.readFile(path.join(cwd, "found/bits.csv"), "utf8")).split("\n");
  expect(head).toBe(Object.keys(JSON.parse(lines[0]!)).join(","));
});

test("the table that is read is never replaced", async () => {
  const { code, stderr } = await dmil(["bits", "bits.csv", "--out", "."], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain("bits.csv in this folder is the input");
  expect(await fs.readFile(path.join(cwd, "bits.csv"), "utf8")).toBe(table);
});

test("a model that dmil exported: three ways of removing modalities, JSON, the same twice", async () => {
  await dmil(["data", "generate", "--out", "clips", "--samples", "200", "--features", "4"], { cwd });
  await dmil(["train", "clips", "--method", "joint", "--epochs", "2", "-q"], { cwd });
  await dmil(["export", "runs/clips-joint-0", "--out", "joint.onnx"], { cwd });
  const call = () => dmil(["bits", "--onnx", "joint.onnx", "--data", "clips", "--draws", "4", "-q", "--json"], { cwd });
  const { code, stdout, stderr } = await call();
  expect(code, stderr).toBe(0);
  const found = JSON.parse(stdout);
  expect(Object.keys(found.removals)).toEqual(["draws", "means", "zeros"]);
  expect(found).toMatchObject({ removed: "draws", calibration: { how: "rows" }, modalities: ["a", "b"] });
  expect(found.removals.draws).toEqual(found.bits);
  expect((await call()).stdout).toBe(stdout);
});
