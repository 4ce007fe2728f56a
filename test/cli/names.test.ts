/** @file Names from data reach a terminal and files as names: they steer nothing, break no table, run nothing. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dmil, workplace } from "./support.ts";

const CLASSES = [
  "\u001b[2J\u001b]0;owned\u0007red",
  "two\nlines",
  "=HYPERLINK(1)",
  `long ${"name ".repeat(30)}`,
  "\u202efdp",
];
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

let cwd = "";
const run = (line: string) => dmil(line.split(" "), { cwd, env: { COLUMNS: "60" } });
const linesOf = (text: string): string[] => text.trimEnd().split("\n");

beforeAll(async () => {
  cwd = await workplace();
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const rows = Array.from({ length: 300 }, (_, i) => {
    const label = CLASSES[i % CLASSES.length]!;
    const split = ["train", "valid", "test"][Math.floor(i / CLASSES.length) % 3]!;
    return [String((i * 7) % 11), String((i * 5) % 13), quoted(label), split, quoted(`@id\u001b[31m${i}`)].join(",");
  });
  await fs.mkdir(path.join(cwd, "named"));
  await fs.writeFile(path.join(cwd, "named/data.csv"), `a,b,label,split,id\n${rows.join("\n")}\n`);
  const trained = await run("train named --method dmil --set epochs=1 --out run");
  expect(trained.code, trained.stderr).toBe(0);
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

test("at a terminal: no hidden sign, and no table wider than there is room", async () => {
  for (const line of [
    "data check named",
    "evaluate run --missing",
    "explain run --probe",
    "quantify named --by class --folds 2",
    "data check named --modalities a\u001b[2J",
    "train named --out \u001b[2J --method joint\u001b[2J",
  ]) {
    const { stdout, stderr } = await run(line);
    for (const own of [...linesOf(stdout), ...linesOf(stderr)]) expect(own, line).not.toMatch(HIDDEN);
    const table = linesOf(stdout).filter(
      (own) => / {2}\S/.test(own.trim()) && !/^(note|warning|sample|named)/.test(own),
    );
    for (const own of table) expect(own.length, `${line}\n${own}`).toBeLessThanOrEqual(60);
  }
  const { stdout } = await run("data check named");
  expect(stdout).toContain("\\x1b[2J\\x1b]0;owned\\x07red");
  expect(stdout).toContain("two\\nlines");
});

test("as JSON names are whole, and hidden signs are escapes", async () => {
  const { stdout } = await run("data check named --json");
  expect(stdout.replaceAll("\n", "")).not.toMatch(HIDDEN);
  expect([...JSON.parse(stdout).target.names].sort()).toEqual([...CLASSES].sort());
});

test("a CSV for spreadsheets holds no formula; JSON lines hold the names as they are", async () => {
  await run("explain run --out samples.csv");
  await run("explain run --out samples.jsonl");
  const records = parse(await fs.readFile(path.join(cwd, "samples.csv"), "utf8"), { columns: true }) as Record<
    string,
    string
  >[];
  expect(records.length).toBeGreaterThan(50);
  for (const record of records) {
    expect(record.id).toMatch(/^'@id/);
    for (const cell of [...Object.keys(record), ...Object.values(record)]) {
      expect(Number.isNaN(Number(cell)) ? cell : "").not.toMatch(/^[=+\-@\t\r\n]/);
    }
  }
  expect(records.some(({ label }) => label === "'=HYPERLINK(1)")).toBe(true);
  const rows = linesOf(await fs.readFile(path.join(cwd, "samples.jsonl"), "utf8")).map((line) => JSON.parse(line));
  expect(rows.some(({ label }) => label === "=HYPERLINK(1)")).toBe(true);
  expect(rows[0].id.startsWith("@id\u001b[31m")).toBe(true);
});
