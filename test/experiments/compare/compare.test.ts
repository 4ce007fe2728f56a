/** @file Comparisons: means, pairs, corrections, ranks and marks, against figures worked out by hand or by the tests' own functions. */
import { describe, expect, test } from "vitest";
import {
  type Comparison,
  compareRuns,
  type MethodResult,
  settingName,
} from "../../../src/experiments/compare/compare.ts";
import type { SweepEntry } from "../../../src/experiments/entry.ts";
import { holm, mcnemar, meanOf, pairedTest } from "../../../src/info/statistics/paired.ts";
import { METHODS, madeEntries } from "./manifest.ts";

const entries = madeEntries();
const result = ({ settings }: Comparison, method: string, s = 0): MethodResult =>
  settings[s]!.methods.find((own) => own.method === method)!;
const accuracies = (runs: readonly SweepEntry[], method: string): number[] =>
  runs.filter((run) => run.method === method).map((run) => run.scores!.test.accuracy!);

/** The entry with other test accuracy. */
function reaching(entry: SweepEntry, accuracy: number): SweepEntry {
  const scores = entry.scores!;
  return { ...entry, scores: { ...scores, test: { ...scores.test, accuracy } } };
}

const failed = (entry: SweepEntry): SweepEntry => {
  const { scores: _, ...rest } = entry;
  return { ...rest, status: "failed", error: "loss is NaN\nmore" };
};

describe("on one split, over seeds", () => {
  const comparison = compareRuns(entries);
  const [setting] = comparison.settings;

  test("means and intervals are those of the seeds", () => {
    expect(setting).toMatchObject({ unit: "seed", units: 5, overlap: 0, against: "joint" });
    expect(result(comparison, "dmil").metrics.accuracy).toEqual(meanOf(accuracies(entries, "dmil")));
    expect(result(comparison, "dmil").metrics.peakMemory!.mean).toBeCloseTo(
      meanOf(entries.filter(({ method }) => method === "dmil").map(({ peakMemory }) => peakMemory! / 2 ** 20)).mean,
      9,
    );
  });

  test("differences are paired by seed, and corrected over the methods of the table", () => {
    const others = setting!.methods.map(({ method }) => method).filter((method) => method !== "joint");
    const joint = accuracies(entries, "joint");
    const tests = others.map((method) => pairedTest(accuracies(entries, method).map((value, i) => value - joint[i]!)));
    const adjusted = holm(tests.map(({ p }) => p));
    others.forEach((method, i) => {
      const { against } = result(comparison, method);
      expect(against).toMatchObject(tests[i]!);
      expect(against!.holm).toBe(adjusted[i]);
    });
    expect(result(comparison, "joint").against).toBeUndefined();
  });

  test("each test sample counts once, by the method that is right more often", () => {
    const runs = (method: string) => entries.filter((run) => run.method === method).map((run) => run.scores!.correct!);
    const [mine, others] = [runs("dmil"), runs("joint")];
    const leads = [...mine[0]!].map((_, i) =>
      mine.reduce((sum, right, r) => sum + Number(right[i]) - Number(others[r]![i]), 0),
    );
    const [won, lost] = [leads.filter((lead) => lead > 0).length, leads.filter((lead) => lead < 0).length];
    expect(result(comparison, "dmil").against!.samples).toEqual({
      onlyThis: won,
      onlyOther: lost,
      p: mcnemar(won, lost),
    });
  });

  test("the best is marked, and what is not shown to differ from it", () => {
    expect(setting!.methods[0]).toMatchObject({ method: "dmil", mark: "best", rank: 1 });
    expect(result(comparison, "unimodal-fou").mark).toBeUndefined();
    const equal = compareRuns(
      entries.map((entry) =>
        entry.method === "joint" ? reaching(entry, accuracies(entries, "dmil")[entry.seed]!) : entry,
      ),
    );
    expect(result(equal, "joint")).toMatchObject({ rank: 1.5 });
    expect([result(equal, "joint").mark, result(equal, "dmil").mark].sort()).toEqual(["best", "tied"]);
  });

  test("means that differ in their last bits alone are equal", () => {
    const [up, down] = [
      [0.1, 0.2, 0.3, 0.4, 0.5],
      [0.5, 0.4, 0.3, 0.2, 0.1],
    ];
    const pair = entries.flatMap((entry) =>
      entry.method === "joint"
        ? [reaching(entry, up[entry.seed]! + 1e-17)]
        : entry.method === "dmil"
          ? [reaching(entry, down[entry.seed]! * (1 + 1e-15))]
          : [],
    );
    const { settings } = compareRuns(pair);
    expect(settings[0]!.methods.map(({ rank }) => rank)).toEqual([1.5, 1.5]);
  });

  test("runs do not depend on their order in the manifest", () => {
    const reversed = compareRuns([...entries].reverse());
    const told = (own: Comparison) => own.settings[0]!.methods.map(({ method, against }) => [method, against?.p]);
    expect(told(reversed)).toEqual(told(comparison));
  });
});

