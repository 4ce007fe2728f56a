/** @file `dmil quantify` as a function: files in, sentences and files out, and what it refuses. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { parquetReadObjects } from "hyparquet";
import { afterAll, describe, expect, it } from "vitest";
import { quantify } from "../../src/cli/commands/quantify.ts";
import { stream } from "../../src/core/random.ts";
import { logicGate, sampleRows } from "../../src/info/index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "dmil-quantify-"));
afterAll(() => rmSync(folder, { recursive: true }));
const flags = { seed: "0", quiet: true };

function write(name: string, lines: readonly string[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

const [x1, x2, y] = sampleRows(logicGate("xor").table, { rows: 200, seed: 0 }) as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
];
const rows = Array.from(y, (label, i) => `${x1[i]},${["red", "green"][x2[i]!]},${label}`);

describe("a table of symbols", () => {
  it("gives sentences, rows and a page", async () => {
    const [samples, out] = [path.join(folder, "samples.parquet"), path.join(folder, "report.html")];
    const { text, json } = await quantify(write("xor.csv", ["a,b,y", ...rows]), {
      ...flags,
      samples,
      out,
      by: "class",
    });
    expect(text).toMatch(/broja: S = \S+ bit \[\S+, \S+\], null 95 % \S+: synergy is real\./);
    expect(text).toContain("more synergy than redundancy");
    expect((json as { results: unknown[] }).results).toHaveLength(1);
    const table = await parquetReadObjects({ file: new Uint8Array(readFileSync(samples)).buffer as ArrayBuffer });
    expect(table).toHaveLength(200);
    expect(table[0]).toMatchObject({ id: "1", type: "S" });
    expect(readFileSync(out, "utf8")).toMatch(/^<!doctype html>[\s\S]*class="amounts"[\s\S]*<\/html>\n$/);
  });

  it("reads the same from a table of semicolons, where 0,5 is a fraction", async () => {
    const lines = ["a,b,y", ...rows];
    const samples = path.join(folder, "same.jsonl");
    const texts: string[] = [];
    for (const [name, separator] of Object.entries({ comma: ",", semicolon: ";", tab: "\t" })) {
      const file = write(
        `${name}.csv`,
        lines.map((line) => line.replaceAll(",", separator)),
      );
      texts.push((await quantify(file, { ...flags, samples })).text.replaceAll(name, "x"));
    }
    expect(new Set(texts).size).toBe(1);
    const fractions = write("fractions.csv", ["a;b;y", "0,5;1;0", "1,5;0;1"]);
    await expect(quantify(fractions, { ...flags, samples })).rejects.toThrow(/line 2, column a is 0,5, a fraction/);
  });

  it("with three columns pairs each with the rest", async () => {
    const file = write("three.csv", ["a,b,c,label", ...rows.map((row, i) => row.replace(/,(\d)$/, `,${i % 2},$1`))]);
    const { json } = await quantify(file, { ...flags, samples: path.join(folder, "three.csv.jsonl") });
    const { results } = json as { results: { sources: string[] }[] };
    expect(results.map(({ sources }) => sources.join("/"))).toEqual(["a/b+c", "b/a+c", "c/a+b"]);
  });

  it("finds its target by name wherever it stands, or as told", async () => {
    const first = rows.map((row) => row.replace(/^(.*),(\d)$/, "$2,$1"));
    const targetOf = async (file: string, label?: string): Promise<[string, string[]]> => {
      const { json } = await quantify(file, { ...flags, ...(label === undefined ? {} : { label }) });
      const [result] = (json as { results: { target: string; sources: string[] }[] }).results;
      return [result!.target, result!.sources];
    };
    expect(await targetOf(write("first.csv", ["label,a,b", ...first]))).toEqual(["label", ["a", "b"]]);
    expect(await targetOf(write("class.csv", ["Class,a,b", ...first]))).toEqual(["Class", ["a", "b"]]);
    const unnamed = write("unnamed.csv", ["kind,a,b", ...first]);
    expect(await targetOf(unnamed)).toEqual(["b", ["kind", "a"]]);
    expect(await targetOf(unnamed, "kind")).toEqual(["kind", ["a", "b"]]);
    await expect(quantify(unnamed, { ...flags, label: "kid" })).rejects.toThrow(
      /--label kid: .*no such column; did you mean "kind"/,
    );
  });

  it.each([
    ["fractions", ["a,b,y", "0.5,1,0"], /line 2, column a is 0\.5, a fraction/],
    ["small fractions", ["a,b,y", "1,1e-3,0"], /column b is 1e-3, a fraction/],
    ["NaN", ["a,b,y", "1,1,0", "nan,1,0"], /line 3, column a is nan\. Fill it in/],
    ["one class", ["a,b,y", ...Array.from({ length: 30 }, (_, i) => `${i % 2},1,k`)], /y is k in every row/],
    [
      "large alphabets",
      ["a,b,y", ...Array.from({ length: 3000 }, (_, i) => `${i % 90},${i % 70},${i % 3}`)],
      /18900 cells/,
    ],
    ["no sources", ["id,y", "1,0"], /no source beside its target/],
    ["gaps", ["a,b,y", "1,,0"], /line 2, column b is empty/],
    ["equal ids", ["id,a,b,y", "7,1,1,0", "7,1,1,0"], /the id "7" occurs twice/],
    ["one row", ["a,b,y", "1,1,0"], /1 rows; at least 20/],
    ["one source", ["a,y", "1,0"], /one source, a; a decomposition needs two/],
  ])("refuses %s", async (name, lines, message) => {
    await expect(quantify(write(`${name}.csv`, lines), flags)).rejects.toThrow(message);
  });
});

it("counts many rows in reasonable time", async () => {
  const [a, b, c] = sampleRows(logicGate("and").table, { rows: 60_000, seed: 1 });
  const lines = Array.from(c!, (label, i) => `${i},${a![i]},${b![i]},${label}`);
  const start = performance.now();
  const { text } = await quantify(write("many.csv", ["id,a,b,y", ...lines]), flags);
  expect(text).toContain("synergy is real");
  expect(performance.now() - start).toBeLessThan(30_000);
});

it("refuses wrong flags before the work", async () => {
  const file = path.join(folder, "xor.csv");
  await expect(quantify(file, { ...flags, measure: "broja,broja" })).rejects.toThrow(/named twice/);
  await expect(quantify(file, { ...flags, measure: "cvx" })).rejects.toThrow(/not a measure for a CSV of symbols/);
  await expect(quantify(file, { ...flags, measure: "," })).rejects.toThrow(/--measure ,: a name is empty/);
  await expect(quantify(folder, { ...flags, measure: "imin" })).rejects.toThrow(
    /not a measure for a folder of features/,
  );
  await expect(quantify(folder, { ...flags, project: true })).rejects.toThrow(/add --measure lsmi/);
  await expect(quantify(file, { ...flags, folds: "own" })).rejects.toThrow(/--folds applies to classifiers/);
  await expect(quantify(path.join(folder, "no.csv"), flags)).rejects.toThrow(/there is no file .*no\.csv/);
  await expect(quantify(file, { ...flags, modalities: "a" })).rejects.toThrow(/one source \(a\).*as in a,b/);
  await expect(quantify(file, { ...flags, measure: "brojaa" })).rejects.toThrow(/did you mean "broja"/);
  await expect(quantify(file, { ...flags, by: "group" })).rejects.toThrow(/--by group/);
  await expect(quantify(file, { ...flags, out: "report.pdf" })).rejects.toThrow(/ends in \.html/);
  await expect(quantify(file, { ...flags, samples: "rows.txt" })).rejects.toThrow(/\.parquet/);
  await expect(quantify(folder, { ...flags, folds: "1" })).rejects.toThrow(/own for the split of the data/);
});

it("gaussian reads values by covariances: all of them unless one is named, and nothing about rows or folds", async () => {
  const draw = stream(0, "test.cli-gaussian");
  const lines = Array.from({ length: 300 }, (_, i) => {
    const [u, v] = [draw.normal(), draw.normal()];
    const split = i < 200 ? "train" : i < 250 ? "validation" : "test";
    return [u + draw.normal(), v + draw.normal(), u, v, split].join(",");
  });
  const data = mkdtempSync(path.join(folder, "values-"));
  writeFileSync(path.join(data, "rows.csv"), ["a,b,u,v,split", ...lines].join("\n"));
  writeFileSync(path.join(data, "dataset.json"), JSON.stringify({ target: { kind: "regression" }, label: ["u", "v"] }));
  const { text } = await quantify(data, { ...flags, measure: "gaussian" });
  expect(text).toMatch(/values of u\+v/);
  expect(text).toMatch(/gaussian: U1 = 0\.\d+ bit .*unique information of a is real/);
  const one = await quantify(data, { ...flags, measure: "gaussian", label: "u" });
  expect(one.text).toMatch(/values of u$/m);
  await expect(quantify(data, { ...flags, measure: "gaussian", folds: "3" })).rejects.toThrow(
    /--folds: .*trains no classifiers/,
  );
  const samples = path.join(folder, "none.csv");
  await expect(quantify(data, { ...flags, measure: "gaussian", samples })).rejects.toThrow(
    /no values for single samples/,
  );
});
