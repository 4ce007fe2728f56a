/** @file Clipping by the norm of all gradients together. */
import { configError, runError } from "../core/errors.ts";

/**
 * The factor, at most 1, that brings gradients of norm `norm` down to `maxNorm`: min(1, maxNorm / (norm + 1e-6)).
 * `norm` is the Euclidean norm over every gradient of the step.
 * @throws RunError when the norm is not finite; ConfigError when maxNorm is not above 0 (Infinity never clips).
 * Source: torch.nn.utils.clip_grad_norm_.
 */
export function clipScale(norm: number, maxNorm: number): number {
  if (!(maxNorm > 0)) {
    throw configError(`clipScale: maxNorm ${maxNorm}; allowed is a number above 0, for example 1, or Infinity.`, {
      maxNorm,
    });
  }
  if (!Number.isFinite(norm)) {
    throw runError(
      `clipScale: the gradient norm is ${norm}; a step needs finite gradients. Lower the learning rate, or look for NaN in the data.`,
      { norm },
    );
  }
  return Math.min(1, maxNorm / (norm + 1e-6));
}
