/** @file Runs jobs in child processes, one process each, so that a crash affects only its own job. */
import { type ChildProcess, fork } from "node:child_process";
import { checkOptions, type Keys } from "../core/keys.ts";
import type { Outcome } from "../core/outcome.ts";
import { expected, systemReason } from "../core/system-errors.ts";

/** Options of `runJobs`. */
export interface PoolOptions<R, E> {
  /** Number of parallel processes. */
  readonly workers: number;
  /** The main file and arguments of a child process, which calls `serveJob`. */
  readonly module: string;
  readonly args?: readonly string[];
  /** Aborting kills the child processes; their jobs, and those not started, end with an error. */
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

/** Messages from a child process to its parent. */
type Message<R, E> =
  | { readonly kind: "event"; readonly event: E }
  | { readonly kind: "result"; readonly value: R }
  | { readonly kind: "error"; readonly message: string };

/** Maximum characters of the stderr of a child process in an error message. */
const TAIL = 2000;

/** Runs every job (plain data); outcomes are in the order of the jobs. A failed job does not reject the promise. */
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
    // Flags of the parent that open a debugger or evaluate code are not passed to the child process.
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
    let stderr = "";
    const stop = (): void => void child.kill("SIGKILL");
    options.signal?.addEventListener("abort", stop, { once: true });
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-TAIL);
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
      finish(`${how}${stderr.trim() === "" ? "" : `: ${stderr.trim()}`}`);
    });
    // If the process could not be started, there is no channel; the event "error" reports it.
    child.send?.(job as object, (error) => {
      if (error !== null) finish(`the job could not be sent: ${error.message}`);
    });
  });
}

/** Runs in the child process: receives one job from the parent, runs it, sends the result and exits. Exits immediately if the parent ends. */
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
