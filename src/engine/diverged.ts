/** @file The error of training whose numbers are no longer finite. */
import { type DmilError, type ErrorFields, runError } from "../core/errors.ts";
import type { EpochMetrics } from "../targets/epoch-metrics.ts";

/** The RunError for a loss or metric that is not finite; `fields.diverged` is true. */
export function diverged(what: string, learningRate: number, fields: ErrorFields): DmilError {
  const lower = learningRate > 1 ? 0.001 : Number((learningRate / 10).toPrecision(2));
  return runError(
    `${what} Lower the learning rate (${learningRate} here; try ${lower}) or set clipNorm, for example to 1.`,
    { ...fields, diverged: true },
  );
}

/** Names of an epoch's metrics that are not finite. */
export function notFinite(metrics: EpochMetrics): string[] {
  return Object.entries(metrics).flatMap(([name, value]) => (Number.isFinite(value) ? [] : [`${name} ${value}`]));
}
