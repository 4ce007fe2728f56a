/** @file Reports of interactions as text: means over groups of samples, and single samples. */
import { printable } from "../core/printable.ts";
import type { ReportedPrediction, SampleReport } from "../interactions/report.ts";
import type { GroupSummary, Summary } from "../interactions/summary.ts";
import { metricsTable } from "./metrics-text.ts";
import { share, table } from "./text.ts";

/** Metrics, then means over all samples, by class and by the modalities that are present. */
export function describeSummary(summary: Summary): string {
  const { classes, patterns, scored } = summary;
  return [
    ...(scored === undefined ? [] : [metricsTable(scored)]),
    describeGroups({ all: summary, ...classes }, Object.keys(classes).length === 0 ? "" : "class"),
    ...(patterns === undefined ? [] : [describeGroups(patterns, "modalities present")]),
  ].join("\n\n");
}

/** Means by group: one table each for counts and accuracy, gate (if the method has one) and bits (of classes); `by` is the header of the first column. */
export function describeGroups(groups: Readonly<Record<string, GroupSummary>>, by: string): string {
  const entries = Object.entries(groups);
  const part = (title: string, kind: "gate" | "bits", intervals?: GroupSummary["intervals"]): string[] => {
    const names = Object.keys(entries[0]![1][kind]);
    if (names.length === 0) return [];
    const cell = (group: GroupSummary, column: string): string => {
      const interval = intervals && group.intervals?.[column];
      const value = group[kind][column];
      if (interval === undefined) return share(value);
      return `${share(value, 2)} ± ${share((interval.upper - interval.lower) / 2, 2)}`;
    };
    const rows = entries.map(([name, group]) => [name, ...names.map((column) => cell(group, column))]);
    return [`${title}\n${table([[by, ...names], ...rows])}`];
  };
  const intervals = entries[0]?.[1].intervals;
  const right = entries.some(([, { accuracy }]) => accuracy !== undefined);
  const counts = entries.map(([name, { samples, accuracy }]) => [
    name,
    String(samples),
    ...(right ? [share(accuracy)] : []),
  ]);
  return [
    table([[by, "samples", ...(right ? ["accuracy"] : [])], ...counts]),
    ...part("gate, mean: the weight of a component in the prediction, not an amount of information", "gate"),
    ...part(
      `bits, mean${intervals === undefined ? "" : " with 90 % interval over members and samples"}: information about the class`,
      "bits",
      intervals,
    ),
  ].join("\n\n");
}

/** Up to `limit` samples: for each component the first sample in which it has the largest gate, then the first samples of the split. */
export function describeSamples(samples: readonly SampleReport[], limit = 3): string {
  return selectSamples(samples, limit).map(describeSample).join("\n\n");
}

function selectSamples(samples: readonly SampleReport[], limit: number): readonly SampleReport[] {
  const leaders = new Map<string, SampleReport>();
  for (const sample of samples) {
    const leader = leaderOf(sample.gate);
    if (leader !== undefined && !leaders.has(leader)) leaders.set(leader, sample);
  }
  return [...new Set([...leaders.values(), ...samples.slice(0, limit)])].slice(0, limit);
}

function describeSample(sample: SampleReport): string {
  const parts = Object.keys({ ...sample.components, ...sample.bits }).map((name) => [
    `  ${name}`,
    sample.gate[name] === undefined ? "" : `gate ${share(sample.gate[name])}`,
    bitsAt(sample, name),
    ...answerCells(sample.components[name]),
  ]);
  const modalities = Object.entries(sample.modalities).map(([name, answer]) => [
    `  ${name} alone`,
    "",
    "",
    ...(sample.present?.includes(name) === false ? ["missing"] : answerCells(answer)),
  ]);
  return `${printable(titleOf(sample))}\n${table([...targetRows(sample), ...parts, ...modalities])}`;
}

/** The first line: of classes the prediction too. */
function titleOf({ id, label, prediction, probability, present }: SampleReport): string {
  const has = present === undefined ? "" : `, has ${present.join(" and ")}`;
  if (prediction === undefined) return `sample ${id}${has}`;
  const verdict = label === undefined ? "no label" : `label ${label}, ${label === prediction ? "correct" : "wrong"}`;
  return `sample ${id}: ${prediction} with probability ${share(probability)} (${verdict})${has}`;
}

/** Of labels and values: their names, what is true and what is predicted. */
function targetRows({ target, values }: SampleReport): string[][] {
  if (target === undefined || values === undefined) return [];
  return [
    ["", "", "", ...Object.keys(values)],
    ["  true", "", "", ...Object.keys(values).map((name) => share(target[name]))],
    ["  predicted", "", "", ...answerCells({ values })],
  ];
}

/** What a component or a modality predicts: a class with its probability, or a number for each label or value. */
function answerCells({ prediction, probability, values = {} }: ReportedPrediction = {}): string[] {
  if (prediction !== undefined) return [`predicts ${prediction} with ${share(probability)}`];
  return Object.values(values).map((value) => share(value));
}

/** The information of a component in a sample, in bits, with its interval if there is one. */
function bitsAt({ bits, intervals }: SampleReport, name: string): string {
  if (bits[name] === undefined) return "";
  const interval = intervals?.[name];
  const range = interval === undefined ? "" : ` (${share(interval.lower, 2)} to ${share(interval.upper, 2)})`;
  return `${share(bits[name], 2)} bits${range}`;
}

function leaderOf(gate: SampleReport["gate"]): string | undefined {
  return Object.entries(gate).sort(([, a], [, b]) => b - a)[0]?.[0];
}
