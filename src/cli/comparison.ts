/** @file Several methods on one data folder: a run each, then one table, the gate, and three samples. For the demos. */
import * as path from "node:path";
import { type Report, report } from "../interactions/explain.ts";
import type { SampleReport } from "../interactions/report.ts";
import { type GroupSummary, group } from "../interactions/summary.ts";
import { disk } from "../node/disk.ts";
import { planRun } from "../runs/plan.ts";
import { removeRun, startRun } from "../runs/run.ts";
import { parseSettings, type Settings } from "../runs/settings.ts";
import { leading } from "../train/figures.ts";
import { type Metrics, predict, score } from "../train/predict.ts";
import type { Answer } from "./answer.ts";
import { describeGroups, describeSamples } from "./explanation.ts";
import { openData } from "./open-data.ts";
import { runAtTerminal } from "./running.ts";
import { duration, quoted, share, table } from "./text.ts";

/** What a comparison runs. */
export interface Comparison {
  /** The first line: what the data asks. */
  readonly title: string;
  /** The data folder. */
  readonly data: string;
  /** Runs go to <runs>/<name>-<method>-<seed>; one that is there already is replaced. */
  readonly runs: string;
  readonly name: string;
  readonly seed: number;
  readonly quiet: boolean;
  /** How `dmil` is called where this is read. */
  readonly command: string;
  /** What each method is trained with, in the order of the table; the last one is explained. */
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

/** Trains every method, scores it on the test split, and explains the last. */
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
      validation: leading(result.validation).value,
      test: score(predictions, splits.test),
      report: report(predictions, splits.test, fitted.calibration),
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
      `synergy rate: the share of samples that are right as a whole where every modality alone is wrong`,
      "",
      `what ${last.method} says of the test split, by ${truth === undefined ? "class" : "true component"}`,
      "",
      describeGroups(groups, truth === undefined ? "class" : "truly"),
      "",
      "three samples",
      "",
      describeSamples(samples),
      "",
      `the data lies in ${data}, the runs in ${runs}; next:`,
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
    share(test.accuracy),
    share(test.synergyRate),
    ...modalities.map((name) => share(test.unimodal[name])),
    share(validation),
    duration(seconds),
  ]);
  return table([header, ...rows]);
}

/** Summaries by true component, in the order in which reports name components. */
function byTruth(samples: readonly SampleReport[], truth: readonly string[]): Record<string, GroupSummary> {
  const groups: [string, GroupSummary][] = [];
  for (const component of Object.keys(samples[0]!.bits)) {
    const own = samples.filter((_, i) => truth[i] === component);
    if (own.length > 0) groups.push([component, group(own)]);
  }
  return Object.fromEntries(groups);
}
