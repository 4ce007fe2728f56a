/** @file Jobs in child processes: some at a time, one process each, so that a job that crashes harms no other. */
import { type ChildProcess, fork } from "node:child_process";
import { checkOptions, type Keys } from "../core/keys.ts";
import { expected, systemReason } from "../core/system-errors.ts";

/** How a job ended. */
export type Outcome<R> = { readonly ok: true; readonly value: R } | { readonly ok: false; readonly error: string };

/** How jobs are run. */
export interface PoolOptions<R, E> {
  /** Processes at a time. */
  readonly workers: number;
  /** The program of a child and its arguments; it answers through `serveJob`. */
  readonly module: string;
  readonly args?: readonly string[];
  /** Aborting ends the children; their jobs, and those not begun, end as not ok. */
  readonly signal?: AbortSignal;
  readonly onStart?: (job: number) => void;
  readonly onEvent?: (job: number, event: E) => void;
  readonly onDone?: (job: number, outcome: Outcome<R>) => void | Promise<void>;
}

const KNOWN: Keys<PoolOptions<unknown, unknown>> = {
  workers: true,
  module: true,
  args: true,
  signal: true,
  onStart: true,
  onEvent: true,
  onDone: true,
};

/** What goes between parent and child. */
type Message<R, E> =
  | { readonly kind: "event"; readonly event: E }
  | { readonly kind: "result"; readonly value: R }
  | { readonly kind: "error"; readonly message: string };

/** As much of what a child wrote to stderr as an error message repeats. */
const TAIL = 2000;

/** Runs every job (plain data); the outcomes come in the order of the jobs. It never rejects because a job failed. */
export async function runJobs<J, R, E = unknown>(
  jobs: readonly J[],
  options: PoolOptions<R, E>,
): Promise<Outcome<R>[]> {
  checkOptions<object>("runJobs", options, KNOWN);
  const outcomes = new Array<Outcome<R>>(jobs.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < jobs.length) {
      const index = next++;
      if (options.signal?.aborted !== true) options.onStart?.(index);
      const outcome = options.signal?.aborted
        ? ({ ok: false, error: "stopped before it began" } as const)
        : await runOne(jobs[index]!, options, (event) => options.onEvent?.(index, event));
      outcomes[index] = outcome;
      await options.onDone?.(index, outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(options.workers, jobs.length)) }, worker));
  return outcomes;
}

function runOne<J, R, E>(job: J, options: PoolOptions<R, E>, emit: (event: E) => void): Promise<Outcome<R>> {
  return new Promise((resolve) => {
    // A flag of the parent that opens a debugger or names a file to run is not for the child.
    const execArgv = process.execArgv.filter((flag) => !/^--(inspect|eval|print|-e|-p)/.test(flag));
    const notStarted = (error: Error): string => `the process could not be started: ${systemReason(error)}`;
    let child: ChildProcess;
    try {
      child = fork(options.module, options.args ?? [], { execArgv, stdio: ["ignore", "ignore", "pipe", "ipc"] });
    } catch (error) {
      resolve({ ok: false, error: notStarted(error as Error) });
      return;
    }
    let answer: Outcome<R> | undefined;
    let complaints = "";
    const stop = (): void => void child.kill("SIGKILL");
    options.signal?.addEventListener("abort", stop, { once: true });
    child.stderr?.on("data", (chunk: Buffer) => {
      complaints = (complaints + chunk.toString()).slice(-TAIL);
    });
    child.on("message", (message: Message<R, E>) => {
      if (message.kind === "event") emit(message.event);
      else if (message.kind === "result") answer = { ok: true, value: message.value };
      else answer = { ok: false, error: message.message };
    });
    const finish = (error: string): void => {
      options.signal?.removeEventListener("abort", stop);
      resolve(answer ?? { ok: false, error });
    };
    child.on("error", (error) => finish(notStarted(error)));
    child.on("close", (code, signal) => {
      const how = options.signal?.aborted
        ? "stopped"
        : signal === null
          ? `ended with code ${code}`
          : `ended by ${signal}`;
      finish(`${how}${complaints.trim() === "" ? "" : `: ${complaints.trim()}`}`);
    });
    // Where the system lacks room for a process there is no channel either; "error" tells of it.
    child.send?.(job as object, (error) => {
      if (error !== null) finish(`the job could not be sent: ${error.message}`);
    });
  });
}

/** The child's side: takes one job from the parent, runs it, answers, and ends. Without its parent it ends at once. */
export async function serveJob<J, R, E = unknown>(
  run: (job: J, emit: (event: E) => void) => Promise<R>,
): Promise<void> {
  const send = (message: Message<R, E>): Promise<void> =>
    new Promise((resolve) => {
      process.send?.(message, () => resolve());
    });
  const job = await new Promise<J>((resolve) => process.once("message", (message) => resolve(message as J)));
  const orphaned = (): never => process.exit(1);
  process.once("disconnect", orphaned);
  try {
    await send({ kind: "result", value: await run(job, (event) => void process.send?.({ kind: "event", event })) });
  } catch (error) {
    await send({ kind: "error", message: expected(error).message });
  }
  process.removeListener("disconnect", orphaned);
  process.disconnect?.();
}
