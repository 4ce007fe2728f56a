/** @file A run at the terminal: its screen, its interrupt, and what is said at the end. */
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { DmilError, runError } from "../core/errors.ts";
import { isAlive, machine } from "../node/machine.ts";
import type { RunRecord } from "../runs/record.ts";
import type { FinishedRun, RunOptions } from "../runs/run.ts";
import { leading } from "../train/figures.ts";
import type { Answer } from "./answer.ts";
import { titleOf } from "./figures.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { createScreen } from "./screen.ts";
import { quoted, share } from "./text.ts";
import { version } from "./version.ts";

/** Runs `run` with progress on stderr; an interrupt saves, and ends with the way to resume. */
export async function runAtTerminal(
  out: string,
  quiet: boolean,
  run: (options: RunOptions) => Promise<FinishedRun>,
): Promise<FinishedRun> {
  const screen = createScreen(path.basename(path.resolve(out)), quiet);
  const interrupt = listenForInterrupt(screen.note);
  const { pid, host, ...facts } = machine();
  let saved: { stage: string; epoch: number } | undefined;
  let begun = false;
  try {
    return await run({
      environment: { dmil: version(), ...facts },
      owner: { pid, host },
      signal: interrupt.signal,
      onEvent(event) {
        begun ||= event.kind === "started";
        if (event.kind === "checkpoint") saved = { stage: event.stage, epoch: event.epoch };
        screen.onEvent(event);
      },
    });
  } catch (error) {
    if (!(error instanceof DmilError)) throw error;
    if (begun && (error.fields.system === "ENOSPC" || error.fields.system === "EDQUOT")) {
      throw runError(`${error.message} Go on with: dmil resume ${quoted(out)}`, error.fields);
    }
    if (error.fields.interrupted !== true) throw error;
    const at = saved === undefined ? "" : ` at ${saved.stage} ${saved.epoch}`;
    throw runError(`saved ${out}${at}; go on with: dmil resume ${quoted(out)}`, {
      interrupted: true,
      run: out,
      ...saved,
    });
  } finally {
    screen.done();
    interrupt.release();
  }
}

/** @throws RunError when nothing can be written at a place, which is better known before data is read than after. */
export async function requireWritable(out: string, advice: string): Promise<void> {
  let place = path.resolve(out);
  const known = (): Promise<boolean> =>
    fs.stat(place).then(
      () => true,
      () => false,
    );
  while (!(await known()) && path.dirname(place) !== place) place = path.dirname(place);
  await fs.access(place, constants.W_OK).catch(({ code, message }: NodeJS.ErrnoException) => {
    const reasons: Readonly<Record<string, string>> = {
      EROFS: "the file system is read-only",
      EACCES: "permission denied",
      EPERM: "the system does not permit it",
    };
    throw runError(`${out}: nothing can be written in ${place}: ${reasons[code ?? ""] ?? message}; ${advice}`, {
      place,
    });
  });
}

/** What train and resume say at the end. */
export function finishedAnswer(out: string, { record, result }: FinishedRun): Answer {
  const last = result.stages.at(-1)!;
  const { name, value } = leading(result.validation);
  return {
    text: [
      `${out}  validation ${titleOf(name)} ${share(value)} (stage ${last.stage}, best epoch ${last.best.epoch} of ${last.epochs})`,
      `next: dmil evaluate ${quoted(out)}`,
      `      dmil explain ${quoted(out)} --out samples.csv`,
    ].join("\n"),
    json: { run: out, status: record.status, ...result },
  };
}

/** @throws RunError when another process of this machine is at work on the run. */
export function requireIdle(directory: string, { status, owner }: RunRecord, advice = ""): void {
  if (status !== "running" || owner === undefined || !isAlive(owner)) return;
  throw runError(
    `${directory}: process ${owner.pid} is training this run now. Wait for it, or stop it with Ctrl-C there${advice}.`,
    { pid: owner.pid },
  );
}
