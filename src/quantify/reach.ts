/** @file Which measures are feasible for a number of classes and rows; checked before the work starts. */
import { configError, listing } from "../core/errors.ts";
import { FEATURE_MEASURES, type FeatureMeasure } from "./result.ts";

/**
 * Maximum classes for which a measure takes minutes and is informative. broja: its coupling has 24 x 24 cells per class and is solved a
 * dozen times per fit, and 24 groups of posteriors carry little information about more classes. cvx: tables of clusters are decomposed 180 times.
 */
const MAX_CLASSES: Readonly<Partial<Record<FeatureMeasure, number>>> = { broja: 200, cvx: 100 };
/** Maximum log-probabilities per source that broja keeps, over all fits: 3 GiB for first, second and both. */
const MAX_LOGS = 2 ** 27;

/**
 * The feasible measures, and a warning for each infeasible one. @throws ConfigError when none is feasible.
 */
export function withinReach(
  measures: readonly FeatureMeasure[],
  { classes, rows, fits }: { readonly classes: number; readonly rows: number; readonly fits: number },
): { measures: readonly FeatureMeasure[]; warnings: string[] } {
  const reason = (measure: FeatureMeasure): string | undefined => {
    const max = MAX_CLASSES[measure] ?? Number.POSITIVE_INFINITY;
    if (classes > max) return `${classes} classes, and more than ${max} take too long`;
    const logs = rows * classes * fits;
    if (measure !== "broja" || logs <= MAX_LOGS) return undefined;
    return `${rows} rows x ${classes} classes x ${fits} fits are ${logs} log-probabilities per source, more than the ${MAX_LOGS} it keeps in memory`;
  };
  const kept = measures.filter((measure) => reason(measure) === undefined);
  const infeasible = measures.filter((measure) => !kept.includes(measure));
  const possible = FEATURE_MEASURES.filter((measure) => reason(measure) === undefined);
  const reasons = infeasible.map((measure) => `${measure} is not feasible: ${reason(measure)}`);
  if (kept.length === 0) {
    throw configError(
      `quantify: ${reasons.join("; ")}. Use --measure ${possible[0]} (in the library: measures; feasible: ${listing(possible)}), or merge classes into coarser ones.`,
      { classes, rows, measures },
    );
  }
  return {
    measures: kept,
    warnings: reasons.map(
      (text) =>
        `${text}. It is left out; ${listing(kept)} ${kept.length === 1 ? "is" : "are"} computed. Merge classes into coarser ones to compute it.`,
    ),
  };
}
