/** @file Gradient descent with momentum, step for step PyTorch's (without dampening). */
import * as z from "zod";
import { configError } from "../core/errors.ts";
import { parseOptions } from "../core/options.ts";
import type { Optimiser } from "./optimiser.ts";
import { fraction, notNegative } from "./settings.ts";

/** Settings of gradient descent; defaults are PyTorch's, except for the learning rate. */
export interface SgdOptions {
  /** Base learning rate of all stages. Default: that of each stage. */
  readonly learningRate?: number;
  /** Momentum, in [0, 1). Default 0. */
  readonly momentum?: number;
  /** Weight decay, added to the gradient. Default 0. */
  readonly weightDecay?: number;
  /** Nesterov momentum; needs momentum above 0. Default false. */
  readonly nesterov?: boolean;
}

/** Complete options; the learning rate only if it was given. */
export type SgdSettings = Required<Omit<SgdOptions, "learningRate">> & { readonly learningRate?: number | undefined };

/**
 * Gradient descent.
 * @throws ConfigError for an unknown or impossible setting, and for nesterov without momentum.
 * Source: Sutskever et al., ICML 2013, in PyTorch's form (the learning rate stays outside the momentum).
 */
export function sgd(options: SgdOptions = {}): Optimiser<SgdSettings> {
  const schema = z.strictObject({
    learningRate: notNegative("0.001").optional(),
    momentum: fraction("0.9").default(0),
    weightDecay: notNegative("0.0001").default(0),
    nesterov: z.boolean().default(false),
  });
  const settings = Object.freeze(parseOptions(schema, options, "sgd"));
  if (settings.nesterov && settings.momentum === 0) {
    throw configError("sgd.nesterov: true given with momentum 0; nesterov needs momentum above 0, for example 0.9.");
  }
  return Object.freeze<Optimiser<SgdSettings>>({
    name: "sgd",
    slots: settings.momentum === 0 ? 0 : 1,
    learningRate: settings.learningRate,
    settings,
    update(kernels, { param, grad, slots, count }, step) {
      kernels.sgd(param, grad, slots[0] ?? 0, count, { ...settings, ...step });
    },
  });
}
