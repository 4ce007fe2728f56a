/** @file Reports of a comparison in every form: what they must say, and that they are well formed. */
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { texEscaped } from "../../src/core/markup.ts";
import { compareRuns } from "../../src/experiments/compare/compare.ts";
import { mergeSweeps, readSweep } from "../../src/experiments/compare/read.ts";
import { compare } from "../../src/experiments/compare.ts";
import type { SweepEntry } from "../../src/experiments/entry.ts";
import { compareHtml } from "../../src/reports/compare/html.ts";
import { compareLatex } from "../../src/reports/compare/latex.ts";
import { compareMarkdown } from "../../src/reports/compare/markdown.ts";
import {
  firstsTable,
  missingLines,
  overviewTable,
  shareGroups,
  shareTable,
} from "../../src/reports/compare/overview.ts";
import { comparisonDocument, longRows, runRows } from "../../src/reports/compare/rows.ts";
import { kappaTable, stabilityTable } from "../../src/reports/compare/stability-tables.ts";
import {
  classTable,
  fullTables,
  probability,
  shortTable,
  spread,
  tablesByMethod,
} from "../../src/reports/compare/tables.ts";
import { encodeTable } from "../../src/runs/tables.ts";
import { HEAD, madeEntries, madeFolder } from "../experiments/compare/manifest.ts";

const wrong: SweepEntry = {
  ...madeEntries({ seeds: 1, methods: { "<b>&_%": 0.5 } })[0]!,
  status: "failed",
  error: "loss is NaN <script>\nstack",
};
const made = [
  ...madeEntries({ shares: [0.1, 1] }),
  ...madeEntries({ data: ["av|digits"], splits: ["speaker 0", "speaker 1", "speaker 2"], modalities: ["a", "b", "c"] }),
];
const folder = await madeFolder(made);
const sweep = await readSweep(folder);
const failed = { ...wrong, scores: undefined } as unknown as SweepEntry;
const comparison = await compare({ ...sweep, entries: [...sweep.entries, failed], notes: ["a note"] });
const { entries } = mergeSweeps([sweep]);
const command = "dmil compare sweep";
const page = compareHtml(comparison, command);
const markdown = compareMarkdown(comparison, command);
const document = comparisonDocument(comparison, command);

test("every form but that of single runs tells how far seeds agree", () => {
  const setting = comparison.settings.find(({ data, trainShare }) => data === "mfeat fou+kar" && trainShare === 1)!;
  const { kappa, bits } = setting.methods.find(({ method }) => method === "dmil")!.stability!;
  const told = `${kappa.value.toFixed(3)} (${kappa.lower.toFixed(3)} to ${kappa.upper.toFixed(3)})`;
  const mean = `${bits.redundant!.value.toFixed(3)} (${bits.redundant!.lower.toFixed(3)} to`;
  for (const form of [page, markdown, compareLatex(comparison, command)]) expect(form).toContain(told);
  for (const form of [page, markdown]) expect(form).toContain(mean);
  for (const form of [page, markdown]) expect(form).toContain("kappa: the same beyond chance");
  expect(stabilityTable(setting)!.rows.map(([method, runs, samples]) => [method, runs, samples])).toEqual([
    ["dmil", "5", "40"],
  ]);
  expect(kappaTable(comparison)!.rows[0]!.slice(0, 3)).toEqual(["dmil", expect.stringMatching(/^0\.\d{3}$/), "2"]);
  expect(JSON.stringify(document)).toContain(`"kappa":{"value":${kappa.value}`);
  // Of splits with one seed each nothing can be told, nor of methods whose runs have no bits.
  expect(comparison.settings.find(({ unit }) => unit === "split")!.methods.some((own) => own.stability)).toBe(false);
  expect(stabilityTable({ ...setting, methods: setting.methods.filter(({ method }) => method !== "dmil") })).toBe(
    undefined,
  );
});

