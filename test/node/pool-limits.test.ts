/** @file Where the system has no room for another process, a job fails with that reason and what to do, and nothing is thrown. */
import { EventEmitter } from "node:events";
import { afterEach, expect, test, vi } from "vitest";

const fork = vi.hoisted(() => vi.fn());
vi.mock("node:child_process", () => ({ fork }));
const { runJobs } = await import("../../src/node/pool.ts");

afterEach(() => fork.mockReset());

const refused = (code: string): Error => Object.assign(new Error(`spawn ${code}`), { code, syscall: "spawn" });

test.each([
  ["EAGAIN", /no room for another process\. Use fewer workers/],
  ["ENOMEM", /not enough memory\. Use fewer workers/],
  ["EMFILE", /too many files are open in this process\. Raise the limit, as with ulimit -n 4096\./],
])("%s, thrown or told later by a child without a channel", async (code, reason) => {
  fork.mockImplementationOnce(() => {
    throw refused(code);
  });
  fork.mockImplementationOnce(() => {
    const child = new EventEmitter();
    setImmediate(() => child.emit("error", refused(code)));
    return child;
  });
  const outcomes = await runJobs<number, number>([1, 2], { workers: 1, module: "none" });
  const told = { ok: false, error: expect.stringMatching(reason) };
  expect(outcomes).toEqual([told, told]);
});
