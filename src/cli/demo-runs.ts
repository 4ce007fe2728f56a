/** @file For the demos: trains several methods on one data folder, then shows a table, the mean gate and bits, and three samples. */
import * as path from "node:path";
import { predict } from "../evaluation/predict.ts";
import { type Metrics, primaryValue, score } from "../evaluation/score.ts";
import { type Report, report } from "../interactions/explain.ts";
import type { SampleReport } from "../interactions/report.ts";
import { type GroupSummary, group } from "../interactions/summary.ts";
import { disk } from "../node/disk.ts";
import { planRun } from "../runs/plan.ts";
import { removeRun, startRun } from "../runs/run.ts";
import { parseSettings, type Settings } from "../runs/settings.ts";
import type { Answer } from "./answer.ts";
import { describeGroups, describeSamples } from "./explanation.ts";
import { openData } from "./open-data.ts";
import { runAtTerminal } from "./running.ts";
import { duration, quoted, share, table } from "./text.ts";

/** The settings of a comparison. */
export interface Comparison {
  /** The first line of the answer, which describes the data. */
  readonly title: string;
  /** The data folder. */
  readonly data: string;
  /** Runs are written to <runs>/<name>-<method>-<seed>; an existing run is replaced. */
  readonly runs: string;
  readonly name: string;
  readonly seed: number;
  readonly quiet: boolean;
  /** The command that starts `dmil` for the reader of the answer. */
  readonly command: string;
  /** Settings of each method, in the order of the table; the last method is explained. */
  readonly methods: Readonly<Record<string, Partial<Settings>>>;
}

interface Entry {
  readonly method: string;
  readonly run: string;
  readonly seconds: number;
  readonly validation: number;
  readonly test: Metrics;
  readonly report: Report;
}

/** Trains every method, evaluates it on the test split and explains the last. */
export async function compare(comparison: Comparison): Promise<Answer> {
  const { title, data, runs, name, seed, quiet, command, methods } = comparison;
  const { splits } = await openData(data);
  const entries: Entry[] = [];
  for (const [method, settings] of Object.entries(methods)) {
    const run = path.join(runs, `${name}-${method}-${seed}`);
    await removeRun(disk(run));
    const started = performance.now();
    const plan = planRun(parseSettings({ data, method, seed, ...settings }), splits.train);
    const { fitted, record, result } = await runAtTerminal(run, quiet, (options) =>
      startRun(disk(run), plan, splits, { ...options, dataPath: path.resolve(data) }),
    );
    const seconds = (performance.now() - started) / 1000;
    const predictions = await predict(fitted, splits.test, { backend: record.engine?.backend ?? "auto" });
    entries.push({
      method,
      run,
      seconds,
      validation: primaryValue(result.validation),
      test: score(predictions, splits.test),
      report: report(predictions, splits.test, fitted),
    });
  }
  const last = entries.at(-1)!;
  const { truth } = splits.test;
  const { samples, summary } = last.report;
  const groups = { all: summary, ...(truth === undefined ? summary.classes : byTruth(samples, truth)) };
  return {
    text: [
      title,
      "",
      methodTable(entries),
      `synergy rate: the share of samples that the model classifies correctly and every modality alone classifies wrongly`,
      "",
      `explanation by ${last.method} of the test split, by ${truth === undefined ? "class" : "true component"}`,
      "",
      describeGroups(groups, truth === undefined ? "class" : "true component"),
      "",
      "three samples",
      "",
      describeSamples(samples),
      "",
      `data: ${data}, runs: ${runs}; next:`,
      `  ${command} evaluate ${quoted(last.run)}`,
      `  ${command} explain ${quoted(last.run)} --out samples.csv`,
      `  ${command} export ${quoted(last.run)} --out model.onnx`,
    ].join("\n"),
    json: {
      data,
      methods: entries.map(({ method, run, seconds, validation, test }) => ({
        method,
        run,
        seconds,
        validation,
        test,
      })),
      groups,
      samples: samples.slice(0, 3),
    },
  };
}

function methodTable(entries: readonly Entry[]): string {
  const modalities = Object.keys(entries[0]!.test.unimodal);
  const header = [
    "method",
    "accuracy",
    "synergy rate",
    ...modalities.map((name) => `${name} alone`),
    "validation",
    "time",
  ];
  const rows = entries.map(({ method, test, validation, seconds }) => [
    method,
    share(test.values.accuracy),
    share(test.values.synergyRate),
    ...modalities.map((name) => share(test.unimodal[name])),
    share(validation),
    duration(seconds),
  ]);
  return table([header, ...rows]);
}

/** Summaries by true component, in the order of the components in reports. */
function byTruth(samples: readonly SampleReport[], truth: readonly string[]): Record<string, GroupSummary> {
  const groups: [string, GroupSummary][] = [];
  for (const component of Object.keys(samples[0]!.bits)) {
    const members = samples.filter((_, i) => truth[i] === component);
    if (members.length > 0) groups.push([component, group(members)]);
  }
  return Object.fromEntries(groups);
}
