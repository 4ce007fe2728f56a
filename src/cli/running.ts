import * as path from "node:path";
import { DmilError, runError } from "../core/errors.ts";
import { metricTitle } from "../evaluation/metric-names.ts";
import { primaryValue } from "../evaluation/score.ts";
import { machine } from "../node/machine.ts";
import type { FinishedRun, RunOptions } from "../runs/run.ts";
import type { Answer } from "./answer.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { createScreen } from "./screen.ts";
import { quoted, share } from "./text.ts";
import { version } from "./version.ts";

/** Runs `run` with progress on stderr. @throws RunError after an interrupt, when the run is saved; its message gives the command to resume. */
export async function runAtTerminal(
  out: string,
  quiet: boolean,
  run: (options: RunOptions) => Promise<FinishedRun>,
): Promise<FinishedRun> {
  const screen = createScreen(path.basename(path.resolve(out)), quiet);
  const interrupt = listenForInterrupt(screen.note);
  let saved: { stage: string; epoch: number } | undefined;
  let started = false;
  try {
    return await run({
      environment: { dmil: version(), ...machine() },
      signal: interrupt.signal,
      onEvent(event) {
        started ||= event.kind === "started";
        if (event.kind === "checkpoint") saved = { stage: event.stage, epoch: event.epoch };
        screen.onEvent(event);
      },
    });
  } catch (error) {
    if (!(error instanceof DmilError)) throw error;
    if (started && (error.fields.system === "ENOSPC" || error.fields.system === "EDQUOT")) {
      throw runError(`${error.message} Continue with: dmil resume ${quoted(out)}`, error.fields);
    }
    if (error.fields.interrupted !== true) throw error;
    const at = saved === undefined ? "" : ` at ${saved.stage} ${saved.epoch}`;
    throw runError(`saved ${out}${at}; continue with: dmil resume ${quoted(out)}`, {
      interrupted: true,
      run: out,
      ...saved,
    });
  } finally {
    screen.done();
    interrupt.release();
  }
}

/** The answer of train and resume after a finished run. */
export function finishedAnswer(out: string, { record, result }: FinishedRun): Answer {
  const last = result.stages.at(-1)!;
  const { validation } = result;
  return {
    text: [
      `${out}  validation ${metricTitle(validation.primary)} ${share(primaryValue(validation))} (stage ${last.stage}, best epoch ${last.best.epoch} of ${last.epochs})`,
      `next: dmil evaluate ${quoted(out)}`,
      `      dmil explain ${quoted(out)} --out samples.csv`,
    ].join("\n"),
    json: { run: out, status: record.status, ...result },
  };
}
