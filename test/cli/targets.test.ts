/** @file Labels and values as a user meets them: generate, check, train, evaluate, explain, export; text, JSON, wrong use. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dmil, type Outcome, workplace } from "./support.ts";

let cwd = "";
const call = (...args: string[]): Promise<Outcome> => dmil(args, { cwd });
const json = async (...args: string[]) => JSON.parse((await call(...args, "--json")).stdout);

beforeAll(async () => {
  cwd = await workplace();
  const small = ["--samples", "train=400,validation=100,test=100", "--seed", "1"];
  await call("data", "generate", "--kind", "sums", "--out", "numbers", ...small);
  await call("data", "generate", "--kind", "sums", "--target", "multilabel", "--out", "signs", ...small);
  const manifest = { target: { kind: "regression", names: ["sentiment"] }, modalities: ["a", "b"] };
  await fs.writeFile(path.join(cwd, "numbers/dataset.json"), JSON.stringify(manifest));
  const epochs = ["--set", "epochs={evidence: 3, synergy: 2}"];
  await call("train", "numbers", "-q", ...epochs);
  await call("train", "signs", "--method", "joint", "-q", "--set", "epochs.whole=4");
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

test("data check tells what is predicted, and how it lies", async () => {
  const numbers = (await call("data", "check", "numbers")).stdout;
  expect(numbers).toMatch(/^numbers {2}600 samples, values \(sentiment\)$/m);
  expect(numbers).toMatch(
    /^ {2}value: mean ± deviation {2}train +validation\n {2}sentiment +-?0\.\d+ ± \d\.\d+ of 400/m,
  );
  const signs = (await call("data", "check", "signs")).stdout;
  expect(signs).toMatch(/^ {2}label: share of yes +train/m);
  expect(signs).toMatch(/^ {2}synergistic +0\.\d{3} of 400 +0\.\d{3} of 100/m);
  expect((await json("data", "check", "signs")).target).toMatchObject({ kind: "multilabel" });
});

test("train shows and keeps R2 of values, accuracy of labels", async () => {
  const { stdout, stderr } = await call(
    "train",
    "numbers",
    "--method",
    "ensemble",
    "--out",
    "one",
    "--set",
    "epochs={a: 2, b: 1}",
  );
  expect(stderr).toMatch(/a 1\/2 {2}loss .* train R2 -?\d\.\d{3} {2}validation R2 -?\d\.\d{3} \(best R2/);
  expect(stdout).toMatch(/^one {2}validation R2 0\.\d{3} \(stage b, best epoch 1 of 1\)$/m);
  const result = JSON.parse(await fs.readFile(path.join(cwd, "one/result.json"), "utf8"));
  expect(result.validation).toMatchObject({ kind: "regression", samples: 100, primary: "r2" });
  expect(result.validation.values.r2).toBeLessThan(1);
  const signs = JSON.parse(await fs.readFile(path.join(cwd, "runs/signs-joint-0/result.json"), "utf8"));
  expect(signs.validation).toMatchObject({ primary: "macroF1", values: { macroF1: expect.any(Number) } });
  expect(signs.stages[0].best).toMatchObject({ accuracy: expect.any(Number) });
});

test("evaluate prints the figures of the kind, by pattern and by label too", async () => {
  const { stdout } = await call("evaluate", "runs/numbers-dmil-0", "--missing");
  expect(stdout).toMatch(
    /^R2 +0\.\d{3}\ncorrelation +0\.\d{3}\nmean absolute error +0\.\d{3}\nroot mean squared error/m,
  );
  expect(stdout).toMatch(/^R2 of a alone/m);
  expect(stdout).toMatch(/^simulated: other modalities hidden +samples +R2 .*\na\+b +100 /m);
  // Its numbers go beyond 3: no sentiment as MOSEI has it.
  expect(stdout).not.toMatch(/7 classes/);
  const numbers = await json("evaluate", "runs/numbers-dmil-0");
  expect(numbers).toMatchObject({ kind: "regression", samples: 100, unimodal: { a: expect.any(Number) } });
  const signs = await json("evaluate", "runs/signs-joint-0");
  expect(Object.keys(signs.perOutput)).toEqual(["redundant", "unique_a", "unique_b", "synergistic"]);
  expect(signs.auroc).toBeGreaterThan(0.6);
  expect((await call("evaluate", "runs/signs-joint-0")).stdout).toMatch(/^of each +F1 +ROC AUC +accuracy\nredundant/m);
});

test("explain tells samples, as text and as columns, without bits", async () => {
  const { stdout } = await call("explain", "runs/numbers-dmil-0");
  expect(stdout).toMatch(/^R2 +0\.\d{3}$[\s\S]*^ +samples\nall +100$/m);
  expect(stdout).toMatch(/^gate, mean: .*\n +redundant +unique_a +unique_b +synergistic\nall +0\.\d{3} /m);
  expect(stdout).toMatch(/^sample \w+\n +sentiment\n {2}true .*\n {2}predicted .*\n {2}redundant +gate 0\.\d{3}/m);
  expect(stdout).not.toMatch(/bits/);
  await call("explain", "runs/signs-joint-0", "--out", "signs.csv");
  const rows = parse(await fs.readFile(path.join(cwd, "signs.csv"), "utf8"), { columns: true }) as Record<
    string,
    string
  >[];
  expect(rows).toHaveLength(100);
  expect(Object.keys(rows[0]!)).toEqual([
    "id",
    ...["target", "prediction", "pred_only_a", "pred_only_b"].flatMap((prefix) =>
      ["redundant", "unique_a", "unique_b", "synergistic"].map((name) => `${prefix}_${name}`),
    ),
  ]);
  for (const row of rows) expect(Number(row.prediction_unique_a)).toBeLessThanOrEqual(1);
  const summary = (await json("explain", "runs/numbers-dmil-0")).summary;
  expect(Object.values(summary.gate as Record<string, number>).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
});

test("export serves them", async () => {
  expect((await call("export", "runs/numbers-dmil-0", "--out", "numbers.onnx")).code).toBe(0);
  expect((await call("export", "runs/signs-joint-0", "--out", "signs.safetensors")).code).toBe(0);
});

test("quantify tells of a value, and of one label by its name", async () => {
  const fast = ["--folds", "2", "-q"];
  const { stdout, code } = await call("quantify", "numbers", ...fast, "--out", "numbers.html");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^numbers {2}a and b: 600 samples, values of sentiment\nbits +value .*\nI\(a; sentiment\) /);
  expect(stdout).toMatch(/^mmi S +\d\.\d{3}/m);
  expect(await fs.readFile(path.join(cwd, "numbers.html"), "utf8")).toContain("values of sentiment");
  const { results } = await json("quantify", "signs", "--label", "synergistic", ...fast);
  expect(results[0]).toMatchObject({ target: "synergistic", classes: ["no", "yes"], from: "features" });
});

test.each([
  [
    ["train", "numbers", "--method", "ogm"],
    "ogm needs classes, because it compares modalities by the probability of the correct class; this data has values (sentiment). Methods for values: unimodal, joint, ensemble, mmml, mmpareto, mmtm, greedy, mmib, dmil, dmil-published.",
  ],
  [
    ["train", "numbers", "--method", "ensemble-product", "--out", "product"],
    '"product" multiplies probabilities, which values do not have',
  ],
  [["quantify", "signs"], "quantify: the data has 4 labels; one at a time is quantified. Name it: --label redundant"],
  [["quantify", "signs", "--label", "synergy"], 'quantify: there is no target "synergy". Allowed: redundant,'],
  [["quantify", "numbers", "--measure", "broja"], '"broja" is not a measure for values'],
  [["quantify", "numbers", "--by", "class"], "--by class: values have no classes. Remove --by."],
  [["explain", "runs/numbers-dmil-0", "--probe"], "explain --probe needs classes"],
  [
    ["evaluate", "runs/numbers-dmil-0", "--data", "signs"],
    "the test data has the labels (redundant, unique_a, unique_b, synergistic), the model the values (sentiment)",
  ],
  [
    ["data", "generate", "--kind", "sums", "--target", "number", "--out", "new"],
    '--target: unknown word "number". Allowed: regression, multilabel.',
  ],
  [
    ["data", "generate", "--kind", "quad", "--target", "multilabel", "--out", "new"],
    "--target does not apply to --kind quad",
  ],
] as const)("wrong use: %j", async (args, message) => {
  const { code, stderr } = await call(...args);
  expect(code).not.toBe(0);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/\n\s+at /);
});
