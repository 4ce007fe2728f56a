/** @file The error of training that was aborted. */
import { type DmilError, runError } from "../core/errors.ts";
import type { Fitted } from "../evaluation/model.ts";

/**
 * A RunError named AbortError, as the platform names errors of aborted work. `fields.interrupted` is true; `fields.fitted` has the best
 * model so far, not calibrated, and is undefined before the first epoch has finished.
 */
export function interrupted(message: string, fitted?: Fitted): DmilError {
  const error = runError(message, { interrupted: true, ...(fitted !== undefined && { fitted }) });
  error.name = "AbortError";
  return error;
}

/** @throws AbortError if the signal was aborted before work has started. */
export function requireNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted("interrupted before training started; nothing was trained or written.");
}
