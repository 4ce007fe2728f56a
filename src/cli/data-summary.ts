/** @file What data was taken for what, in a few lines: the head of every run. */

import { formatShape } from "../core/shape.ts";
import type { DataReport } from "../data/check.ts";
import { type DataSplits, SPLITS } from "../data/dataset.ts";
import { describeTarget } from "../data/target.ts";

/** Modalities with the shape of a sample, what is predicted, samples by split. */
export function dataSummary(splits: DataSplits, report: DataReport): string[] {
  const modalities = Object.entries(report.modalities).map(([name, { shape }]) =>
    shape.length === 0 ? `${name} (one number)` : `${name} ${formatShape(shape)}`,
  );
  const samples = SPLITS.map((split) => `${split} ${report.splits[split].samples}`);
  const groups = new Set(SPLITS.flatMap((split) => splits[split].groups ?? [])).size;
  return [
    `modalities: ${modalities.join(", ")}`,
    `target: ${describeTarget(splits.train)}`,
    `samples: ${samples.join(", ")}${groups === 0 ? "" : `, in ${groups} groups`}`,
  ];
}
