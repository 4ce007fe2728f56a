/** @file The target to quantify: the data's classes, one of several yes/no labels as two classes, or one value as up to eight quantile bins. */

import { configError, dataError, hint } from "../core/errors.ts";
import { float32 } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import { isClassKind, kindWords } from "../data/kinds.ts";
import { classTarget } from "../data/target.ts";

/** Quantile bins of values, the classes of the classifiers; fewer when a bin would have less than MIN_ROWS. */
const BINS = 8;
const MIN_ROWS = 25;
/** Up to FEW_VALUES distinct values, REPEATED times each on average, are classes: distances between them would not be informative. */
const FEW_VALUES = 10;
const REPEATED = 5;

/** One target as classes; `values` [N], NaN where unknown, when the classes are bins of values. */
export interface Asked {
  readonly dataset: Dataset;
  readonly name: string;
  readonly values?: Float64Array;
  readonly warnings: readonly string[];
}

/**
 * The target called `name`, the only one when left out. @throws ConfigError for an unknown name, or a missing one where there are several;
 * DataError for constant values.
 */
export function askedOf(dataset: Dataset, name: string | undefined): Asked {
  const { target } = dataset;
  const { names, kind } = target;
  if (isClassKind(kind)) {
    if (name !== undefined && name !== "label") {
      throw configError(
        `quantify: there is no target "${name}"; this data has one, its classes. Leave the name out, or call it label.`,
        { name },
      );
    }
    return { dataset: { ...dataset, target: { ...target, kind: "multiclass" } }, name: "label", warnings: [] };
  }
  if (name === undefined && names.length > 1) {
    throw configError(
      `quantify: the data has ${names.length} ${kindWords[kind].many}; one at a time is quantified. Name it: --label ${names[0]} (in the library target), of ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", ..." : ""}.`,
      { names },
    );
  }
  const chosen = name ?? names[0]!;
  const column = names.indexOf(chosen);
  if (column < 0) throw configError(`quantify: there is no target "${chosen}"${hint(chosen, names)}`, { name: chosen });
  const values = Float64Array.from(dataset.ids, (_, row) => target.values.data[row * names.length + column]!);
  const classed = (classes: readonly string[], of: (value: number) => number): Dataset => ({
    ...dataset,
    ...classTarget(
      classes,
      Int32Array.from(values, (value) => (Number.isNaN(value) ? -1 : of(value))),
    ),
  });
  if (kind === "multilabel") return { dataset: classed(["no", "yes"], (value) => value), name: chosen, warnings: [] };
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const distinct = [...new Set(sorted)];
  if (distinct.length < 2) {
    throw dataError(
      `quantify: ${chosen} is ${distinct[0] ?? "unknown"} in every row; a constant target has no information.`,
    );
  }
  if (distinct.length <= FEW_VALUES && sorted.length >= REPEATED * distinct.length) {
    return {
      dataset: classed(distinct.map(String), (value) => distinct.indexOf(value)),
      name: chosen,
      warnings: [`${chosen} takes ${distinct.length} values: each is quantified as a class.`],
    };
  }
  const wanted = Math.max(2, Math.min(BINS, Math.floor(sorted.length / MIN_ROWS)));
  // Equal values share a bin, so there may be fewer bins than wanted.
  const edges = [
    ...new Set(Array.from({ length: wanted - 1 }, (_, k) => sorted[Math.ceil(((k + 1) * sorted.length) / wanted)]!)),
  ];
  const lower = edges.filter((edge) => edge > sorted[0]!);
  const binOf = (value: number): number => lower.reduce((n, edge) => n + (value >= edge ? 1 : 0), 0);
  const bins = Array.from({ length: lower.length + 1 }, (_, k) => `part ${k + 1} of ${lower.length + 1}`);
  // The values are kept in the target, so that selecting rows selects their values too.
  const binned = classed(bins, binOf);
  const numbers = float32([values.length, 1], values);
  return { dataset: { ...binned, target: { ...binned.target, numbers } }, name: chosen, values, warnings: [] };
}
