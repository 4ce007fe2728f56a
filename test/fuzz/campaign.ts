/**
 * @file A campaign: many inputs in a thread of their own, watched from outside. An input that takes too long or too much memory stops the
 * thread and is tried again alone, so that it is not blamed for what came before it; the campaign goes on behind it.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";
import { ENDS, type End, type Fault } from "./outcome.ts";
import { makeSeeds } from "./seeds.ts";
import { inputOf, makeFaulty, type Target } from "./target.ts";
import { makeTargets } from "./targets.ts";
import type { Task } from "./worker.ts";

export interface CampaignOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Attacks targets that fail on purpose: a test of the campaign itself. */
  readonly faulty?: boolean;
  /** One input alone, by its number. */
  readonly only?: number;
  /** Stops early after so long. */
  readonly seconds?: number;
  /** Of one input: of computing, and ten times as much of waiting, so that a busy machine is no fault. */
  readonly limitSeconds?: number;
  /** Above what the process held before, while one input is read. */
  readonly limitBytes?: number;
  /** Where inputs that end in a fault are kept: the first twenty. */
  readonly keep?: string;
  readonly onProgress?: (done: number) => void;
}

export interface CampaignResult {
  readonly inputs: number;
  readonly seconds: number;
  readonly targets: readonly { readonly name: string; readonly counts: Readonly<Record<End, number>> }[];
  readonly faults: readonly Fault[];
}

/** What stopped a worker. */
type Stop = { readonly input: number; readonly what: string };

export async function campaign(options: CampaignOptions): Promise<CampaignResult> {
  const { inputs, seed, only, limitSeconds = 2, limitBytes = 2 ** 30 } = options;
  const seeds = options.faulty === true ? undefined : await makeSeeds();
  const made: readonly Target[] = seeds === undefined ? makeFaulty() : makeTargets(seeds);
  const names = made.map(({ name }) => name);
  const counts = new Int32Array(new SharedArrayBuffer(4 * names.length * ENDS.length));
  const faults: Fault[] = [];
  let begun: number | undefined; // with the first input
  const seconds = (): number => (begun === undefined ? 0 : (performance.now() - begun) / 1000);
  const add = (n: number, end: End): number =>
    Atomics.add(counts, (n % names.length) * ENDS.length + ENDS.indexOf(end), 1);
  const limits = { seconds: limitSeconds, bytes: limitBytes };

  const [first, last] = only === undefined ? [0, inputs] : [only, only + 1];
  let next = first;
  while (next < last && seconds() < (options.seconds ?? Number.POSITIVE_INFINITY)) {
    const to = Math.min(last, next + 50_000); // a fresh thread now and then, so that leaks do not add up to a fault
    const task = { seeds, seed, from: next, to, counts };
    const stop = await watch(
      task,
      limits,
      (fault) => faults.push(fault),
      () => {
        begun ??= performance.now();
        options.onProgress?.(next);
        return seconds() > (options.seconds ?? Number.POSITIVE_INFINITY);
      },
    );
    if (stop === undefined) next = to;
    else if (stop === "time") break;
    else {
      const alone = {
        ...task,
        from: stop.input,
        to: stop.input + 1,
        counts: new Int32Array(new SharedArrayBuffer(counts.byteLength)),
      };
      const again = await watch(
        alone,
        limits,
        (fault) => faults.push(fault),
        () => false,
      );
      if (again === undefined || again === "time") {
        for (let i = 0; i < counts.length; i++) Atomics.add(counts, i, alone.counts[i]!);
      } else {
        add(stop.input, "failed");
        faults.push({ input: stop.input, target: names[stop.input % names.length]!, what: again.what });
      }
      next = stop.input + 1;
    }
  }
  const kept = options.keep === undefined ? [] : faults.slice(0, 20);
  for (const { input: n, target } of kept) {
    save(options.keep!, `${target}-${seed}-${n}`, (await inputOf(made, seed, n)).input);
  }
  const targets = names.map((name, i) => ({
    name,
    counts: Object.fromEntries(ENDS.map((end, k) => [end, counts[i * ENDS.length + k]!])) as Record<End, number>,
  }));
  return { inputs: counts.reduce((sum, n) => sum + n, 0), seconds: seconds(), targets, faults };
}

/** Runs inputs in a worker; resolves to what stopped it, undefined when it came to its end, "time" when it was called off. */
function watch(
  task: Omit<Task, "at">,
  limits: { readonly seconds: number; readonly bytes: number },
  onFault: (fault: Fault) => void,
  called: () => boolean,
): Promise<Stop | "time" | undefined> {
  const at = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  const worker = new Worker(new URL("./worker.mjs", import.meta.url), {
    workerData: { ...task, at } satisfies Task,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(limits.bytes / 2 ** 20) },
  });
  return new Promise((resolve, reject) => {
    let ended = false;
    let seen = -1;
    let since = performance.now();
    let computed = 0;
    let held = 0;
    const end = async (result: Stop | "time" | undefined): Promise<void> => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      await worker.terminate();
      resolve(result);
    };
    const timer = setInterval(() => {
      const now = Atomics.load(at, 0);
      const memory = process.memoryUsage.rss();
      const { user, system } = process.cpuUsage(); // of this thread too, which does nothing meanwhile
      const cpu = (user + system) / 1e6;
      if (now !== seen) {
        [seen, since, computed, held] = [now, performance.now(), cpu, memory];
        if (called()) void end("time");
        return;
      }
      if (now < 0) return;
      const waited = (performance.now() - since) / 1000;
      if (cpu - computed > limits.seconds || waited > 10 * limits.seconds)
        void end({ input: now, what: `hangs: not done after ${limits.seconds} s` });
      else if (memory - held > limits.bytes)
        void end({ input: now, what: `takes more than ${limits.bytes / 2 ** 20} MB` });
    }, 20);
    worker.on("message", onFault);
    worker.on("error", (error) => {
      const input = Atomics.load(at, 0);
      if (input < 0)
        reject(error); // before the first input: a fault of the fuzzer
      else void end({ input, what: `ends the thread: ${error.name}: ${error.message}` });
    });
    worker.on("exit", () => void end(undefined));
  });
}

/** Writes an input into a folder, for whoever looks into a fault; gives its place. */
function save(folder: string, name: string, input: unknown): string {
  fs.mkdirSync(folder, { recursive: true });
  const place = path.join(folder, name.replaceAll(/[^\w.-]+/g, "-"));
  if (input instanceof Uint8Array) fs.writeFileSync(place, input);
  else if (input instanceof Map) {
    for (const [file, bytes] of input as Map<string, Uint8Array>) {
      fs.mkdirSync(path.dirname(path.join(place, file)), { recursive: true });
      fs.writeFileSync(path.join(place, file), bytes);
    }
  } else fs.writeFileSync(place, inspect(input, { depth: 20 }));
  return place;
}
