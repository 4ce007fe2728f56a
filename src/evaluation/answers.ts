/** @file Predictions in the data's own words: the class with probabilities, the labels with probabilities, or values in the data's unit. */
import { targetTypes } from "../targets/index.ts";
import type { Answer } from "../targets/target.ts";
import type { Fitted } from "./model.ts";
import type { Predictions } from "./predict.ts";

/** The calibrated prediction of each sample, in the order of the samples. */
export function answersOf({ target, calibration }: Fitted, { logits }: Pick<Predictions, "logits">): Answer[] {
  const type = targetTypes[target.kind];
  const { best, values } = type.answers(logits, { target, calibration }, "prediction");
  return Array.from({ length: logits.length / type.outputs(target.names) }, (_, row) => ({
    ...(best !== undefined && { label: best(row).prediction }),
    values: values(row),
  }));
}
