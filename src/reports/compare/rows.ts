/** @file A comparison for programs: a row a run, a row a metric of a run, and one document. */

import type { Comparison } from "../../experiments/compare/compare.ts";
import { type ComparedSweeps, environmentLine } from "../../experiments/compare.ts";
import type { SweepEntry } from "../../experiments/entry.ts";
import type { Cell } from "../../interactions/report.ts";
import type { Row } from "../../runs/tables.ts";
import { protocolLines } from "./protocol.ts";

/** What names a run in both forms. */
function keyOf({ data, split, trainShare, method, seed, status, id }: SweepEntry): Record<string, Cell> {
  return { data, split, train_share: trainShare, method, seed, status, id };
}

/** Finished runs with the metrics of their setting, by name; then those that failed. */
function runMetrics(comparison: Comparison): { entry: SweepEntry; metrics: Readonly<Record<string, number>> }[] {
  const finished = comparison.settings.flatMap(({ methods, metrics }) =>
    methods.flatMap(({ runs }) =>
      runs.map((entry) => ({
        entry: entry as SweepEntry,
        metrics: Object.fromEntries(
          metrics.flatMap(({ name, read }) => {
            const value = read(entry);
            return value === undefined ? [] : [[name, value]];
          }),
        ),
      })),
    ),
  );
  return [...finished, ...comparison.failed.map((entry) => ({ entry, metrics: {} }))];
}

/** A row a run, failed ones included: a column for every metric of any run, empty where a run has none. */
export function runRows(comparison: Comparison): Row[] {
  const found = runMetrics(comparison);
  const names = [...new Set(found.flatMap(({ metrics }) => Object.keys(metrics)))];
  return found.map(({ entry, metrics }) => ({
    ...keyOf(entry),
    error: entry.error,
    ...Object.fromEntries(names.map((name) => [name, metrics[name]])),
  }));
}

/** A row for every metric of every finished run. */
export function longRows(comparison: Comparison): Row[] {
  return runMetrics(comparison).flatMap(({ entry, metrics }) =>
    Object.entries(metrics).map(([name, value]) => ({ ...keyOf(entry), figure: name, value })),
  );
}

/** Everything as one document of the format dmil-comparison-1, which calls metrics figures; what is no number is null. */
export function comparisonDocument(comparison: ComparedSweeps, command: string): Record<string, unknown> {
  return {
    format: "dmil-comparison-1",
    command,
    sweeps: comparison.sweeps.map(({ label, head }) => ({ label, ...head })),
    environments: comparison.environments.map((own) => environmentLine(own)),
    protocol: protocolLines(comparison),
    notes: comparison.notes,
    split: comparison.split,
    settings: comparison.settings.map(({ metrics, methods, ...setting }) => ({
      ...setting,
      ranking: metrics[0]!.name,
      figures: metrics.map(({ read: _, ...own }) => own),
      methods: methods.map(({ runs, metrics: figures, ...own }) => ({
        ...own,
        figures,
        runs: runs.map(({ scores: { correct: _, ...scores }, config: __, ...run }) => ({ ...run, scores })),
      })),
    })),
    failed: comparison.failed,
  };
}
