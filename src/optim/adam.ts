/** @file Adam and AdamW, step for step those of PyTorch. */
import * as z from "zod";
import { parseOptions } from "../core/options.ts";
import type { Optimiser } from "./optimiser.ts";
import { fraction, notNegative, positive } from "./settings.ts";

/** Settings of Adam and AdamW; defaults are PyTorch's, except for the learning rate. */
export interface AdamOptions {
  /** Base learning rate of all stages. Default: that of each stage. */
  readonly learningRate?: number;
  /** Decay rate of the first moment, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay rate of the second moment, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Added to the square root of the second moment. Default 1e-8. */
  readonly epsilon?: number;
  /** Weight decay. Default 0 for Adam, 0.01 for AdamW. */
  readonly weightDecay?: number;
}

/** Complete options; the learning rate only if it was given. */
export type AdamSettings = Required<Omit<AdamOptions, "learningRate">> & { readonly learningRate?: number | undefined };

/**
 * Adam; the weight decay is added to the gradient.
 * @throws ConfigError for an unknown or impossible setting.
 * Source: Kingma & Ba, ICLR 2015, algorithm 1.
 */
export function adam(options: AdamOptions = {}): Optimiser<AdamSettings> {
  return describe("adam", options, 0, false);
}

/**
 * AdamW; the weight decay shrinks the parameter by the share learningRate weightDecay, apart from the gradient.
 * @throws ConfigError for an unknown or impossible setting.
 * Source: Loshchilov & Hutter, ICLR 2019, algorithm 2, with the decay times the learning rate as in PyTorch.
 */
export function adamw(options: AdamOptions = {}): Optimiser<AdamSettings> {
  return describe("adamw", options, 0.01, true);
}

function describe(
  name: string,
  options: AdamOptions,
  weightDecay: number,
  decoupled: boolean,
): Optimiser<AdamSettings> {
  const schema = z.strictObject({
    learningRate: notNegative("0.001").optional(),
    beta1: fraction("0.9").default(0.9),
    beta2: fraction("0.999").default(0.999),
    epsilon: positive("1e-8").default(1e-8),
    weightDecay: notNegative("0.01").default(weightDecay),
  });
  const settings = Object.freeze(parseOptions(schema, options, name));
  return Object.freeze<Optimiser<AdamSettings>>({
    name,
    slots: 2,
    learningRate: settings.learningRate,
    settings,
    update(kernels, { param, grad, slots, count }, step) {
      kernels.adam(param, grad, slots[0]!, slots[1]!, count, { ...settings, decoupled, ...step });
    },
  });
}
