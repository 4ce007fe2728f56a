/** @file From settings to the few float32 numbers a kernel uses; computed in double precision with + - * / and roots alone. */
import { configError } from "../../core/errors.ts";
import type { AdamUpdate, SgdUpdate } from "../../optim/optimiser.ts";

/** What one Adam step does: g = scale g + decayGradient p; m += rate1 (g - m); v = beta2 v + rate2 g g; p = keep p - size m / (sqrt(v) + epsilon). */
interface AdamScalars {
  readonly scale: number;
  readonly decayGradient: number;
  readonly keep: number;
  readonly rate1: number;
  readonly beta2: number;
  readonly rate2: number;
  readonly size: number;
  readonly epsilon: number;
}

/**
 * PyTorch's step, lr / (1 - beta1^t) m / (sqrt(v) / r + eps) with r = sqrt(1 - beta2^t), with r moved up:
 * size = lr r / (1 - beta1^t) and epsilon = r eps save one division an element.
 */
export function adamScalars(settings: AdamUpdate): AdamScalars {
  const { learningRate, beta1, beta2, weightDecay, decoupled, step } = settings;
  const root = Math.sqrt(1 - power(beta2, step));
  return {
    scale: Math.fround(settings.gradientScale),
    decayGradient: Math.fround(decoupled ? 0 : weightDecay),
    keep: Math.fround(decoupled ? 1 - learningRate * weightDecay : 1),
    rate1: Math.fround(1 - beta1),
    beta2: Math.fround(beta2),
    rate2: Math.fround(1 - beta2),
    size: Math.fround((learningRate / (1 - power(beta1, step))) * root),
    epsilon: Math.fround(settings.epsilon * root),
  };
}

/** What one descent step does: g = scale g + decay p; b = keep b + g; p -= rate (useGradient g + useBuffer b). */
interface SgdScalars {
  readonly scale: number;
  readonly decay: number;
  readonly rate: number;
  readonly keep: number;
  readonly useGradient: number;
  readonly useBuffer: number;
}

export function sgdScalars(settings: SgdUpdate): SgdScalars {
  const { momentum, nesterov } = settings;
  return {
    scale: Math.fround(settings.gradientScale),
    decay: Math.fround(settings.weightDecay),
    rate: Math.fround(settings.learningRate),
    keep: settings.step === 1 ? 0 : Math.fround(momentum),
    useGradient: nesterov ? 1 : 0,
    useBuffer: nesterov ? Math.fround(momentum) : 1,
  };
}

/** A word below `threshold`, unsigned, drops; kept elements become `keep`. @throws ConfigError unless 0 <= probability < 1. */
export function dropoutScalars(probability: number): { readonly threshold: number; readonly keep: number } {
  if (!(probability >= 0 && probability < 1)) {
    throw configError(
      `dropoutMask: probability ${probability}; allowed is 0 (keep all) up to, not including, 1. Lower the dropout probability.`,
      { probability },
    );
  }
  return {
    threshold: Math.min(Math.round(probability * 2 ** 32), 2 ** 32 - 1),
    keep: Math.fround(1 / (1 - probability)),
  };
}

/** base^exponent for whole exponents by squaring: Math.pow may differ in the last bit from one engine to the next. */
function power(base: number, exponent: number): number {
  let result = 1;
  let factor = base;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}
