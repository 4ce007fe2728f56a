/** @file Learning rate schedules, as pure functions of a small state that is updated after each epoch. */
import * as z from "zod";
import { parseOptions } from "../core/options.ts";
import { fraction, positive, whole } from "./settings.ts";

/** The state of a schedule; plain data, so that a checkpoint can store it as JSON. */
export interface ScheduleState {
  /** Finished epochs. */
  readonly epoch: number;
  /** Multiplies the base learning rate in the next epoch. */
  readonly factor: number;
  /** Additional state of `plateau`; other schedules have none. */
  readonly plateau?: PlateauMemory;
}

/** The additional state of a plateau schedule. */
export interface PlateauMemory {
  /** The best metric so far; null before the first epoch. */
  readonly best: number | null;
  /** Epochs since the last improvement or the last reduction. */
  readonly waited: number;
  /** Remaining cooldown epochs. */
  readonly cooldown: number;
}

/** A schedule as a value. As JSON it is its settings. */
export interface Schedule<Settings extends object = object> {
  readonly name: string;
  readonly settings: Readonly<Settings>;
  /** The state before the first epoch: factor 1. */
  initial(): ScheduleState;
  /** The state after one more epoch; `metric` is that epoch's validation metric (only `plateau` uses it). */
  next(state: ScheduleState, metric: number): ScheduleState;
}

/** The base learning rate throughout. */
export function constant(): Schedule {
  return byEpoch("constant", {}, () => 1);
}

/** Settings of `step`. */
export interface StepOptions {
  /** Epochs between two reductions. */
  readonly every: number;
  /** Factor of each reduction. Default 0.1. */
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
  /** The smallest factor of the base rate. Default 0. */
  readonly minimum?: number;
}

/**
 * Half a cosine from factor 1 down to `minimum`; after more epochs the rate increases again, as in PyTorch.
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