describe("texts of figures", () => {
  test("say no more than is known", () => {
    expect(spread(undefined, 3)).toBe("-");
    expect(spread({ n: 1, mean: 0.5, sd: Number.NaN, lower: Number.NaN, upper: Number.NaN }, 3)).toBe("0.500");
    expect([0.0004, 0.0006, 1, Number.NaN, undefined].map(probability)).toEqual(["<0.001", "0.001", "1.000", "-", "-"]);
  });
});

describe("tables", () => {
  const [speakers, small, whole] = comparison.settings;

  test("have a cell for every head", () => {
    const tables = [
      ...comparison.settings.flatMap((setting) => [
        ...fullTables(setting, "test"),
        shortTable(setting, "test"),
        classTable(setting)!,
      ]),
      overviewTable(comparison)!,
      firstsTable(comparison),
      ...shareGroups(comparison).map(shareTable),
      ...tablesByMethod(comparison),
    ];
    expect(tables.length).toBeGreaterThan(30);
    for (const { title, header, rows, marks } of tables) {
      expect(rows.length, title).toBeGreaterThan(0);
      for (const row of rows) expect(row.length, title).toBe(header.length);
      for (const row of marks ?? []) expect(row.length, title).toBe(header.length);
    }
  });

  test("the overview is of whole training data; shares have a table of their own", () => {
    expect(overviewTable(comparison)!.header).toEqual([
      "method",
      "rank",
      "sets",
      "av|digits, by speaker",
      "mfeat fou+kar",
    ]);
    expect(shareGroups(comparison).map((group) => group.map(({ trainShare }) => trainShare))).toEqual([[0.1, 1]]);
    expect(shareTable(shareGroups(comparison)[0]!).header).toEqual(["method", "10 %", "100 %"]);
    expect(overviewTable(compareRuns(madeEntries()))).toBeUndefined();
  });

  test("a method without runs on a set has a rank over fewer sets, and comes after the others", () => {
    const gap = compareRuns(entries.filter(({ method, data }) => !(method === "dmil" && data === "av|digits")));
    const rows = overviewTable(gap)!.rows;
    expect(rows.at(-1)!.slice(0, 4)).toEqual(["dmil", "1.0", "1", "-"]);
  });

  test("synergy stands beside its chance, by slices and by probes; patterns and unimodal predictions have columns", () => {
    const headers = fullTables(speakers!, "test").map(({ header }) => header.slice(1));
    expect(headers).toContainEqual(["synergy", "its chance", "synergy, probes", "its chance"]);
    expect(headers).toContainEqual([
      "only a present",
      "only b present",
      "only c present",
      "a says",
      "b says",
      "c says",
    ]);
    expect(headers).toContainEqual(["seconds", "ms/step", "peak MiB"]);
  });

  test("gates and bits are of methods that have them", () => {
    const gates = fullTables(whole!, "test").find(({ title }) => title.includes("gate"))!;
    expect(gates.rows.map(([method]) => method)).toEqual(["dmil"]);
  });

  test("what is missing is told in a line each", () => {
    expect(missingLines(comparison)).toEqual([
      "failed: <b>&_% on mfeat fou+kar, seed 0: loss is NaN <script>",
      expect.stringMatching(
        /^mfeat fou\+kar: <b>&_% lacks seed 0, seed 1, .*\(1 failed\); its mean is over fewer runs/,
      ),
    ]);
    expect(small!.trainShare).toBe(0.1);
    expect(small!.methods.every(({ lacks }) => lacks.length === 0)).toBe(true);
  });
});

