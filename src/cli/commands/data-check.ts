/** @file `dmil data check`: what a data folder holds. */

import * as path from "node:path";
import { printable } from "../../core/printable.ts";
import { ownValue } from "../../core/record.ts";
import { formatShape } from "../../core/shape.ts";
import type { DataReport } from "../../data/check.ts";
import { SPLITS } from "../../data/dataset.ts";
import { readDataset } from "../../data/load.ts";
import { describeTarget, type TargetReport } from "../../data/target.ts";
import { disk } from "../../node/disk.ts";
import type { Answer } from "../answer.ts";
import { names } from "../config.ts";
import { count, digits, share, table } from "../text.ts";

/** Reads and checks data, and tells what was found. */
export async function dataCheck(directory: string, flags: { readonly modalities?: string }): Promise<Answer> {
  const modalities = names(flags.modalities);
  const { splits, report } = await readDataset(disk(directory), modalities === undefined ? {} : { modalities });
  const total = SPLITS.reduce((n, split) => n + report.splits[split].samples, 0);
  const groups = new Set(SPLITS.flatMap((split) => splits[split].groups ?? [])).size;
  const facts = [
    count(total, "sample"),
    report.target === undefined ? count(report.classes.length, "class") : describeTarget(splits.train),
    ...(groups > 0 ? [count(groups, "group")] : []),
  ];
  const name = path.basename(path.resolve(directory));
  const arrays = Object.entries(report.modalities).map(([modality, { dtype, shape, constantColumns }]) => {
    const constant = constantColumns.length === 0 ? "" : `, ${count(constantColumns.length, "constant column")}`;
    return [`  ${modality}`, `${dtype} ${formatShape([total, ...shape])}`, `finite${constant}`];
  });
  const classes = report.classes.map((label, k) => [
    `  ${label}`,
    ...SPLITS.map((split) => String(report.splits[split].counts[k])),
  ]);
  const missing = SPLITS.some((split) => report.splits[split].missing > 0)
    ? [["  (no label)", ...SPLITS.map((split) => String(report.splits[split].missing))]]
    : [];
  const all = ["  all", ...SPLITS.map((split) => String(report.splits[split].samples))];
  const counts =
    report.target === undefined
      ? table([["  class", ...SPLITS], ...classes, ...missing, all])
      : table([...targetRows(report), ...missing, all]);
  const patterns = [...new Set(SPLITS.flatMap((split) => Object.keys(report.splits[split].patterns ?? {})))];
  const counted = patterns.map((name) => [
    `  ${name}`,
    ...SPLITS.map((split) => String(ownValue(report.splits[split].patterns, name) ?? 0)),
  ]);
  const present = patterns.length === 0 ? [] : [table([["  modalities present", ...SPLITS], ...counted])];
  const warnings = report.warnings.map((warning) => `warning: ${printable(warning)}`);
  return {
    text: [`${name}  ${facts.join(", ")}`, table(arrays), counts, ...present, ...warnings].join("\n"),
    json: { data: directory, samples: total, ...(groups > 0 && { groups }), ...report },
  };
}

/** What is known of each label (share of yes) or value (mean, standard deviation), by split. */
function targetRows({ target, splits }: DataReport): string[][] {
  const isLabels = target?.kind === "labels";
  const cell = (own: TargetReport): string => {
    if (own.known === 0) return "-";
    return isLabels
      ? `${share(own.mean)} of ${own.known}`
      : `${digits(own.mean)} ± ${digits(own.deviation)} of ${own.known}`;
  };
  return [
    [isLabels ? "  label: share of yes" : "  value: mean ± deviation", ...SPLITS],
    ...target!.names.map((name) => [`  ${name}`, ...SPLITS.map((split) => cell(splits[split].target![name]!))]),
  ];
}
