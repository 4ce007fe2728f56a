/** @file `dmil compare` as a user meets it: made sweeps on a disk, every kind of report, wrong use, and a real sweep. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SweepEntry } from "../../src/experiments/entry.ts";
import { disk } from "../../src/node/disk.ts";
import { HEAD, madeEntries, madeFolder } from "../experiments/compare/manifest.ts";
import { dmil, workplace } from "./support.ts";

let cwd = "";

async function write(name: string, entries: readonly SweepEntry[], head = HEAD): Promise<void> {
  const folder = await madeFolder(entries, { head });
  for (const file of await folder.list()) await disk(path.join(cwd, name)).write(file, await folder.read(file));
}

beforeAll(async () => {
  cwd = await workplace();
  const [first, ...rest] = madeEntries({ data: ["mfeat fou+kar", "mosi"] });
  const { scores: _, ...failed } = first!;
  await write("sweep", [{ ...failed, status: "failed", error: "loss is NaN at step 8" }, ...rest]);
  await write("other", madeEntries({ data: ["new"] }), {
    ...HEAD,
    environment: { ...HEAD.environment, dmil: "9.9.9" },
  });
  await write("cut", madeEntries({ seeds: 2 }));
  await fs.appendFile(path.join(cwd, "cut/manifest.jsonl"), '{"id": "abc", "da');
  await write("broken", madeEntries({ seeds: 1 }));
  await fs.appendFile(path.join(cwd, "broken/manifest.jsonl"), '{"id": "abc", "da\n');
  await write("empty", []);
  await fs.mkdir(path.join(cwd, "notes"));
  await fs.writeFile(path.join(cwd, "notes/todo.txt"), "buy milk");
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

const run = (line: string) => dmil(line.split(" "), { cwd, env: { COLUMNS: "80" } });

test("tables fit a terminal, mark the best, and tell what is missing", async () => {
  const { code, stdout, stderr } = await run("compare sweep");
  expect([code, stderr]).toEqual([0, ""]);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(stdout).toMatchSnapshot();
});

test("one call writes every kind of report", async () => {
  const { code, stdout } = await run(
    "compare sweep --out r.html,out/r.md --out r.csv --out r.tex,r.json --markdown page.md",
  );
  expect(code).toBe(0);
  expect(stdout).toContain("written: r.html, out/r.md, r.csv, r.long.csv, r.tex, r.json, page.md");
  const read = (name: string) => fs.readFile(path.join(cwd, name), "utf8");
  expect(await read("r.html")).toMatch(/^<!doctype html>/);
  expect(await read("out/r.md")).toBe(await read("page.md"));
  expect((await read("r.csv")).trimEnd().split("\n")).toHaveLength(1 + 50);
  expect(await read("r.tex")).toContain("\\toprule");
  expect(JSON.parse(await read("r.json"))).toMatchObject({
    format: "dmil-comparison-1",
    command: "dmil compare sweep",
  });
});

test("--json is one document; --by method turns the tables; --split validation shows no test figure", async () => {
  const { stdout } = await run("compare sweep --json --against ensemble");
  expect(JSON.parse(stdout).settings[0]).toMatchObject({ against: "ensemble", ranking: "accuracy" });
  expect((await run("compare sweep --by method")).stdout).toMatch(/^dmil on test\ndata +n +accuracy/);
  const validation = (await run("compare sweep --split validation --metric logLoss --json")).stdout;
  expect(validation).not.toMatch(/"(present|unimodal)\./);
});

test("several sweeps are one comparison; other programs are noted; half a last line is left out aloud", async () => {
  const { stdout } = await run("compare sweep other cut");
  const text = stdout.replaceAll(/\s+/g, " ");
  expect(text).toContain("note: dmil is not the same in all runs: ");
  expect(text).toContain(
    "note: cut/manifest.jsonl: the last line stops in the middle (its writer was killed); it is left out.",
  );
});

const WRONG = `
compare
compare swep
compare notes
compare .
compare empty
compare broken
compare sweep --against jiont
compare sweep --metric acuracy
compare sweep --split train
compare sweep --by seed
compare sweep --out report.pdf
compare sweep --out report.htm
compare sweep --out ,
`;

test("wrong use is answered", async () => {
  const blocks: string[] = [];
  for (const line of WRONG.trim().split("\n")) {
    const { code, stdout, stderr } = await run(line);
    expect(stdout, line).toBe("");
    expect([1, 2], line).toContain(code);
    expect(stderr, line).not.toMatch(/\n {4}at |internal:/);
    blocks.push(`$ dmil ${line}\n${stderr.replaceAll(cwd, "HERE")}[exit code ${code}]\n`);
  }
  expect(blocks.join("\n")).toMatchSnapshot();
});

test("what dmil sweep writes can be compared", async () => {
  await run("data generate --out clips --samples 120 --features 4");
  await run("sweep clips --out real --methods joint,ensemble,unimodal --seeds 0-1 --set epochs=2 -q");
  const { code, stdout } = await run("compare real --out real.html");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^clips: accuracy on test, 4 methods, 2 seeds\n/);
  const page = await fs.readFile(path.join(cwd, "real.html"), "utf8");
  expect(page).toContain("training: validation accuracy by epoch");
  expect(page).toMatch(/code [0-9a-f]{64}/);
  expect(stdout).toMatch(/clips: agreement between seeds on the test samples\n.*kappa.*\n(joint|ensemble) +2 +24 /);
});

test("what is damaged in a run's own folder stops no table: it is noted, and the page leaves that curve out", async () => {
  const curves = async (page: string) => (await fs.readFile(path.join(cwd, page), "utf8")).match(/<polyline/g)?.length;
  const whole = await run("compare real --out whole.html --json");
  expect([whole.code, whole.stderr]).toEqual([0, ""]);
  const [first, second, ...rest] = (await fs.readdir(path.join(cwd, "real/runs"))).map((own) => `real/runs/${own}`);
  await fs.truncate(path.join(cwd, first!, "run.json"), 100);
  await fs.writeFile(path.join(cwd, second!, "run.json"), '{ "format": "dmil-run-1", "status": "finished" }');
  await fs.writeFile(path.join(cwd, first!, "metrics.jsonl"), "null\n");
  for (const own of rest.slice(0, 2)) await fs.writeFile(path.join(cwd, own, "metrics.jsonl"), "\0\0\0\n");
  const { code, stdout, stderr } = await run("compare real --out damaged.html --json");
  expect(code).toBe(0);
  const { settings, notes } = JSON.parse(stdout);
  expect(settings).toEqual(JSON.parse(whole.stdout).settings);
  for (const text of [stderr.replace(/^note: /, "").trim(), notes[0]]) {
    expect(text).toContain(`${first}/metrics.jsonl, ${first}/run.json, ${second}/run.json, ${rest[0]}/metrics.jsonl`);
    expect(text).toContain("Figures come from the manifest and stand");
  }
  await fs.writeFile(path.join(cwd, first!, "bits.safetensors"), "");
  const bitless = await run("compare real");
  expect(bitless.code).toBe(0);
  expect(bitless.stderr).toContain(`${first}/bits.safetensors`);
  expect((await curves("damaged.html"))!).toBeLessThan((await curves("whole.html"))!);
});
