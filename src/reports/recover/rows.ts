/** @file The results of the recovery suite for programs: one row per number. */
import type { RecoveryResult } from "../../experiments/recover/job.ts";
import type { Row } from "../../runs/tables.ts";

/** All numbers of all results as rows: case, method, seed, metric (a dotted path), value. */
export function resultRows(results: readonly RecoveryResult[]): Row[] {
  return results.flatMap(({ job, seconds, metrics, ceiling, against, sets, probes, synergyBound }) => {
    const { reliability: _, components: __, ...found } = metrics;
    const { reliability: ___, components: ____, own: _____, ...exact } = ceiling;
    const all = {
      seconds,
      ...found,
      exact,
      against,
      ...(sets && { sets }),
      ...(probes && { probes }),
      ...(synergyBound && { synergyBound }),
    };
    return numbersOf(all, "").map(([metric, value]) => ({
      case: job.case,
      method: job.method,
      seed: job.seed,
      metric,
      value,
    }));
  });
}

function numbersOf(value: unknown, path: string): [string, number][] {
  if (typeof value === "number") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => numbersOf(part, path === "" ? key : `${path}.${key}`));
}
