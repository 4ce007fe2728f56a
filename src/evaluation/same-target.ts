/** @file Checks that data has the target that a model predicts. */

import { dataError, listing } from "../core/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { kindWords } from "../data/kinds.ts";
import { describeTarget, sameTarget } from "../data/target.ts";
import type { Fitted } from "./model.ts";

/** @throws DataError if the names of classes, labels or values differ from those of the training data, or are in another order. */
export function requireClasses(fitted: Fitted, dataset: Dataset): void {
  const { classes, target } = fitted;
  if (target !== undefined || dataset.target !== undefined) {
    if (target !== undefined && dataset.target !== undefined && sameTarget(target, dataset.target)) return;
    const model =
      target === undefined
        ? `classes (${listing(classes)})`
        : `${kindWords[target.kind].many} (${listing(target.names)})`;
    throw dataError(
      `the ${dataset.name} data has ${describeTarget(dataset)}, the model ${model}; they must be the same in the same order. Say so under "target" in dataset.json.`,
    );
  }
  if (classes.length === dataset.classes.length && classes.every((name, k) => name === dataset.classes[k])) return;
  throw dataError(
    `the ${dataset.name} data has the classes ${listing(dataset.classes)}, the model ${listing(classes)}; they must be the same in the same order. Name them in dataset.json.`,
    { data: dataset.classes, model: classes },
  );
}
