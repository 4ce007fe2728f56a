/** @file `dmil data check`: what a data folder contains, and how its files were interpreted. */
import * as path from "node:path";
import { printable } from "../../core/printable.ts";
import { ownValue } from "../../core/record.ts";
import { formatShape } from "../../core/shape.ts";
import type { DataReport } from "../../data/check.ts";
import { SPLITS } from "../../data/dataset.ts";
import { isClassKind } from "../../data/kinds.ts";
import { readDataset } from "../../data/load.ts";
import { takenRows } from "../../data/taken.ts";
import { describeTarget, type TargetReport } from "../../data/target.ts";
import { methods } from "../../methods/index.ts";
import { disk } from "../../node/disk.ts";
import { type Answer, note } from "../answer.ts";
import { type ReadingFlags, readingOptions } from "../reading.ts";
import { count, digits, share, table } from "../text.ts";

/** Reads and checks data, and reports its contents. */
export async function dataCheck(directory: string, flags: ReadingFlags): Promise<Answer> {
  const { splits, report } = await readDataset(disk(directory), readingOptions(flags));
  const { form } = report.taken;
  if (form !== undefined) note(`note: ${directory}: the table is ${form}`);
  const total = SPLITS.reduce((n, split) => n + report.splits[split].samples, 0);
  const groups = new Set(SPLITS.flatMap((split) => splits[split].groups ?? [])).size;
  const { kind, names } = report.target;
  const facts = [
    count(total, "sample"),
    isClassKind(kind) ? count(names.length, "class") : describeTarget(splits.train),
    ...(groups > 0 ? [count(groups, "group")] : []),
  ];
  const name = path.basename(path.resolve(directory));
  const arrays = Object.entries(report.modalities).map(([modality, { dtype, shape, constantColumns, lengths }]) => {
    const constant = constantColumns.length === 0 ? "" : `, ${count(constantColumns.length, "constant column")}`;
    const { from } = report.taken.modalities[modality]!;
    return [
      `  ${modality}`,
      `${dtype} ${formatShape([total, ...shape])}`,
      `finite${constant}${lengths === undefined ? "" : `, of ${lengths.join(" to ")} steps`}`,
      `from ${from}`,
    ];
  });
  const taken = takenRows(report.taken).map(([what, text]) => [`  ${what}`, text]);
  const classes = names.map((label, k) => [
    `  ${label}`,
    ...SPLITS.map((split) => String(report.splits[split].counts[k])),
  ]);
  const missing = SPLITS.some((split) => report.splits[split].missing > 0)
    ? [["  (no label)", ...SPLITS.map((split) => String(report.splits[split].missing))]]
    : [];
  const all = ["  all", ...SPLITS.map((split) => String(report.splits[split].samples))];
  const counts = isClassKind(kind)
    ? table([["  class", ...SPLITS], ...classes, ...missing, all])
    : table([...targetRows(report), ...missing, all]);
  const patterns = [...new Set(SPLITS.flatMap((split) => Object.keys(report.splits[split].patterns ?? {})))];
  const counted = patterns.map((name) => [
    `  ${name}`,
    ...SPLITS.map((split) => String(ownValue(report.splits[split].patterns, name) ?? 0)),
  ]);
  const present = patterns.length === 0 ? [] : [table([["  modalities present", ...SPLITS], ...counted])];
  const warnings = [...report.warnings, ...oneModality(report)];
  const warningLines = warnings.map((warning) => `warning: ${printable(warning)}`);
  return {
    text: [`${name}  ${facts.join(", ")}`, table(arrays), table(taken), counts, ...present, ...warningLines].join("\n"),
    json: { data: directory, samples: total, ...(groups > 0 && { groups }), ...report, warnings },
  };
}

/** A warning about one modality, which most methods refuse in training. */
function oneModality({ modalities }: DataReport): string[] {
  const [only, ...others] = Object.keys(modalities);
  if (others.length > 0) return [];
  const unimodal = Object.keys(methods).filter((name) => methods[name]!.perModality);
  return [
    `there is one modality (${only}); methods need two or more, except ${unimodal.join(", ")}: dmil train DIR --method ${unimodal[0]} --set options.modality=${only}. To split it into several modalities, give each its own array, or its own columns: "modalities": {"NAME": ["COLUMN", ...], ...} in dataset.json.`,
  ];
}

/** Statistics of each label (share of yes) or value (mean, standard deviation) over its known entries, by split. */
function targetRows({ target, splits }: DataReport): string[][] {
  const isLabels = target.kind === "multilabel";
  const cell = ({ known, mean, deviation }: TargetReport): string => {
    if (known === 0) return "-";
    return isLabels ? `${share(mean)} of ${known}` : `${digits(mean)} ± ${digits(deviation)} of ${known}`;
  };
  return [
    [isLabels ? "  label: share of yes" : "  value: mean ± deviation", ...SPLITS],
    ...target.names.map((name) => [`  ${name}`, ...SPLITS.map((split) => cell(splits[split].target![name]!))]),
  ];
}
