/** @file A schedule that reduces the learning rate when a metric stops improving. */
import * as z from "zod";
import { runError } from "../core/errors.ts";
import { shown } from "../core/keys.ts";
import { parseOptions } from "../core/options.ts";
import type { PlateauMemory, Schedule } from "./schedule.ts";
import { fraction, notNegative, whole } from "./settings.ts";

/** Settings of `plateau`; defaults are PyTorch's. */
export interface PlateauOptions {
  /** Whether a larger ("max", as for accuracy) or smaller ("min", as for a loss) metric is better. */
  readonly mode: "max" | "min";
  /** Factor of a reduction, in [0, 1). Default 0.1. */
  readonly factor?: number;
  /** Epochs without improvement before the rate is reduced at the next one. Default 10. */
  readonly patience?: number;
  /** Relative improvement over the best that counts. Default 1e-4. */
  readonly threshold?: number;
  /** Epochs after a reduction that do not count as epochs without improvement. Default 0. */
  readonly cooldown?: number;
  /** The smallest factor of the base rate. Default 0. */
  readonly minimum?: number;
}

/**
 * Multiplies the rate by `factor` after `patience` epochs without a better metric.
 * @throws ConfigError for an unknown or impossible setting; `next` throws RunError for a metric that is not finite.
 * Source: torch.optim.lr_scheduler.ReduceLROnPlateau with a relative threshold, min_lr = minimum times the base rate and eps = 0.
 */
export function plateau(options: PlateauOptions): Schedule<Required<PlateauOptions>> {
  const settings = Object.freeze(parseOptions(schema(), options, "plateau"));
  const { mode, factor, patience, threshold, cooldown, minimum } = settings;
  const better = (metric: number, best: number): boolean =>
    mode === "max" ? metric > best * (1 + threshold) : metric < best * (1 - threshold);

  return Object.freeze<Schedule<Required<PlateauOptions>>>({
    name: "plateau",
    settings,
    initial: () => ({ epoch: 0, factor: 1, plateau: { best: null, waited: 0, cooldown: 0 } }),
    next(state, metric) {
      const epoch = state.epoch + 1;
      if (!Number.isFinite(metric)) {
        throw runError(
          `plateau: the metric after epoch ${epoch} is ${metric}; a plateau is judged by finite numbers.`,
          {
            epoch,
            metric,
          },
        );
      }
      const before = memoryOf(state.plateau);
      const improved = before.best === null || better(metric, before.best);
      const best = improved ? metric : before.best;
      const cooling = before.cooldown > 0;
      const waited = improved || cooling ? 0 : before.waited + 1;
      if (waited <= patience) {
        const left = cooling ? before.cooldown - 1 : 0;
        return { epoch, factor: state.factor, plateau: { best, waited, cooldown: left } };
      }
      const lower = Math.max(state.factor * factor, minimum);
      return { epoch, factor: Math.min(state.factor, lower), plateau: { best, waited: 0, cooldown } };
    },
  });
}

function schema() {
  return z.strictObject({
    mode: z.enum(["max", "min"], { error: (issue) => `${shown(issue.input)} given; allowed are "max" and "min"` }),
    factor: fraction("0.1").default(0.1),
    patience: whole(0, "10").default(10),
    threshold: notNegative("1e-4").default(1e-4),
    cooldown: whole(0, "0").default(0),
    minimum: fraction("0.001").default(0),
  });
}

function memoryOf(memory: PlateauMemory | undefined): PlateauMemory {
  if (memory !== undefined) return memory;
  throw runError(
    "plateau: the saved schedule state was made by another schedule. Resume with the schedule the run began with.",
  );
}
