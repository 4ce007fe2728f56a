/** @file The results of the recovery suite for programs: one row per number. */
import type { RecoveryResult } from "../../experiments/recover/job.ts";
import type { Row } from "../../runs/tables.ts";

/** All numbers of all results as rows: case, method, seed, metric (a dotted path), value. */
export function resultRows(results: readonly RecoveryResult[]): Row[] {
  return results.flatMap(({ job, seconds, figures, ceiling, against, sets, probes, theorem1 }) => {
    const { reliability: _, components: __, ...metrics } = figures;
    const { reliability: ___, components: ____, own: _____, ...exact } = ceiling;
    const all = {
      seconds,
      ...metrics,
      exact,
      against,
      ...(sets && { sets }),
      ...(probes && { probes }),
      ...(theorem1 && { theorem1 }),
    };
    return numbersOf(all, "").map(([figure, value]) => ({
      case: job.case,
      method: job.method,
      seed: job.seed,
      figure,
      value,
    }));
  });
}

function numbersOf(value: unknown, path: string): [string, number][] {
  if (typeof value === "number") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => numbersOf(part, path === "" ? key : `${path}.${key}`));
}
