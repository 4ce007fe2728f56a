/** @file What is asked about: the data's classes, one of several yes/no labels as two classes, or one value in eight classes of like size. */
import { configError, dataError, hint } from "../../core/errors.ts";
import { float32 } from "../../core/tensor.ts";
import type { Dataset } from "../../data/dataset.ts";

/** Classes that values are cut into for the classifiers; fewer where each would have less than LEAST_ROWS. */
const BINS = 8;
const LEAST_ROWS = 25;
/** Different values up to which they are classes already, if each is there so often: distances between them would say nothing. */
const FEW_VALUES = 10;
const REPEATED = 5;

/** One target of classes; `values` [N] when the classes are parts of them, NaN where unknown. */
export interface Asked {
  readonly dataset: Dataset;
  readonly name: string;
  readonly values?: Float64Array;
  readonly warnings: readonly string[];
}

/**
 * The target called `name`; left out: the only one. @throws ConfigError for an unknown name, or none where there are several;
 * DataError for values that do not vary.
 */
export function askedOf(dataset: Dataset, name: string | undefined): Asked {
  const { target, ...rest } = dataset;
  if (target === undefined) {
    if (name !== undefined && name !== "label") {
      throw configError(
        `quantify: there is no target "${name}"; this data has one, its classes. Leave the name out, or call it label.`,
        { name },
      );
    }
    return { dataset, name: "label", warnings: [] };
  }
  const { names, kind } = target;
  if (name === undefined && names.length > 1) {
    throw configError(
      `quantify: the data has ${names.length} ${kind}; information is about one at a time. Name it: --label ${names[0]} (in the library target), of ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", ..." : ""}.`,
      { names },
    );
  }
  const chosen = name ?? names[0]!;
  const place = names.indexOf(chosen);
  if (place < 0) throw configError(`quantify: there is no target "${chosen}"${hint(chosen, names)}`, { name: chosen });
  const values = Float64Array.from(rest.labels, (_, row) => target.values.data[row * names.length + place]!);
  const classed = (classes: readonly string[], of: (value: number) => number): Dataset => ({
    ...rest,
    classes,
    labels: Int32Array.from(values, (value) => (Number.isNaN(value) ? -1 : of(value))),
  });
  if (kind === "labels") return { dataset: classed(["no", "yes"], (value) => value), name: chosen, warnings: [] };
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const different = [...new Set(sorted)];
  if (different.length < 2) {
    throw dataError(`quantify: ${chosen} is ${different[0] ?? "unknown"} in every row; there is nothing to tell.`);
  }
  if (different.length <= FEW_VALUES && sorted.length >= REPEATED * different.length) {
    return {
      dataset: classed(different.map(String), (value) => different.indexOf(value)),
      name: chosen,
      warnings: [`${chosen} takes ${different.length} values: each is quantified as a class.`],
    };
  }
  const wanted = Math.max(2, Math.min(BINS, Math.floor(sorted.length / LEAST_ROWS)));
  // Equal values are of one part, so parts may be fewer than wanted.
  const edges = [
    ...new Set(Array.from({ length: wanted - 1 }, (_, k) => sorted[Math.ceil(((k + 1) * sorted.length) / wanted)]!)),
  ];
  const lower = edges.filter((edge) => edge > sorted[0]!);
  const binOf = (value: number): number => lower.reduce((n, edge) => n + (value >= edge ? 1 : 0), 0);
  const bins = Array.from({ length: lower.length + 1 }, (_, k) => `part ${k + 1} of ${lower.length + 1}`);
  // The values ride along as a target of their own, so that rows which are left out take theirs with them.
  const own = { kind: "values" as const, names: [chosen], values: float32([values.length], values) };
  return { dataset: { ...classed(bins, binOf), target: own }, name: chosen, values, warnings: [] };
}
