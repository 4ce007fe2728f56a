/** @file The examples run as they stand, stay short, and print what they promise. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { beforeAll, expect, test } from "vitest";

const folder = path.resolve(import.meta.dirname, "../../examples");
const files = readdirSync(folder).sort();
/** Those that run by themselves; 06 reads a pipe and is run by test/outside, as is the one in Python. */
const alone = files.filter((file) => file.endsWith(".ts") && !file.startsWith("06"));
let outputs: Readonly<Record<string, readonly string[]>> = {};

beforeAll(() => {
  const flags = ["--import", "tsx", path.resolve(import.meta.dirname, "run-all.ts"), ...alone];
  const env = { ...process.env, TSX_TSCONFIG_PATH: path.resolve(import.meta.dirname, "../../tsconfig.test.json") };
  const { stdout, stderr, status } = spawnSync(process.execPath, flags, { encoding: "utf8", env });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  outputs = JSON.parse(stdout);
}, 120_000);

test.each(files)("%s is numbered, short, and says how to run it", (file) => {
  const text = readFileSync(path.join(folder, file), "utf8");
  expect(file).toMatch(/^\d\d-[a-z-]+\.(ts|py)$/);
  const [lines, how] = file.endsWith(".py") ? [41, `python3 examples/${file} `] : [75, `npx tsx examples/${file} */`];
  expect(text.split("\n").length).toBeLessThan(lines);
  expect(text).toContain(how);
});

test.each(files.filter((file) => file.endsWith(".ts")))("%s imports the package alone", (file) => {
  const text = readFileSync(path.join(folder, file), "utf8");
  const imports = [...text.matchAll(/from "([^"]+)"/g)].map((match) => match[1]!);
  expect(imports.filter((name) => !name.startsWith("node:") && !/^dmil(\/\w+)?$/.test(name))).toEqual([]);
});

test.each(alone)("%s prints something", (file) => expect(outputs[file]?.length).toBeGreaterThan(0));

const printed = (number: string): string => outputs[files.find((file) => file.startsWith(number))!]!.join("\n");

test("01 prints every epoch and three explained samples", () => {
  expect(printed("01").match(/^member[123]\.(evidence|synergy) \d+ [01]\.\d{3}$/gm)).toHaveLength(48);
  expect(printed("01")).toMatch(/^accuracy [01]\.\d{3} synergy rate [01]\.\d{3}$/m);
  expect(printed("01").match(/^ {2}gate \{/gm)).toHaveLength(3);
});

test("02 puts no speaker on two sides", () => {
  expect(printed("02")).toBe(
    "train 320 clips of 32 speakers\nvalidation 40 clips of 4 speakers\ntest 40 clips of 4 speakers",
  );
});

test("03 shows that the synergy is found by dmil, and that an ensemble cannot have it", () => {
  const accuracies = Object.fromEntries(
    [...printed("03").matchAll(/^(\w+) +([01]\.\d{3})/gm)].map((match) => [match[1], Number(match[2])]),
  );
  expect(accuracies.ensemble).toBeLessThan(0.9);
  expect(accuracies.dmil).toBeGreaterThan(0.97);
});

test("04 goes on to the same bits", () => {
  expect(printed("04")).toMatch(/^interrupted in stage whole, epoch 4\.\nsame weights to the bit: true\n/);
});

test("05 writes the four files", () => {
  expect(printed("05")).toMatch(
    /^model\.onnx model\.safetensors samples\.csv samples\.parquet\nid,label,prediction,p_0,p_1,p_2,gate_redundant,/,
  );
});
