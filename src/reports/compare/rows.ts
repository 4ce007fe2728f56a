/** @file A comparison for programs: a row a run, a row a figure of a run, and one document. */

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

/** Finished runs with the figures of their setting, by name; then those that failed. */
function runFigures(comparison: Comparison): { entry: SweepEntry; figures: Readonly<Record<string, number>> }[] {
  const finished = comparison.settings.flatMap(({ methods, figures }) =>
    methods.flatMap(({ runs }) =>
      runs.map((entry) => ({
        entry: entry as SweepEntry,
        figures: Object.fromEntries(
          figures.flatMap(({ name, read }) => {
            const value = read(entry);
            return value === undefined ? [] : [[name, value]];
          }),
        ),
      })),
    ),
  );
  return [...finished, ...comparison.failed.map((entry) => ({ entry, figures: {} }))];
}

/** A row a run, failed ones included: a column for every figure of any run, empty where a run has none. */
export function runRows(comparison: Comparison): Row[] {
  const found = runFigures(comparison);
  const names = [...new Set(found.flatMap(({ figures }) => Object.keys(figures)))];
  return found.map(({ entry, figures }) => ({
    ...keyOf(entry),
    error: entry.error,
    ...Object.fromEntries(names.map((name) => [name, figures[name]])),
  }));
}

/** A row for every figure of every finished run. */
export function longRows(comparison: Comparison): Row[] {
  return runFigures(comparison).flatMap(({ entry, figures }) =>
    Object.entries(figures).map(([figure, value]) => ({ ...keyOf(entry), figure, value })),
  );
}

/** Everything as one document; what is no number is null. */
export function comparisonDocument(comparison: ComparedSweeps, command: string): Record<string, unknown> {
  return {
    format: "dmil-comparison-1",
    command,
    sweeps: comparison.sweeps.map(({ label, head }) => ({ label, ...head })),
    environments: comparison.environments.map((own) => environmentLine(own)),
    protocol: protocolLines(comparison),
    notes: comparison.notes,
    split: comparison.split,
    settings: comparison.settings.map(({ figures, methods, ...setting }) => ({
      ...setting,
      ranking: figures[0]!.name,
      figures: figures.map(({ read: _, ...own }) => own),
      methods: methods.map(({ runs, ...own }) => ({
        ...own,
        runs: runs.map(({ scores: { correct: _, ...scores }, config: __, ...run }) => ({ ...run, scores })),
      })),
    })),
    failed: comparison.failed,
  };
}
