import { describe, expect, test } from "vitest";
import { memoryFolder } from "../../../src/core/folder.ts";
import { CASES } from "../../../src/experiments/recover/cases.ts";
import { type RecoveryResult, resultSchema } from "../../../src/experiments/recover/job.ts";
import { METRICS, meanText, measure, measured } from "../../../src/experiments/recover/metrics.ts";
import { SUITE_METHODS } from "../../../src/experiments/recover/settings.ts";
import { jobKey, suiteJobs } from "../../../src/experiments/recover/suite.ts";
import { TARGETS, verdicts } from "../../../src/experiments/recover/targets.ts";
import type { TruthMetrics } from "../../../src/interactions/truth.ts";
import { svgChart } from "../../../src/reports/charts.ts";
import { recoverHtml } from "../../../src/reports/recover/html.ts";
import { recoverMarkdown } from "../../../src/reports/recover/markdown.ts";
import { resultRows } from "../../../src/reports/recover/rows.ts";
import { failures, targetTable } from "../../../src/reports/recover/tables.ts";
import { readCached, writeCached } from "../../../src/runs/cached.ts";

const types = ["redundant", "unique_a", "unique_b", "synergistic"];
const by = (value: (type: string) => number) =>
  Object.fromEntries(["all", ...types].map((type) => [type, value(type)]));

/** Metrics of a model that is right on `right` of every type. */
function metricsOf(right: number, leak: number): TruthMetrics {
  const row = (type: string) =>
    Object.fromEntries(types.map((found) => [found, found === type ? 100 * right : (100 * (1 - right)) / 3]));
  const bits = Object.fromEntries(
    ["all", ...types].map((type) => [type, Object.fromEntries(types.map((atom) => [atom, 0.25]))]),
  );
  const confusion = Object.fromEntries(types.map((type) => [type, row(type)]));
  const information = by((type) => (type === "synergistic" ? 0.9 : leak));
  return {
    samples: 400,
    components: types,
    unit: 1,
    accuracy: by(() => right),
    bits: { labelFree: bits, withLabel: bits },
    identified: { labelFree: right, withLabel: right },
    confusion: { labelFree: confusion, withLabel: confusion },
    error: { labelFree: { samples: 0.01, set: 0.01 }, withLabel: { samples: 0.02, set: 0.02 } },
    within: { labelFree: right, withLabel: right },
    own: {
      synergistic: {
        accuracy: by(() => right),
        gate: by(() => 0.25),
        information: { labelFree: information, withLabel: information },
      },
    },
    gateIdentified: right,
    reliability: { total: [{ samples: 400, predicted: 0.9, realised: 0.8 }] },
  };
}

/** A hundred samples on which so much synergy is found, and a tenth of a bit of it is there. */
function means(synergistic: number) {
  const bits = { redundant: 0, unique_a: 0, unique_b: 0, total: 1 };
  return { samples: 100, found: { ...bits, synergistic }, ceiling: { ...bits, synergistic: 0.1 } };
}

function result(method: string, seed: number, right: number, leak: number): RecoveryResult {
  return {
    job: { case: "mixture-k2-balanced-3", method, seed, quick: false },
    seconds: 1,
    epochs: { whole: 2 },
    metrics: metricsOf(right, leak),
    ceiling: metricsOf(1, 0),
    against: {
      means: {
        all: means(0.25),
        redundant: means(leak),
        unique_a: means(0),
        synergistic: means(0.9),
      },
      distance: { redundant: 0.1, unique_a: 0.2, unique_b: 0.3, synergistic: 0.4, total: 1 },
    },
    curves: [0.5, right].map((validationAccuracy) => ({
      stage: "whole",
      trainLoss: 1,
      trainAccuracy: 0.5,
      validationAccuracy,
    })),
  };
}
const results = [result("joint", 0, 0.8, 0), ...[0.99, 1, 1].map((right, seed) => result("dmil", seed, right, 0.2))];
const recovery = { results, failed: [], verdicts: verdicts(results) };
const origin = { command: "dmil recover", environment: { node: "20" } };

