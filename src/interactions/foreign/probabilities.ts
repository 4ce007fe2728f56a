/** @file Checks probabilities or logits of any origin and converts them to log-probabilities. */
import { dataError } from "../../core/errors.ts";
import { logSoftmaxRows } from "../../targets/metrics.ts";

/** Tolerance for the sum of a row of probabilities, which may have been rounded when they were written. */
const SLACK = 0.01;
/** Minimum that replaces a probability of 0. */
const MIN_PROBABILITY = 1e-7;

/** Describes the location of a number in messages. */
type PlaceOf = (row: number, column: number) => string;

/** Log-probabilities [N, K] in nats, and how many probabilities were 0. */
export interface Logs {
  readonly logs: Float64Array;
  readonly zeros: number;
}

/**
 * Log-probabilities of probabilities (or of logits) [N, K]. A probability of 0 would be infinite evidence. If there are any, probabilities
 * are clipped from below at half of the smallest positive one of the same predictor, at least 1e-7, and rows are normalised to sum to 1.
 * @throws DataError for NaN, infinite or negative numbers, numbers above 1, and rows that do not sum to 1.
 */
export function logsOf(values: Float64Array, classes: number, logits: boolean, place: PlaceOf): Logs {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  const at = (i: number): string => place(Math.floor(i / classes), i % classes);
  if (bad >= 0) {
    throw dataError(
      `${at(bad)} is ${values[bad]}; every prediction must be a finite number. Remove such rows, or predict them again.`,
    );
  }
  if (logits) return { logs: logSoftmaxRows(values, classes), zeros: 0 };
  const outside = values.findIndex((value) => value < 0 || value > 1 + SLACK);
  if (outside >= 0) {
    throw dataError(
      `${at(outside)} is ${values[outside]}, ${values[outside]! < 0 ? "below 0" : "above 1"}: not a probability. If these are logits, say so: --logits.`,
    );
  }
  let smallest = 1;
  let zeros = 0;
  for (let start = 0; start < values.length; start += classes) {
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const p = values[start + k]!;
      sum += p;
      if (p === 0) zeros++;
      else if (p < smallest) smallest = p;
    }
    if (Math.abs(sum - 1) > SLACK) {
      throw dataError(
        `${at(start)}: the probabilities of this row sum to ${Number(sum.toPrecision(4))}, not to 1. Give one for every class. If these are logits, say so: --logits.`,
      );
    }
  }
  const floor = zeros === 0 ? 0 : Math.max(MIN_PROBABILITY, smallest / 2);
  return {
    logs: logSoftmaxRows(
      values.map((p) => Math.log(Math.max(p, floor))),
      classes,
    ),
    zeros,
  };
}
