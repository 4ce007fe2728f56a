/** @file Means over seeds, for the summary of a sweep. */
import type { SweepEntry } from "./entry.ts";

/** Mean test metrics, methods by data; undefined if there is no run. */
export interface Means {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly cells: readonly (readonly ({ readonly value: number; readonly runs: number } | undefined)[])[];
}

/** Means of the primary test metric over seeds and folds. */
export function meansOf(entries: readonly SweepEntry[]): Means {
  const rows = [...new Set(entries.map(({ method }) => method))];
  const columns = [...new Set(entries.map(columnOf))];
  const cells = rows.map((method) =>
    columns.map((column) => {
      const values = entries.flatMap((entry) =>
        entry.method === method && columnOf(entry) === column ? Object.values(entry.scores!.test).slice(0, 1) : [],
      );
      if (values.length === 0) return undefined;
      return { value: values.reduce((a, b) => a + b, 0) / values.length, runs: values.length };
    }),
  );
  return { rows, columns, cells };
}

/** The column of an entry, for example `mfeat`, `mfeat by speaker`, `mfeat 5 folds`, `mfeat classes apart, share 0.3`. */
function columnOf({ data, split, trainShare }: SweepEntry): string {
  const [kind = "", index = ""] = split.split(" ");
  const how =
    kind === "own"
      ? ""
      : kind === "fold"
        ? ` ${index.split("/")[1]} folds`
        : kind === "classes"
          ? " classes apart"
          : ` by ${kind}`;
  return `${data}${how}${trainShare === 1 ? "" : `, share ${trainShare}`}`;
}
