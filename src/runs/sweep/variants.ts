/** @file One data set as the sweep's splits and shares of it: what each run is trained on and judged by. */
import { dataError, hint } from "../../core/errors.ts";
import type { DataSplits } from "../../data/dataset.ts";
import { foldSplits } from "../../data/folds.ts";
import { splitBy } from "../../data/split.ts";
import { classesApart, takeShare } from "../../data/subsets.ts";
import type { Experiment } from "./experiment.ts";

/** Data for runs with some of the seeds. */
export interface Variant {
  /** As the manifest names it: `own`, `speaker 0`, `fold 1/5`, `classes 0`. */
  readonly split: string;
  readonly trainShare: number;
  readonly seeds: readonly number[];
  readonly splits: DataSplits;
  /** Data of the classes kept apart. */
  readonly unseen?: DataSplits;
}

/** Shares of data that is split anew; train has the rest. */
const SHARES = { validation: 0.2, test: 0.2 } as const;
/** Folds are the same for every seed: a spread over seeds is then that of training, a spread over folds that of data. */
const FOLD_SEED = 0;

type Choice = Pick<Experiment, "splitBy" | "folds" | "classesOut" | "seeds" | "trainShares">;

/**
 * The variants of one data set, one after the other, so that they need not be in memory together. `groups` is what the data calls its
 * groups. @throws ConfigError or DataError for a split that the data does not allow.
 */
export function* variantsOf(data: DataSplits, choice: Choice, groups: string | undefined): Generator<Variant> {
  for (const split of splitsOf(data, choice, groups)) {
    for (const share of choice.trainShares) {
      if (share === 1) yield { ...split, trainShare: 1 };
      else {
        for (const seed of split.seeds) {
          const train = takeShare(split.splits.train, share, seed);
          yield { ...split, seeds: [seed], trainShare: share, splits: { ...split.splits, train } };
        }
      }
    }
  }
}

function* splitsOf(
  data: DataSplits,
  choice: Choice,
  groups: string | undefined,
): Generator<Omit<Variant, "trainShare">> {
  const { splitBy: by, folds, classesOut, seeds } = choice;
  if (folds !== undefined) {
    for (const [f, splits] of foldSplits(data, folds, FOLD_SEED).entries()) {
      yield { split: `fold ${f + 1}/${folds}`, seeds, splits };
    }
  } else if (classesOut !== undefined) {
    for (const seed of seeds) {
      const { seen, unseen } = classesApart(data, classesOut, seed);
      yield { split: `classes ${seed}`, seeds: [seed], splits: seen, unseen };
    }
  } else if (by === "own") yield { split: "own", seeds, splits: data };
  else {
    const named = by === "share" ? "share" : requireGroups(by, groups);
    for (const seed of seeds) {
      const splits = splitBy(data, by === "share" ? "share" : "group", { ...SHARES, seed });
      yield { split: `${named} ${seed}`, seeds: [seed], splits };
    }
  }
}

/** @throws DataError when the data has no groups, or others. */
function requireGroups(asked: string, groups: string | undefined): string {
  if (groups === undefined) {
    throw dataError(
      `cannot be split by "${asked}": it has no groups. Name their file in dataset.json, or split by share.`,
    );
  }
  if (asked === groups || asked === "group" || asked === "groups") return groups;
  throw dataError(`cannot be split by "${asked}"${hint(asked, ["own", "share", "group", groups])}`);
}