describe("means over seeds", () => {
  test("come with Student's interval", () => {
    const { mean, interval, seeds } = measured([1, 2, 3]);
    expect([mean, seeds]).toEqual([2, 3]);
    expect(interval).toBeCloseTo(4.30265272974946 / Math.sqrt(3), 10);
    expect(meanText(measured([0.5]))).toBe("0.500");
    expect(meanText({ mean: 0.5, interval: 0.01, seeds: 3 })).toBe("0.500 ± 0.010");
  });

  test("are those of the metric", () => {
    expect(measure(METRICS.identified!, results.slice(1))!.mean).toBeCloseTo(2.99 / 3, 12);
    expect(measure(METRICS["leak-synergy"]!, results)!.mean).toBeCloseTo(0.15, 12);
    expect(measure(METRICS["synergy-kept"]!, results)!.mean).toBeCloseTo(0.9, 12);
    expect(measure(METRICS["behind-bayes"]!, results.slice(0, 1))!.mean).toBeCloseTo(0.2, 12);
    expect(measure(METRICS["identified-worst"]!, results.slice(0, 1))!.mean).toBeCloseTo(0.8, 12);
    expect(measure(METRICS["absent-atoms"]!, results)).toBeUndefined();
    // Found above what is there, on the worst type that has no synergy: .2 - .1.
    expect(measure(METRICS["absent-synergy"]!, results.slice(1))!.mean).toBeCloseTo(0.1, 12);
    expect(measure(METRICS["ceiling-off"]!, results)!.mean).toBeCloseTo(0.25, 12);
    expect(measure(METRICS["behind-naming"]!, results.slice(0, 1))!.mean).toBeCloseTo(0.2, 12);
  });
});

describe("targets", () => {
  test("name metrics and cases that exist", () => {
    const names = Object.keys(METRICS);
    for (const { metric, cases } of TARGETS) {
      expect(names).toContain(metric);
      expect(CASES.some(({ name }) => cases.test(name))).toBe(true);
    }
  });

  test("are judged on the dmil form alone, by the mean over seeds", () => {
    const found = verdicts(results);
    const verdict = (metric: string) => found.find(({ target }) => target.metric === metric)!;
    expect(new Set(found.map((own) => own.case))).toEqual(new Set(["mixture-k2-balanced-3"]));
    expect(verdict("identified")).toMatchObject({ met: true, measured: { seeds: 3 }, ceiling: { mean: 1 } });
    expect(verdict("leak-synergy").met).toBe(false);
    expect(verdict("synergy-kept").met).toBe(true);
    expect(verdicts(results.slice(0, 1))).toEqual([]);
  });

  test("that are missed are told, with both numbers", () => {
    const found = verdicts(results);
    expect(failures(results, found)).toEqual([
      "mixture-k2-balanced-3: S's own information on R and U samples, of log2 K: 0.200 ± 0.000; the target is <= 0.05.",
    ]);
    expect(targetTable(found).rows.filter((row) => row.includes("missed"))).toHaveLength(1);
  });
});

