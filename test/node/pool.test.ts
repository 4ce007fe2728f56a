import * as path from "node:path";
import { expect, test } from "vitest";
import { runJobs } from "../../src/node/pool.ts";

const module = path.resolve(import.meta.dirname, "fixtures/pool-child.ts");
// The children are TypeScript: they need the loader that the command line gets from `tsx`.
const execArgv = process.execArgv;
process.execArgv = [...execArgv, "--import", "tsx"];

test("jobs run apart: one that throws and one that crashes harm no other", async () => {
  const events: string[] = [];
  const finished: number[] = [];
  const outcomes = await runJobs<unknown, number, string>(
    [{ n: 1 }, { n: 2, how: "throw" }, { n: 5, how: "refused" }, { n: 3, how: "crash" }, { n: 4 }],
    {
      workers: 2,
      module,
      onEvent: (job, event) => events.push(`${job} ${event}`),
      onDone: (job) => void finished.push(job),
    },
  );
  expect(outcomes).toEqual([
    { ok: true, value: 2 },
    { ok: false, error: expect.stringMatching(/^internal: no 2\. This is a bug/) },
    { ok: false, error: "read: it is a folder, not a file." },
    { ok: false, error: "ended with code 3: out of luck" },
    { ok: true, value: 8 },
  ]);
  expect(finished.sort()).toEqual([0, 1, 2, 3, 4]);
  expect(events.sort()).toEqual(["0 given 1", "1 given 2", "2 given 5", "3 given 3", "4 given 4"]);
});

test("an abort ends the children and begins no more", async () => {
  const controller = new AbortController();
  const started = performance.now();
  const outcomes = await runJobs<unknown, number, string>(
    [
      { n: 1, how: "hang" },
      { n: 2, how: "hang" },
    ],
    { workers: 1, module, signal: controller.signal, onEvent: () => controller.abort() },
  );
  expect(outcomes).toEqual([
    { ok: false, error: "stopped" },
    { ok: false, error: "stopped before it began" },
  ]);
  expect(performance.now() - started).toBeLessThan(20_000);
});
