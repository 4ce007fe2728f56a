/** @file Kinds of targets as data has them: their words in files and messages. What a kind means for models is in targets/. */

/** What is predicted: one of several classes, one of several classes in an order, several yes/no labels, or numbers. The words are those of scikit-learn. */
export const TARGET_KINDS = ["multiclass", "ordinal", "multilabel", "regression"] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** The kinds whose samples have one of several named classes. */
export const CLASS_KINDS: readonly ["multiclass", "ordinal"] = ["multiclass", "ordinal"];
export type ClassKind = (typeof CLASS_KINDS)[number];

export function isClassKind(kind: TargetKind): kind is ClassKind {
  return CLASS_KINDS.some((one) => one === kind);
}

/** A kind in words. */
interface KindWords {
  /** What one of the target's names is: `class`, `label`, `value`. */
  readonly one: string;
  readonly many: string;
  /** The kind's word in files written before it had the name of scikit-learn; hashes of data still use it. */
  readonly former: string;
}

/** Words for messages and files, by kind. */
export const kindWords: Readonly<Record<TargetKind, KindWords>> = {
  multiclass: { one: "class", many: "classes", former: "classes" },
  ordinal: { one: "class", many: "ordered classes", former: "ordinal" },
  multilabel: { one: "label", many: "labels", former: "labels" },
  regression: { one: "value", many: "values", former: "values" },
};

/** The kind that a word in a file or flag means: former words are still read. Other values are returned as they are. */
export function currentKind(word: unknown): unknown {
  return TARGET_KINDS.find((kind) => kindWords[kind].former === word) ?? word;
}
