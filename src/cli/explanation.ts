/** @file Reports of interactions as text: means over groups of samples, and single samples. */
import { printable } from "../core/printable.ts";
import type { Answers, TargetReport, TargetSample } from "../interactions/explain-target.ts";
import type { SampleReport } from "../interactions/report.ts";
import type { GroupSummary } from "../interactions/summary.ts";
import { metricsTable } from "./metrics-text.ts";
import { count, share, table } from "./text.ts";

/** Means by group: one table each for accuracy, gate (if the method has one) and bits; `by` is the header of the first column. */
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
  const counts = entries.map(([name, { samples, accuracy }]) => [name, String(samples), share(accuracy)]);
  return [
    table([[by, "samples", "accuracy"], ...counts]),
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

function selectSamples<T extends { readonly gate: Readonly<Record<string, number>> }>(
  samples: readonly T[],
  limit: number,
): readonly T[] {
  const leaders = new Map<string, T>();
  for (const sample of samples) {
    const leader = leaderOf(sample.gate);
    if (leader !== undefined && !leaders.has(leader)) leaders.set(leader, sample);
  }
  return [...new Set([...leaders.values(), ...samples.slice(0, limit)])].slice(0, limit);
}

function describeSample(sample: SampleReport): string {
  const probability = share(sample.probabilities[sample.prediction]);
  const { label } = sample;
  const verdict =
    label === undefined ? "no label" : `label ${label}, ${label === sample.prediction ? "correct" : "wrong"}`;
  const has = sample.present === undefined ? "" : `, has ${sample.present.join(" and ")}`;
  const title = `sample ${sample.id}: ${sample.prediction} with probability ${probability} (${verdict})${has}`;
  const predicts = (answer: { readonly prediction: string; readonly probability: number } | undefined): string =>
    answer === undefined ? "" : `predicts ${answer.prediction} with ${share(answer.probability)}`;
  const components = Object.keys({ ...sample.components, ...sample.bits }).map((name) => [
    `  ${name}`,
    sample.gate[name] === undefined ? "" : `gate ${share(sample.gate[name])}`,
    bitsAt(sample, name),
    predicts(sample.components[name]),
  ]);
  const modalities = Object.entries(sample.modalities).map(([name, answer]) => [
    `  ${name} alone`,
    "",
    "",
    sample.present?.includes(name) === false ? "missing" : predicts(answer),
  ]);
  return `${printable(title)}\n${table([...components, ...modalities])}`;
}

/** The information of a component in a sample, in bits, with its interval if there is one. */
function bitsAt({ bits, intervals }: SampleReport, name: string): string {
  if (bits[name] === undefined) return "";
  const interval = intervals?.[name];
  const range = interval === undefined ? "" : ` (${share(interval.lower, 2)} to ${share(interval.upper, 2)})`;
  return `${share(bits[name], 2)} bits${range}`;
}

/** Metrics and mean gate by pattern of modalities, for labels or values. */
export function describeTarget({ patterns = {}, scored, ...all }: TargetReport["summary"]): string {
  const names = Object.keys(all.gate);
  const head = scored === undefined ? count(all.samples, "sample") : metricsTable(scored);
  if (names.length === 0) return head;
  const rows = Object.entries({ all, ...patterns }).map(([name, { samples, gate }]) => [
    name,
    String(samples),
    ...names.map((component) => share(gate[component])),
  ]);
  const title = "gate, mean: the weight of a component in the prediction, not an amount of information";
  return `${head}\n\n${title}\n${table([["modalities present", "samples", ...names], ...rows])}`;
}

/** Up to `limit` samples of labels or values, selected as for classes; without bits. */
export function describeTargetSamples(samples: readonly TargetSample[], limit = 3): string {
  return selectSamples(samples, limit)
    .map((sample) => {
      const has = sample.present === undefined ? "" : `, has ${sample.present.join(" and ")}`;
      const targets = Object.keys(sample.prediction);
      const cells = (answers: Answers | undefined): string[] => targets.map((name) => share(answers?.[name]));
      const rows = [
        ["  true", "", ...cells(sample.target as Answers)],
        ["  predicted", "", ...cells(sample.prediction)],
        ...Object.entries(sample.components).map(([name, answers]) => [
          `  ${name}`,
          `gate ${share(sample.gate[name])}`,
          ...cells(answers),
        ]),
        ...Object.entries(sample.modalities).map(([name, answers]) => [
          `  ${name} alone`,
          "",
          ...(sample.present?.includes(name) === false ? ["missing"] : cells(answers)),
        ]),
      ];
      const said = sample.predicted === undefined ? "" : `: ${sample.predicted} (label ${sample.label ?? "unknown"})`;
      return table([[`sample ${sample.id}${said}${has}`, "", ...targets], ...rows]);
    })
    .join("\n\n");
}

function leaderOf(gate: SampleReport["gate"]): string | undefined {
  return Object.entries(gate).sort(([, a], [, b]) => b - a)[0]?.[0];
}
