/** @file The metric by which a run selects the best epoch of each stage: the stage's, or the one that the run's options name. */
import { configError, hint } from "../core/errors.ts";
import { kindWords, type TargetKind } from "../data/kinds.ts";
import type { Widths } from "../engine/graph.ts";
import type { Stage } from "../methods/method.ts";
import { type EpochMetrics, isBetter, type Selection } from "../targets/epoch-metrics.ts";
import { targetTypes } from "../targets/index.ts";

/** Names of the metrics that a run may select its epochs by (`EpochMetrics`). */
export const MONITORS = ["accuracy", "logLoss", "calibrated", "r2", "squaredError"] as const;
export type Monitor = (typeof MONITORS)[number];

/** @throws ConfigError if data with this kind of target has no such metric. */
export function requireMonitor(monitor: string | undefined, kind: TargetKind): void {
  const allowed = Object.keys(targetTypes[kind].directions);
  if (monitor === undefined || allowed.includes(monitor)) return;
  const message = `${monitor} given, but this data has ${kindWords[kind].many}, whose validation metrics are others${hint(monitor, allowed)}`;
  throw configError(`monitor: ${message}`, { issues: [{ path: ["monitor"], message }] });
}

/** The metric that validation computes besides those that it always does. */
export function scoredFor(best: Selection, monitor: Monitor | undefined): Selection {
  return monitor === "calibrated" ? monitor : best;
}

/** What selects the best epoch of a stage. */
interface Selecting {
  readonly stage: Pick<Stage<never>, "best">;
  readonly widths: Pick<Widths, "kind">;
  readonly options: { readonly monitor?: Monitor };
}

/** The monitored value of an epoch; larger is better. */
export function monitoredBy({ stage, widths, options: { monitor } }: Selecting, metrics: EpochMetrics): number {
  const type = targetTypes[widths.kind ?? "multiclass"];
  return monitor === undefined ? type.monitored(metrics, stage.best) : type.directions[monitor]! * metrics[monitor]!;
}

/** Whether an epoch is better than the best one before it; of equal ones, the one with the lower log-loss. */
export function isBetterBy(selection: Selecting, now: EpochMetrics, before: EpochMetrics): boolean {
  const { stage, widths, options } = selection;
  if (options.monitor === undefined) return isBetter(targetTypes[widths.kind ?? "multiclass"], now, before, stage.best);
  const gain = monitoredBy(selection, now) - monitoredBy(selection, before);
  return gain > 0 || (gain === 0 && (now.logLoss ?? 0) < (before.logLoss ?? 0));
}
