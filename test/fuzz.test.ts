/** @file A short campaign of hostile inputs (`npm run fuzz` is the long one), and that the watch over it notices every kind of fault. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { expect, test } from "vitest";
import { campaign } from "./fuzz/campaign.ts";

const folder = mkdtempSync(path.join(tmpdir(), "dmil-fuzz-"));

test("hostile inputs end in a result or in an error that says what is wrong", { timeout: 120_000 }, async () => {
  const { inputs, targets, faults } = await campaign({ inputs: 20_000, seconds: 2, seed: 1 });
  expect(faults).toEqual([]);
  expect(inputs).toBeGreaterThan(targets.length);
  const ended = (end: "accepted" | "refused"): number => targets.reduce((sum, { counts }) => sum + counts[end], 0);
  expect(ended("accepted")).toBeGreaterThan(inputs / 50);
  expect(ended("refused")).toBeGreaterThan(inputs / 4);
});

test("the watch names inputs that break, hang or eat memory, goes on behind them, and keeps them", {
  timeout: 120_000,
}, async () => {
  const options = { inputs: 15, seed: 59, faulty: true, limitSeconds: 1, limitBytes: 2 ** 28 };
  const { inputs, targets, faults } = await campaign({ ...options, keep: folder });
  expect(inputs).toBe(15);
  expect(faults.map(({ target }) => target).sort()).toEqual(["breaks", "fills the heap", "grows", "hangs"]);
  expect(targets[0]!.counts).toEqual({ accepted: 3, refused: 0, failed: 0 });
  for (const { name, counts } of targets) {
    expect([name, counts.failed]).toEqual([name, faults.filter(({ target }) => target === name).length]);
  }
  const reasons: Record<string, RegExp> = {
    breaks: /TypeError/,
    hangs: /hangs: not done after 1 s/,
    grows: /takes more than 256 MB/,
    "fills the heap": /takes more than 256 MB|heap|memory/i,
  };
  for (const { target, what } of faults) expect(what).toMatch(reasons[target]!);
  expect(readdirSync(folder).length).toBe(4);
  for (const file of readdirSync(folder)) expect(readFileSync(path.join(folder, file), "utf8")).toBe("0");

  const [first] = faults;
  const again = await campaign({ ...options, only: first!.input });
  expect(again.faults.map(({ input, target }) => [input, target])).toEqual([[first!.input, first!.target]]);
  rmSync(folder, { recursive: true });
});
