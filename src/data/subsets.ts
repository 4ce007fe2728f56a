/** @file Subsets of data: shares of the training samples for learning curves, and held-out classes. */

import { configError } from "../core/errors.ts";
import { permutation } from "../core/random.ts";
import { checkSplits } from "./check.ts";
import { type DataSplits, type Dataset, mapSplits, takeRows } from "./dataset.ts";
import { pooled, splitBy, strata } from "./split.ts";
import { classesOf, classTarget, labelsOf, requireKind } from "./target.ts";

/**
 * A stratified share of the samples (at least one per class). With the same seed, a smaller share is a subset of a larger one. Rows keep
 * their order. @throws ConfigError for a share outside (0, 1].
 */
export function takeShare(dataset: Dataset, share: number, seed: number): Dataset {
  if (!(share > 0 && share <= 1)) {
    throw configError(`takeShare: share is ${share}; a number above 0, up to 1, is needed.`, { share });
  }
  const members = strata(dataset, permutation(dataset.size, seed, "share"));
  const rows = members.flatMap((own) => own.slice(0, Math.max(1, Math.round(share * own.length))));
  return takeRows(
    dataset,
    rows.sort((a, b) => a - b),
  );
}

/** Data with some classes held out from training. */
interface ClassesApart {
  /** The other classes in their original splits; labels are renumbered from 0. */
  readonly seen: DataSplits;
  /** All samples of the held-out classes, half of them in `test`; for a probe. */
  readonly unseen: DataSplits;
}

/** Shares of the samples of held-out classes; the rest, two fifths, trains the probe. */
const UNSEEN = { validation: 0.1, test: 0.5 } as const;

/**
 * Holds out `count` classes, drawn by the seed. @throws ConfigError when fewer than two classes would be left on either side,
 * or the data has no classes; DataError for missing labels.
 */
export function classesApart(splits: DataSplits, count: number, seed: number): ClassesApart {
  requireKind(splits.train, ["multiclass"], "classesApart");
  const classes = classesOf(splits.train);
  if (!Number.isInteger(count) || count < 2 || count > classes.length - 2) {
    const most = classes.length - 2;
    const allowed =
      most < 2 ? "at least 4 classes are needed to keep 2 apart" : `allowed is a whole number from 2 to ${most}`;
    throw configError(`${count} of ${classes.length} classes cannot be kept apart; ${allowed}.`, { count, classes });
  }
  const order = [...permutation(classes.length, seed, "classes apart")];
  const apart = order.slice(0, count).sort((a, b) => a - b);
  const kept = order.slice(count).sort((a, b) => a - b);
  const seen = mapSplits((split) => ofClasses(splits[split], kept));
  checkSplits(seen);
  const all = pooled(splits, "classesApart");
  return { seen, unseen: splitBy(ofClasses(all, apart), "share", { ...UNSEEN, seed }) };
}

/** The samples of some classes, with labels renumbered in that order. */
function ofClasses(dataset: Dataset, chosen: readonly number[]): Dataset {
  const labels = labelsOf(dataset);
  const rows = [...labels.keys()].filter((row) => chosen.includes(labels[row]!));
  const taken = takeRows(dataset, rows);
  return {
    ...taken,
    ...classTarget(
      chosen.map((k) => dataset.target.names[k]!),
      labelsOf(taken).map((label) => chosen.indexOf(label)),
    ),
  };
}
