/** @file The work of `dmil prepare` in child processes, with progress, and the interrupt. */
import { runError } from "../core/errors.ts";
import { runJobs } from "../node/pool.ts";
import { SHARD } from "../prepare/shard.ts";
import { note } from "./answer.ts";
import { MAIN } from "./code-hash.ts";
import { makeShards, type ShardsJob } from "./commands/prepare-shards.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { liveLine } from "./live-line.ts";
import { duration } from "./text.ts";

/** Seconds between two lines of progress where stderr is no terminal. */
const LINE_SECONDS = 30;

/** Makes the shards of a job with so many workers. @throws RunError after an interrupt, and the first error of a worker. */
export async function runShards(job: ShardsJob, workers: number, samples: number, quiet: boolean): Promise<void> {
  const { shards } = job;
  const screen = progress(shards.length, samples, quiet);
  const interrupt = listenForInterrupt(note);
  try {
    if (shards.length > 0 && (workers === 1 || shards.length === 1)) {
      await makeShards(job, screen.onShard, interrupt.signal);
    } else if (shards.length > 0) {
      await inProcesses(job, Math.min(workers, shards.length), screen.onShard, interrupt.signal);
    }
  } finally {
    screen.end();
    interrupt.release();
  }
  if (interrupt.signal.aborted) {
    throw runError(`${job.out}: stopped; the same command continues.`, { interrupted: true, out: job.out });
  }
}

/** Each worker makes every n-th shard; the first error stops all. */
async function inProcesses(job: ShardsJob, workers: number, onEvent: () => void, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  let failed: string | undefined;
  const jobs = Array.from({ length: workers }, (_, w) => ({
    ...job,
    shards: job.shards.filter((_, i) => i % workers === w),
  }));
  await runJobs<ShardsJob, null, number>(jobs, {
    workers,
    module: MAIN,
    args: ["prepare-shards"],
    signal: both,
    onEvent,
    onDone: (_, outcome) => {
      if (outcome.ok || failed !== undefined || both.aborted) return;
      failed = outcome.error;
      stop.abort();
    },
  });
  if (failed !== undefined) throw runError(failed, { out: job.out });
}

function progress(shards: number, samples: number, quiet: boolean): { onShard(): void; end(): void } {
  const line = liveLine(quiet);
  const start = performance.now();
  let [done, said] = [0, start];
  return {
    onShard() {
      done++;
      const now = performance.now();
      const left = ((now - start) / 1000 / done) * (shards - done);
      const before = samples - shards * SHARD;
      const text = `${Math.min(samples, Math.max(0, before) + done * SHARD)} of ${samples} samples  ${duration(left)} left`;
      line.show(text);
      if (quiet || process.stderr.isTTY || now - said < LINE_SECONDS * 1000) return;
      said = now;
      note(text);
    },
    end: line.clear,
  };
}