describe("the page", () => {
  test("is one file: no address, no foreign part, one script of our own", () => {
    expect(page).not.toMatch(/https?:|<link|<img|@import|url\(/);
    expect(page.match(/<script/g)).toHaveLength(1);
    for (const tag of ["table", "details", "div", "svg", "section", "p", "ul"]) {
      expect(
        page
          .split(`<${tag}`)
          .filter((_, i) => i > 0)
          .filter((rest) => /^[\s>]/.test(rest)).length,
        tag,
      ).toBe(page.split(`</${tag}>`).length - 1);
    }
  });

  test("escapes names and reasons", () => {
    expect(page).toContain("&lt;b&gt;&amp;_%");
    expect(page).toContain("loss is NaN &lt;script&gt;");
  });

  test("has a dot a run, training curves, shares, and how to make it again", () => {
    expect(page.match(/<circle class="run"/g)).toHaveLength(entries.length);
    expect(page.match(/<polyline/g)!.length).toBeGreaterThan(entries.length);
    expect(page).toContain("share of the training samples</text>");
    expect(page).toContain(HEAD.command);
    expect(page).toContain("dmil compare sweep");
    expect(page).toContain(String(HEAD.environment.code));
    expect(page).not.toMatch(/NaN%|undefined/);
  });
});

describe("Markdown", () => {
  test("has whole tables, the best in bold, and the protocol", () => {
    for (const line of markdown.split("\n").filter((text) => text.startsWith("|")))
      expect(line.endsWith("|")).toBe(true);
    expect(markdown).toMatch(/\| dmil \| 5 \| \*\*0\.\d+ ± 0\.\d+\*\* \|/);
    expect(markdown).toContain("Nadeau and Bengio (2003)");
    expect(markdown).toContain("av\\|digits");
    expect(markdown).toContain("- failed: \\<b\\>&amp;\\_% on mfeat fou+kar, seed 0: loss is NaN \\<script\\>");
    expect(markdown).not.toMatch(/(?<!\\)<\w/);
    expect(markdown).toContain(`${HEAD.command}\ndmil compare sweep`);
    expect(markdown).toMatch(/dmil 0\.1\.0, node 20\.19\.0, .*code c0de/);
    expect(markdown).toContain("- dmil: 12 trials; chosen in");
  });
});

describe("LaTeX", () => {
  test("escapes what it reads as commands, and marks the best", () => {
    expect(texEscaped("a_b & 10 % ± {x} -0.3 \\ ^ ~ # $ <0.001")).toBe(
      "a\\_b \\& 10 \\% $\\pm$ \\{x\\} $-$0.3 \\textbackslash{} \\textasciicircum{} \\textasciitilde{} \\# \\$ $<$0.001",
    );
    const text = compareLatex(comparison, command);
    expect(text.match(/\\begin\{tabular\}/g)).toHaveLength(7);
    expect(text).toContain("{\\bfseries\\boldmath 0.");
    for (const own of text.split("\\begin{tabular}").slice(1)) {
      const columns = /^\{(l(r*))\}/.exec(own)![1]!.length;
      for (const row of own.split("\n").filter((line) => line.endsWith("\\\\"))) {
        expect(row.split(/(?<!\\)&/)).toHaveLength(columns);
      }
    }
  });
});

describe("for programs", () => {
  test("a row a run, those that failed included", () => {
    const rows = parse(new TextDecoder().decode(encodeTable(runRows(comparison), "x.csv")), {
      columns: true,
    }) as Record<string, string>[];
    expect(rows).toHaveLength(entries.length + 1);
    expect(rows.filter(({ status }) => status === "failed").map(({ method, accuracy }) => [method, accuracy])).toEqual([
      ["<b>&_%", ""],
    ]);
    const first = entries.find(({ id }) => id === rows[0]!.id)!;
    expect(Number(rows[0]!.accuracy)).toBe(first.scores!.test.accuracy);
  });

  test("a row a figure", () => {
    const rows = longRows(comparison);
    expect(rows.filter(({ figure }) => figure === "accuracy")).toHaveLength(entries.length);
    expect(Object.keys(rows[0]!)).toEqual([
      "data",
      "split",
      "train_share",
      "method",
      "seed",
      "status",
      "id",
      "figure",
      "value",
    ]);
  });

  test("one document, in which nothing is lost but predictions and settings", () => {
    const read = JSON.parse(JSON.stringify(document));
    expect(read.settings).toHaveLength(3);
    expect(read.settings[1].methods[0]).toMatchObject({
      rank: 1,
      mark: "best",
      figures: { accuracy: { n: expect.any(Number) } },
    });
    expect(read.failed).toHaveLength(1);
    expect(JSON.stringify(read)).not.toContain('"right"');
  });
});
