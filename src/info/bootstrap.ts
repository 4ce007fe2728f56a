/** @file Bootstrap uncertainty of the numbers of a table. */

import { configError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { ESTIMATES, type Estimates, estimatesOf, quantile } from "./estimates.ts";
import { checkChoice, checkKeys, checkWhole } from "./options.ts";
import { PID_MEASURES, type PidMeasure } from "./pid.ts";
import { countsOf, MAX_ROWS, resample } from "./sample.ts";
import { type TableInput, tableOfRank } from "./table.ts";

/** Options of bootstrap. */
export interface BootstrapOptions {
  readonly seed: number;
  /** Resamples; 200. */
  readonly rounds?: number;
  /** "broja" by default. */
  readonly measure?: PidMeasure;
  /** Coverage of the interval and of the upper limit; 0.95. */
  readonly level?: number;
  /**
   * Rows of a resample: N when left out, or "fewer" for N^0.7, which stays valid where an atom is 0 and its law far from
   * normal. Deviations are scaled by sqrt(rows / N).
   */
  readonly rows?: number | "fewer";
}

/** A value with its uncertainty, in bits. */
export interface BootstrapValue {
  /** The plug-in value. */
  readonly value: number;
  /** 2 value - mean of the resamples: a resample repeats the bias, so this subtracts it once. */
  readonly centred: number;
  /** Percentiles of the resamples' deviations from their mean, around `centred`. */
  readonly lower: number;
  readonly upper: number;
  /** One-sided: above this only with probability 1 - level. Report this for an atom near 0. */
  readonly upperLimit: number;
}

/** Values by name, and how many resamples did not converge. */
export type BootstrapResult = Readonly<Record<keyof Estimates, BootstrapValue>> & { readonly unconverged: number };

/**
 * Rows of counts [x1, x2, y] drawn again with replacement: informations and atoms with intervals, in bits.
 * Source: Efron 1979; the centring is ours.
 *
 * @throws DataError when the cells are not counts; ConfigError for unknown options or a seed that is no whole number.
 * @example bootstrap(counts, { seed: 0 }).S.lower
 */
export function bootstrap(input: TableInput, options: BootstrapOptions): BootstrapResult {
  checkKeys("bootstrap", options, ["seed", "rounds", "measure", "level", "rows"]);
  const measure = checkChoice("bootstrap", "measure", options.measure ?? "broja", PID_MEASURES);
  const seed = checkWhole("bootstrap", "seed", options.seed, 0);
  const rounds = checkWhole("bootstrap", "rounds", options.rounds ?? 200, 2);
  const level = options.level ?? 0.95;
  if (!(level > 0 && level < 1))
    throw configError(`bootstrap: level is ${level}; it must lie between 0 and 1.`, { level });
  const table = tableOfRank(input, 3, "bootstrap", "[x1, x2, y]");
  countsOf(table, "bootstrap");
  const all = Math.round(table.total);
  const rows =
    options.rows === "fewer"
      ? Math.max(1, Math.round(all ** 0.7))
      : checkWhole("bootstrap", "rows", options.rows ?? all, 1, MAX_ROWS);

  const plugIn = estimatesOf(table, measure);
  const drawn = Array.from({ length: rounds }, (_, round) =>
    estimatesOf(resample(table, rows, stream(seed, "info.bootstrap", round)), measure),
  );
  const scale = Math.sqrt(rows / all);
  const entries = ESTIMATES.map((name) => {
    const sorted = Float64Array.from(drawn, ({ values }) => values[name]).sort();
    const mean = sorted.reduce((sum, value) => sum + value, 0) / rounds;
    const value = plugIn.values[name];
    // With fewer rows the resamples' bias is not the sample's, so there is no correction.
    const centred = rows === all ? 2 * value - mean : value;
    const at = (share: number): number => centred + scale * (quantile(sorted, share) - mean);
    const tail = (1 - level) / 2;
    return [name, { value, centred, lower: at(tail), upper: at(1 - tail), upperLimit: at(level) }];
  });
  const unconverged = drawn.reduce((count, { converged }) => count + (converged ? 0 : 1), 0);
  return { ...(Object.fromEntries(entries) as Record<keyof Estimates, BootstrapValue>), unconverged };
}
