/** @file Mutual information as the difference of two densities' entropies, h(X) - h(X | Y): a check on other estimates. */
import { dataError } from "../core/errors.ts";
import { permutation } from "../core/random.ts";
import { fitDensity, surprisal } from "./density.ts";
import { checkLabels, type Features, pointsOf, rowsOf } from "./features.ts";
import { checkKeys, checkWhole, type UnitOption } from "./options.ts";
import { fitWhitener, whiten } from "./whiten.ts";

/** Options of miKnife. */
export interface KnifeOptions extends UnitOption {
  readonly seed: number;
  /** Maximal number of whitened directions; 16. */
  readonly dimensions?: number;
}

/** An estimate with its terms. */
export interface KnifeEstimate {
  /** h(X) - h(X | Y) on held-out rows. Both entropies are bounded from above, so their difference is neither an upper nor a lower bound. */
  readonly value: number;
  /** Standard deviation of the rows' terms over the root of their number. */
  readonly se: number;
  /** Held-out rows, and whitened dimensions. */
  readonly rows: number;
  readonly dimensions: number;
}

/** Rows a class needs: half fit its density, a quarter select its size, a quarter are evaluated. Smaller classes are left out. */
export const KNIFE_ROWS = 12;

/**
 * I(X; Y) of features [N, D] and class numbers [N] from mixtures of Gaussians, one for all rows and one a class, in bits or
 * `unit: "nats"`. Few rows a dimension make the classes' densities poor and the value too small: use it to check, not to report.
 * Source: KNIFE (Pichler et al. 2022); EM in place of gradient steps is ours.
 *
 * @throws DataError for NaN, labels that do not fit, constant features, or fewer than two classes of 12 rows; ConfigError
 * for bad options.
 * @example miKnife({ shape: [N, 4], data }, labels, { seed: 0 }).value
 */
export function miKnife(features: Features, labels: ArrayLike<number>, options: KnifeOptions): KnifeEstimate {
  checkKeys("miKnife", options, ["seed", "dimensions", "unit"]);
  const seed = checkWhole("miKnife", "seed", options.seed, 0);
  const points = pointsOf(features, "miKnife");
  const classes = checkLabels(labels, points.rows, "miKnife");
  const members: number[][] = Array.from({ length: classes }, () => []);
  for (const row of permutation(points.rows, seed, "info.knife")) members[labels[row]!]!.push(row);
  const kept = members.filter((rows) => rows.length >= KNIFE_ROWS);
  if (kept.length < 2) {
    throw dataError(
      `miKnife: ${kept.length} of ${classes} classes have ${KNIFE_ROWS} rows or more; densities of two are needed.`,
      { counts: members.map((rows) => rows.length) },
    );
  }
  const part = (rows: readonly number[], from: number, to: number): number[] =>
    rows.slice(Math.floor(from * rows.length), Math.floor(to * rows.length));
  const fitted = kept.map((rows) => part(rows, 0, 0.5));
  const whitener = fitWhitener(rowsOf(points, fitted.flat()), options.dimensions ?? 16);
  const read = (rows: readonly number[]): Features => whiten(whitener, rowsOf(points, rows));
  const fit = (rows: readonly (readonly number[])[], step: number) =>
    fitDensity(read(rows.flatMap((list) => part(list, 0, 0.5))), read(rows.flatMap((list) => part(list, 0.5, 0.75))), {
      seed: seed + step,
    });
  const all = fit(kept, 0);
  const unit = options.unit === undefined ? {} : { unit: options.unit };
  const terms = kept.flatMap((rows, k) => {
    const judged = read(part(rows, 0.75, 1));
    const within = surprisal(fit([rows], k + 1), judged, unit);
    return Array.from(surprisal(all, judged, unit), (h, i) => h - within[i]!);
  });
  const value = terms.reduce((sum, term) => sum + term, 0) / terms.length;
  const square = terms.reduce((sum, term) => sum + (term - value) ** 2, 0) / Math.max(1, terms.length - 1);
  return { value, se: Math.sqrt(square / terms.length), rows: terms.length, dimensions: whitener.kept };
}
