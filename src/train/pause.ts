/** @file What happens between steps: checkpoints and interrupts; and what is kept when training diverges. */
import { DmilError, runError } from "../core/errors.ts";
import type { PreparedStage } from "../engine/stage.ts";
import type { Position } from "./checkpoint.ts";
import { defaults } from "./defaults.ts";
import { interrupted } from "./interrupt.ts";
import type { Progress, StageRun } from "./stage-run.ts";

/**
 * A function to call between steps: saves if a checkpoint is due or the stage is finished.
 * It throws an AbortError, after saving, if the signal was aborted.
 */
export function checkpointing(run: StageRun, prepared: PreparedStage): (now: Progress) => Promise<void> {
  const { stage, options, emit } = run;
  const { folder, signal, checkpointSeconds = defaults.checkpointSeconds } = options;
  let saved = performance.now();
  const save = async ({ position, best }: Progress): Promise<void> => {
    saved = performance.now();
    if (folder === undefined) return;
    const moments = position.finished ? {} : prepared.moments();
    await run.save({ position, state: prepared.state(), best, moments });
    emit({ kind: "checkpoint", stage: stage.name, epoch: position.epoch, step: position.step });
  };
  return async (now) => {
    const { position, best } = now;
    const due = performance.now() - saved >= 1000 * checkpointSeconds;
    if (due || signal?.aborted || position.finished) await save(now);
    if (!signal?.aborted || position.finished) return;
    const fitted = position.history.length === 0 ? undefined : run.fitted(best, position.history);
    throw interrupted(`interrupted in stage ${stage.name}, epoch ${position.epoch + 1}.`, fitted);
  };
}

/** After divergence: keeps the best model so far in the folder, and returns the error to throw, whose message says that. Other errors are returned as they are. */
export async function saveAfterDivergence(
  { options, save }: StageRun,
  { position, best }: Progress,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof DmilError) || error.fields.diverged !== true || options.folder === undefined) return error;
  const { message, fields } = error;
  const last = position.history.at(-1);
  if (last === undefined) return runError(`${message} No epoch was finished before, so there is no model.`, fields);
  const sums: Position["sums"] = { samples: 0, score: 0, terms: position.sums.terms.map(() => 0) };
  const failed: Position = { ...position, sums, failed: message };
  const kept = await save({ position: failed, state: {}, best, moments: {} }).then(
    () =>
      `The model of stage ${last.stage}, epoch ${last.best.epoch} of ${last.epochs}, is kept; evaluate, explain and export work on it.`,
    (cause: Error) => `The best model so far could not be kept: ${cause.message}`,
  );
  return runError(`${message} ${kept}`, fields);
}