describe("what is not there", () => {
  test("failed runs stay in sight: n, what is lacking, and tests over common seeds alone", () => {
    const runs = entries.map((entry) => (entry.method === "dmil" && entry.seed === 1 ? failed(entry) : entry));
    const comparison = compareRuns(runs);
    expect(comparison.failed).toHaveLength(1);
    const dmil = result(comparison, "dmil");
    expect(dmil).toMatchObject({ failed: 1, lacks: ["seed 1"] });
    expect(dmil.metrics.accuracy!.n).toBe(4);
    const joint = accuracies(entries, "joint");
    const differences = accuracies(entries, "dmil")
      .map((value, i) => value - joint[i]!)
      .filter((_, i) => i !== 1);
    expect(dmil.against).toMatchObject(pairedTest(differences));
  });

  test("a method without any finished run is listed last, without rank", () => {
    const comparison = compareRuns(entries.map((entry) => (entry.method === "dmil" ? failed(entry) : entry)));
    expect(comparison.settings[0]!.methods.at(-1)).toMatchObject({ method: "dmil", runs: [], failed: 5, metrics: {} });
    expect(result(comparison, "dmil")).not.toHaveProperty("rank");
    expect(compareRuns(entries.map(failed)).settings).toEqual([]);
  });

  test("one seed shows nothing, and that is said", () => {
    const { settings, notes } = compareRuns(entries.filter(({ seed }) => seed === 0));
    expect(settings[0]!.methods.map(({ mark }) => mark)).toEqual(["best", "tied", "tied", "tied", "tied"]);
    expect(settings[0]!.methods.find(({ method }) => method === "dmil")!.against!.p).toBeNaN();
    expect(notes).toEqual(["one seed or split gives no spread and no test; nothing is shown to differ."]);
  });

  test("without the method to compare with there are no differences, and that is said", () => {
    const { settings, notes } = compareRuns(entries.filter(({ method }) => method !== "joint"));
    expect(settings[0]).not.toHaveProperty("against");
    expect(notes[0]).toMatch(/^joint has no finished run, so nothing is compared with it/);
  });

  test("test sets of different sizes are told", () => {
    const longer = entries.map((entry) => {
      const { scores } = entry;
      if (entry.method !== "dmil" || scores === undefined) return entry;
      return {
        ...entry,
        scores: { ...scores, samples: { ...scores.samples, test: 401 }, correct: `${scores.correct}1` },
      };
    });
    const comparison = compareRuns(longer);
    expect(comparison.notes[0]).toMatch(/^test sets of one split differ in size between runs/);
    expect(result(comparison, "dmil").against).not.toHaveProperty("samples");
  });

  test("null is no figure", () => {
    const comparison = compareRuns(
      entries.map((entry) => (entry.seed === 0 ? reaching(entry, null as unknown as number) : entry)),
    );
    expect(result(comparison, "dmil").metrics.accuracy!.n).toBe(4);
  });
});