describe("the suite", () => {
  test("has every case, method and seed once; the quick one two cases", () => {
    const jobs = suiteJobs({ quick: false, seeds: [0, 1], digits: "AVDIGITS" });
    expect(jobs).toHaveLength(CASES.length * Object.keys(SUITE_METHODS).length * 2);
    expect(new Set(jobs.map((job) => JSON.stringify(job))).size).toBe(jobs.length);
    expect(new Set(suiteJobs({ quick: true, seeds: [0] }).map((job) => job.case))).toEqual(
      new Set(["mixture-k2-balanced-3", "quad"]),
    );
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  });

  test("asks for the recordings that a case is made from", () => {
    const cases = (digits?: string) =>
      suiteJobs({ quick: false, seeds: [0], digits }).map((job) => [job.case, job.digits]);
    expect(cases("AVDIGITS").filter(([, digits]) => digits !== undefined)).toEqual(
      ["digits-clean", "digits-noisy"].flatMap((name) => Object.keys(SUITE_METHODS).map(() => [name, "AVDIGITS"])),
    );
    expect(cases().some(([name]) => name!.startsWith("digits"))).toBe(false);
    expect(() => suiteJobs({ quick: false, seeds: [0], cases: ["digits"] })).toThrow(/--digits AVDIGITS/);
  });

  test("takes starts of names, and says what there is", () => {
    const own = suiteJobs({ quick: false, seeds: [0], cases: ["mixture-k8", "xor"], methods: ["joint"] });
    expect(own.map((job) => job.case)).toEqual(["mixture-k8-balanced-3", "xor"]);
    expect(() => suiteJobs({ quick: false, seeds: [0], cases: ["cube"] })).toThrow(/"cube".*quad/);
    expect(() => suiteJobs({ quick: false, seeds: [0], methods: ["dmill"] })).toThrow(/"dmill".*dmil/);
  });

  test("keeps results apart by job and by code", async () => {
    const [first, second] = suiteJobs({ quick: true, seeds: [0] });
    const keys = await Promise.all([
      jobKey(first!, "a"),
      jobKey(first!, "b"),
      jobKey(second!, "a"),
      jobKey({ ...first!, quick: false }, "a"),
    ]);
    expect(new Set(keys).size).toBe(4);
    expect(await jobKey({ ...first! }, "a")).toBe(keys[0]);
  });

  test("a stored result of an earlier version, which calls metrics figures, is computed again", async () => {
    const folder = memoryFolder("r");
    const { metrics, ...earlier } = results[0]!;
    await writeCached(folder, "new.json", results[0]!);
    await writeCached(folder, "old.json", { ...earlier, figures: metrics });
    const notes: string[] = [];
    const read = (file: string) => readCached<RecoveryResult>(folder, file, resultSchema, (text) => notes.push(text));
    expect((await read("new.json"))!.metrics).toEqual(metrics);
    expect(await read("old.json")).toBeUndefined();
    expect(notes).toEqual([expect.stringMatching(/old\.json: the contents are not of the expected kind.*again/)]);
  });

  test("gives every number as a row", () => {
    const rows = resultRows(results.slice(0, 1));
    const value = (metric: string) => rows.find((row) => row.metric === metric)?.value;
    expect(value("accuracy.unique_a")).toBe(0.8);
    expect(value("exact.identified.labelFree")).toBe(1);
    expect(value("own.synergistic.information.labelFree.synergistic")).toBe(0.9);
  });
});

describe("reports", () => {
  test("the page is one file: no address, no script, no foreign part", () => {
    const page = recoverHtml(recovery, origin);
    expect(page).not.toMatch(/https?:|<script|<link|<img|@import|url\(/);
    expect(page).toContain("<svg");
    expect(page).toContain("rgba(0,114,178");
    expect((page.match(/<table/g) ?? []).length).toBe((page.match(/<\/table>/g) ?? []).length);
  });

  test("texts are escaped", () => {
    const job = results[0]!.job;
    const page = recoverHtml({ ...recovery, failed: [{ job, error: "a < b & <script>" }] }, origin);
    expect(page).toContain("a &lt; b &amp; &lt;script&gt;");
    expect(svgChart({ title: "<t>", x: "", y: "", range: { x: [0, 1], y: [0, 1] }, series: [] })).toContain(
      "&lt;t&gt;",
    );
  });

  test("the markdown page tells what is missed, and how to get it", () => {
    const page = recoverMarkdown(recovery, origin);
    expect(page).toMatch(/## Where it still fails\n\n- mixture-k2-balanced-3: S's own information/);
    expect(page).toContain("```sh\ndmil recover\n```");
    for (const line of page.split("\n").filter((text) => text.startsWith("|"))) expect(line.endsWith("|")).toBe(true);
  });
});
