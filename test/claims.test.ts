/** @file README's figures against the generated results: each stands in a table that is linked beside it, and beside DMIL's its strongest rival's. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { wrongClaims } from "../scripts/claims/check.ts";
import { readDocuments } from "../scripts/claims/documents.ts";
import { overview } from "../scripts/claims/overview.ts";
import { readPage } from "../scripts/claims/pages.ts";
import { standing } from "../scripts/claims/standing.ts";
import { compare } from "../src/experiments/compare.ts";
import { compareMarkdown } from "../src/reports/compare/markdown.ts";
import { madeEntries } from "./experiments/compare/manifest.ts";

test("README claims no figure that no table has, and names the strongest rival", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  expect([...new Set(wrongClaims(readme, readDocuments))]).toEqual([]);
});

test("README's table is what the generated results say", () => {
  const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
  const table = overview(readPage(read("docs/results.md"))!, readPage(read("docs/results/synergy-check.md"))!);
  expect(read("README.md")).toContain(table);
});

const entries = [
  ...madeEntries({ data: ["scenes"], methods: { joint: 0.6, "joint-mlp": 0.8, dmil: 0.9 }, seeds: 3 }),
  ...madeEntries({ data: ["sensors"], methods: { joint: 0.9, "joint-mlp": 0.8, dmil: 0.7 }, seeds: 3 }),
];
const comparison = await compare({ label: "s", entries, notes: [] });
const text = compareMarkdown(comparison, "dmil compare s");
const page = readPage(text)!;
const figure = (set: string, method: string): string =>
  comparison.settings
    .find(({ data }) => data === set)!
    .methods.find((own) => own.method === method)!
    .metrics.accuracy!.mean.toFixed(3);
const [ours, mlp, joint] = ["dmil", "joint-mlp", "joint"].map((method) => figure("scenes", method)) as [
  string,
  string,
  string,
];

test("a page is read back as it was compared", () => {
  expect(page.sets.map(({ set, heading, repeats }) => [set, heading, repeats])).toEqual([
    ["scenes", "accuracy", "3 seeds"],
    ["sensors", "accuracy", "3 seeds"],
  ]);
  for (const { set, rows } of page.sets) {
    const setting = comparison.settings.find(({ data }) => data === set)!;
    expect(rows.map(({ method, mark }) => [method, mark])).toEqual(
      setting.methods.map((own) => [own.method, own.mark]),
    );
    for (const { method, figure: own } of rows) expect(own).toBe(figure(set, method));
  }
  expect(page.ranks.get("dmil")).toEqual({ rank: "2.0", sets: 2 });
  expect(readPage("# Something else\n")).toBeUndefined();
});

test("where DMIL stands, from the tables", () => {
  const rival = `joint ${figure("sensors", "joint")}`;
  expect(standing(page)).toEqual([
    expect.stringMatching(/^Mean rank over 2 sets, of 3 methods that ran on all: dmil 2.0, place \d; /),
    `First on 1 of 2: scenes (${ours}; joint-mlp ${mlp}).`,
    expect.stringMatching(/^Not shown to differ from the first on 0 of 2/),
    `Behind the first by more than noise on 1 of 2: sensors (${figure("sensors", "dmil")}; ${rival}).`,
  ]);
});

describe("claims", () => {
  const link = "[docs/results.md](docs/results.md)";
  const wrong = (claim: string): string[] => wrongClaims(`# A\n\n- ${claim}\n- Other.\n`, () => [text]);

  test("with methods, set and the strongest rival are right, in fewer digits too", () => {
    expect(wrong(`On scenes DMIL has ${ours}, joint-mlp ${mlp}, \`joint\` ${joint} (${link}).`)).toEqual([]);
    const [one, other] = [ours, mlp].map((own) => Number(own).toFixed(2).slice(1));
    expect(wrong(`On scenes DMIL has ${one}, joint-mlp ${other}: ${link}`)).toEqual([]);
    expect(wrong(`DMIL has mean rank 2.0: ${link}`)).toEqual([]);
    expect(wrong("Node 20.19 or newer.")).toEqual([]);
  });

  test("are wrong with a figure of no table, of a method or set that is not named, or without the rival", () => {
    expect(wrong(`On scenes DMIL has .123: ${link}`)).toEqual([expect.stringMatching(/^.123 stands in no table/)]);
    expect(wrong(`On scenes DMIL has ${ours}, joint ${joint}: ${link}`)).toEqual([
      `dmil's ${ours} on scenes stands without its strongest rival: joint-mlp, ${mlp}`,
    ]);
    expect(wrong(`On scenes DMIL has ${ours}, a perceptron ${mlp}: ${link}`)).toEqual([
      `${mlp} is of joint-mlp on scenes: name the method`,
      `dmil's ${ours} on scenes stands without its strongest rival: joint-mlp, ${mlp}`,
    ]);
    expect(wrong(`DMIL has ${ours}: ${link}`)).toEqual([`${ours} stands in the table of scenes: name the set`]);
    expect(wrong(`DMIL has mean rank 1.0: ${link}`)).toEqual([expect.stringMatching(/^1.0 stands in no table/)]);
  });

  test("of other documents stand in some cell of their tables", () => {
    const truth = "# Truth\n\nOf .777 in prose.\n\n| case | measured |\n| --- | --- |\n| quad | 0.957 ± 0.002 |\n";
    const claim = (number: string): string[] =>
      wrongClaims(`It names ${number} of the types ([truth](docs/truth.md)).`, () => [truth]);
    expect(claim(".957")).toEqual([]);
    expect(claim(".777")).toHaveLength(1);
  });

  test("a link to nothing is an error", () => {
    expect(() => readDocuments("docs/results/none.md")).toThrow(/nothing is there/);
  });
});