describe("splits made anew", () => {
  const splits = ["speaker 0", "speaker 1", "speaker 2", "speaker 3"];
  const runs = madeEntries({ splits });

  test("repeat as splits, with the overlap of their training samples in every interval and test", () => {
    const comparison = compareRuns(runs);
    expect(comparison.settings[0]).toMatchObject({ kind: "speaker", unit: "split", units: 4, overlap: 400 / 1400 });
    const joint = accuracies(runs, "joint");
    const differences = accuracies(runs, "dmil").map((value, i) => value - joint[i]!);
    expect(result(comparison, "dmil").against).toMatchObject(pairedTest(differences, 400 / 1400));
    expect(result(comparison, "dmil").metrics.accuracy).toEqual(meanOf(accuracies(runs, "dmil"), 400 / 1400));
  });

  test("count once, whatever the number of their seeds", () => {
    const folds = ["fold 1/2", "fold 2/2"].flatMap((split) =>
      madeEntries({ seeds: 3 }).map((entry) => ({ ...entry, split, id: `${entry.id} ${split}` })),
    );
    const comparison = compareRuns(folds);
    expect(comparison.settings[0]).toMatchObject({ unit: "split", units: 2 });
    expect(result(comparison, "dmil").metrics.accuracy!.n).toBe(2);
    expect(result(comparison, "dmil").runs).toHaveLength(6);
  });

  test("are a table of their own, as are shares", () => {
    const { settings } = compareRuns([...madeEntries({ shares: [0.1, 1] }), ...runs]);
    expect(settings.map(settingName)).toEqual([
      "mfeat fou+kar, 10 % of training",
      "mfeat fou+kar",
      "mfeat fou+kar, by speaker",
    ]);
  });
});

describe("choices", () => {
  test("a figure that is better when smaller ranks the other way", () => {
    const { settings } = compareRuns(entries, { metric: "logLoss" });
    const means = settings[0]!.methods.map(({ metrics }) => metrics.logLoss!.mean);
    expect(means).toEqual([...means].sort((a, b) => a - b));
    expect(settings[0]!.methods[0]!.mark).toBe("best");
    expect(settings[0]!.methods[1]!.against ?? settings[0]!.methods[0]!.against).not.toHaveProperty("samples");
  });

  test("of ordered classes, fewer steps off are better", () => {
    const stepped = entries.map((entry): SweepEntry => {
      if (entry.scores === undefined) return entry;
      const test = { ...entry.scores.test, maeSteps: 1 - Number(entry.scores.test.accuracy) };
      return { ...entry, scores: { ...entry.scores, test } };
    });
    const { settings } = compareRuns(stepped, { metric: "maeSteps" });
    const means = settings[0]!.methods.map(({ metrics }) => metrics.maeSteps!.mean);
    expect(means).toEqual([...means].sort((a, b) => a - b));
  });

  test("who looks at validation sees nothing of the test split", () => {
    const { settings } = compareRuns(entries, { split: "validation" });
    expect(settings[0]!.metrics.map(({ name }) => name)).toEqual([
      "accuracy",
      "macroF1",
      "logLoss",
      "calibrationError",
      "synergyRate",
      "seconds",
      "msPerStep",
      "peakMemory",
    ]);
    expect(settings[0]!.methods.every(({ against }) => against?.samples === undefined)).toBe(true);
    expect(settings[0]!.methods[0]!.metrics.accuracy!.mean).toBeCloseTo(
      meanOf(accuracies(entries, "dmil")).mean + 0.01,
      12,
    );
  });

  test("names that are not there are answered with the nearest", () => {
    expect(() => compareRuns(entries, { against: "jiont" })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: --against jiont: no run of this method is here; did you mean "joint"? Allowed: ${Object.keys(METHODS).join(", ")}.]`,
    );
    expect(() => compareRuns(entries, { metric: "acuracy" })).toThrow(
      /no run has such a metric on the test split; did you mean "accuracy"\?/,
    );
    expect(() => compareRuns(entries, { metric: "probe" })).toThrow(/--metric probe/);
  });
});
