/** @file Which measures are in reach for so many classes and rows: what would not end is said before the work starts. */
import { configError, listing } from "../../core/errors.ts";
import { FEATURE_MEASURES, type FeatureMeasure } from "./result.ts";

/**
 * Classes up to which a measure ends in minutes, and says something. broja: its coupling has 24 x 24 cells a class and is solved a dozen
 * times a fit, and 24 groups of posteriors tell little of more classes. cvx: tables of clusters are decomposed 180 times.
 */
const MOST_CLASSES: Readonly<Partial<Record<FeatureMeasure, number>>> = { broja: 200, cvx: 100 };
/** Log-probabilities of a source that broja keeps, of all fits: 3 GiB for its two sources and both. */
const MOST_LOGS = 2 ** 27;

/**
 * The measures that can be computed, and a warning about each other one. @throws ConfigError where none can.
 */
export function withinReach(
  measures: readonly FeatureMeasure[],
  { classes, rows, fits }: { readonly classes: number; readonly rows: number; readonly fits: number },
): { measures: readonly FeatureMeasure[]; warnings: string[] } {
  const reason = (measure: FeatureMeasure): string | undefined => {
    const most = MOST_CLASSES[measure] ?? Number.POSITIVE_INFINITY;
    if (classes > most) return `${classes} classes, and with more than ${most} it does not end in reasonable time`;
    const logs = rows * classes * fits;
    if (measure !== "broja" || logs <= MOST_LOGS) return undefined;
    return `${rows} rows x ${classes} classes x ${fits} fits are ${logs} log-probabilities a source, more than the ${MOST_LOGS} it keeps in memory`;
  };
  const kept = measures.filter((measure) => reason(measure) === undefined);
  const out = measures.filter((measure) => !kept.includes(measure));
  const possible = FEATURE_MEASURES.filter((measure) => reason(measure) === undefined);
  const told = out.map((measure) => `${measure} is out of reach: ${reason(measure)}`);
  if (kept.length === 0) {
    throw configError(
      `quantify: ${told.join("; ")}. Use --measure ${possible[0]} (in the library measures; in reach: ${listing(possible)}), or merge classes into coarser ones.`,
      { classes, rows, measures },
    );
  }
  return {
    measures: kept,
    warnings: told.map(
      (text) =>
        `${text}. It is left out, ${listing(kept)} ${kept.length === 1 ? "is" : "are"} computed; merge classes into coarser ones to have it.`,
    ),
  };
}
