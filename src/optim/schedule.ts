/** @file Schedules: how the learning rate moves from epoch to epoch, as pure functions of a small state. */
import * as z from "zod";
import { parseOptions } from "../core/options.ts";
import { fraction, positive, whole } from "./settings.ts";

/** Where a schedule stands after some epochs; plain data, so that a checkpoint can hold it as JSON. */
export interface ScheduleState {
  /** Epochs finished. */
  readonly epoch: number;
  /** Multiplies the base learning rate in the next epoch. */
  readonly factor: number;
  /** What `plateau` remembers besides; other schedules have none. */
  readonly plateau?: PlateauMemory;
}

/** The memory of a plateau schedule. */
export interface PlateauMemory {
  /** The best metric so far; null before the first epoch. */
  readonly best: number | null;
  /** Epochs without a better metric, since the last one or the last cut. */
  readonly waited: number;
  /** Epochs still to pass before waiting counts again. */
  readonly cooldown: number;
}

/** A schedule as a value. As JSON it is its settings. */
export interface Schedule<Settings extends object = object> {
  readonly name: string;
  readonly settings: Readonly<Settings>;
  /** The state before the first epoch: factor 1. */
  initial(): ScheduleState;
  /** The state after one more epoch; `metric` is that epoch's validation figure (only `plateau` looks at it). */
  next(state: ScheduleState, metric: number): ScheduleState;
}

/** The base learning rate throughout. */
export function constant(): Schedule {
  return byEpoch("constant", {}, () => 1);
}

/** Settings of `step`. */
export interface StepOptions {
  /** Epochs between two cuts. */
  readonly every: number;
  /** What each cut multiplies the rate by, 0.1. */
  readonly factor?: number;
}

/**
 * Multiplies the rate by `factor` after each `every` epochs.
 * @throws ConfigError for an unknown or impossible setting.
 * Source: torch.optim.lr_scheduler.StepLR.
 */
export function step(options: StepOptions): Schedule<Required<StepOptions>> {
  const schema = z.strictObject({ every: whole(1, "10"), factor: positive("0.1").default(0.1) });
  const settings = parseOptions(schema, options, "step");
  return byEpoch("step", settings, (epoch) => settings.factor ** Math.floor(epoch / settings.every));
}

/** Settings of `cosine`. */
export interface CosineOptions {
  /** Epochs from the base rate down to the minimum. */
  readonly epochs: number;
  /** The lowest factor, a share of the base rate, 0. */
  readonly minimum?: number;
}

/**
 * Half a cosine from factor 1 down to `minimum`; trained on for longer, the rate climbs again, as in PyTorch.
 * @throws ConfigError for an unknown or impossible setting.
 * Source: torch.optim.lr_scheduler.CosineAnnealingLR, whose eta_min is minimum times the base rate.
 */
export function cosine(options: CosineOptions): Schedule<Required<CosineOptions>> {
  const schema = z.strictObject({ epochs: whole(1, "30"), minimum: fraction("0.01").default(0) });
  const settings = parseOptions(schema, options, "cosine");
  const { epochs, minimum } = settings;
  return byEpoch("cosine", settings, (epoch) => {
    return minimum + ((1 - minimum) * (1 + Math.cos((Math.PI * epoch) / epochs))) / 2;
  });
}

/** A schedule whose factor depends on the epoch alone. */
function byEpoch<S extends object>(name: string, settings: S, factor: (epoch: number) => number): Schedule<S> {
  return Object.freeze<Schedule<S>>({
    name,
    settings: Object.freeze(settings),
    initial: () => ({ epoch: 0, factor: factor(0) }),
    next: ({ epoch }) => ({ epoch: epoch + 1, factor: factor(epoch + 1) }),
  });
}
