/** @file The variants of a data set in a sweep: its splits and shares of training samples. */
import { dataError, hint } from "../core/errors.ts";
import type { DataSplits } from "../data/dataset.ts";
import { foldSplits } from "../data/folds.ts";
import { splitBy } from "../data/split.ts";
import { classesApart, takeShare } from "../data/subsets.ts";
import type { Experiment } from "./experiment.ts";

/** The data of the runs with the given seeds. */
export interface Variant {
  /** Name in the manifest: `own`, `speaker 0`, `fold 1/5`, `classes 0`. */
  readonly split: string;
  readonly trainShare: number;
  readonly seeds: readonly number[];
  readonly splits: DataSplits;
  /** Data of the classes left out of training. */
  readonly unseen?: DataSplits;
}

/** Shares of a new split; train has the rest. */
const SHARES = { validation: 0.2, test: 0.2 } as const;
/** Folds are the same for every seed, so that the variance over seeds comes from training and the variance over folds from data. */
const FOLD_SEED = 0;

type Choice = Pick<Experiment, "splitBy" | "folds" | "classesOut" | "seeds" | "trainShares">;

/**
 * Generates the variants of one data set one by one, so that only one is in memory. `groups` is the name of the groups.
 * @throws ConfigError or DataError for a split that the data does not allow.
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
    const name = by === "share" ? "share" : requireGroups(by, groups);
    for (const seed of seeds) {
      const splits = splitBy(data, by === "share" ? "share" : "group", { ...SHARES, seed });
      yield { split: `${name} ${seed}`, seeds: [seed], splits };
    }
  }
}

/** The name of the groups. @throws DataError if the data has no groups, or groups with another name. */
function requireGroups(requested: string, groups: string | undefined): string {
  if (groups === undefined) {
    throw dataError(
      `cannot be split by "${requested}", because it has no groups. Name the file of groups in dataset.json, or split by share.`,
    );
  }
  if (requested === groups || requested === "group" || requested === "groups") return groups;
  throw dataError(`cannot be split by "${requested}"${hint(requested, ["own", "share", "group", groups])}`);
}
