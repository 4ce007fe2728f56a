/** @file A summary of how data was interpreted, in a few lines before every run. */

import { formatShape } from "../core/shape.ts";
import { abridged } from "../data/columns.ts";
import { SPLITS } from "../data/dataset.ts";
import type { ReadReport } from "../data/load.ts";
import { takenRows } from "../data/taken.ts";

/** Modalities with the shape of a sample, target, ids, groups, split, ignored columns, and samples by split. */
export function dataSummary({ taken, splits }: Pick<ReadReport, "taken" | "splits">): string[] {
  const modalities = Object.entries(taken.modalities).map(([name, { shape }]) =>
    shape.length === 0 ? `${name} (one number)` : `${name} ${formatShape(shape)}`,
  );
  const samples = SPLITS.map((split) => `${split} ${splits[split].samples}`);
  return [
    `modalities: ${abridged(modalities, 12)}`,
    ...takenRows(taken).map(([name, text]) => `${name}: ${text}`),
    `samples: ${samples.join(", ")}`,
  ];
}
