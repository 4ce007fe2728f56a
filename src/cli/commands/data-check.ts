/** @file `dmil data check`: what a data folder holds. */
import * as path from "node:path";
import { formatShape } from "../../core/shape.ts";
import { SPLITS } from "../../data/dataset.ts";
import { readDataset } from "../../data/load.ts";
import { disk } from "../../node/disk.ts";
import type { Answer } from "../answer.ts";
import { names } from "../config.ts";
import { count, table } from "../text.ts";

/** Reads and checks data, and tells what was found. */
export async function dataCheck(directory: string, flags: { readonly modalities?: string }): Promise<Answer> {
  const modalities = names(flags.modalities);
  const { splits, report } = await readDataset(disk(directory), modalities === undefined ? {} : { modalities });
  const total = SPLITS.reduce((n, split) => n + report.splits[split].samples, 0);
  const groups = new Set(SPLITS.flatMap((split) => splits[split].groups ?? [])).size;
  const facts = [
    count(total, "sample"),
    count(report.classes.length, "class"),
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
  const counts = table([
    ["  class", ...SPLITS],
    ...classes,
    ...missing,
    ["  all", ...SPLITS.map((split) => String(report.splits[split].samples))],
  ]);
  const patterns = [...new Set(SPLITS.flatMap((split) => Object.keys(report.splits[split].patterns ?? {})))];
  const counted = patterns.map((name) => [
    `  ${name}`,
    ...SPLITS.map((split) => String(report.splits[split].patterns?.[name] ?? 0)),
  ]);
  const present = patterns.length === 0 ? [] : [table([["  modalities present", ...SPLITS], ...counted])];
  const warnings = report.warnings.map((warning) => `warning: ${warning}`);
  return {
    text: [`${name}  ${facts.join(", ")}`, table(arrays), counts, ...present, ...warnings].join("\n"),
    json: { data: directory, samples: total, ...(groups > 0 && { groups }), ...report },
  };
}
