/** @file The example of a stream: windows are those of the data, bad lines are told and skipped, and it ends with its input or its reader. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import type { Fitted } from "../../src/evaluation/model.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { report } from "../../src/interactions/explain.ts";
import { disk } from "../../src/node/disk.ts";
import { planRun } from "../../src/runs/plan.ts";
import { startRun } from "../../src/runs/run.ts";
import { parseSettings } from "../../src/runs/settings.ts";

/** Windows of six samples; a's have two numbers, b's have one. */
const splits = (() => {
  const shares = { redundant: 0.25, unique: 0.25, synergistic: 0.25 };
  const samples = { train: 80, validation: 40, test: 12 };
  const made = interactionMixture({ classes: 2, noise: 0.3, shares, samples, features: 12, seed: 0 });
  const shaped = (split: typeof made.train) => {
    const { a, b } = split.modalities;
    const rows = b!.shape[0]!;
    const half = b!.data.filter((_, i) => i % 2 === 0);
    return { ...split, modalities: { a: { ...a!, shape: [rows, 6, 2] }, b: { ...b!, shape: [rows, 6], data: half } } };
  };
  return { train: shaped(made.train), validation: shaped(made.validation), test: shaped(made.test) };
})();
const { a, b } = splits.test.modalities;
const lines = Array.from({ length: 12 * 6 }, (_, t) =>
  JSON.stringify({ a: [...a.data.subarray(2 * t, 2 * t + 2)], b: b.data[t] }),
);

const file = path.resolve(import.meta.dirname, "../../examples/06-sensors-online.ts");
const env = { ...process.env, TSX_TSCONFIG_PATH: path.resolve(import.meta.dirname, "../../tsconfig.test.json") };
const words = (...args: string[]): string[] => ["--import", "tsx", file, ...args];
let [run, fitted] = ["", undefined as Fitted | undefined];

beforeAll(async () => {
  run = await mkdtemp(path.join(tmpdir(), "sensors-"));
  const plan = planRun(parseSettings({ data: "stream", method: "dmil", epochs: 2 }), splits.train);
  ({ fitted } = await startRun(disk(run), plan, splits));
});
afterAll(() => rm(run, { recursive: true, force: true }));

const piped = (input: string, ...args: string[]) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, words(run, ...args), { encoding: "utf8", env, input });
  const answers = stdout.split("\n").filter((line) => line !== "");
  return { answers: answers.map((line) => JSON.parse(line)), stderr, status };
};

test("every window is answered as the same sample of the data; what is left at the end is no window", async () => {
  const { answers, stderr, status } = piped(`${lines.join("\n")}\n${lines[0]}`);
  expect([stderr, status]).toEqual(["", 0]);
  const { samples } = report(await predict(fitted!, splits.test), splits.test, fitted!);
  expect(answers.map(({ line }) => line)).toEqual(samples.map((_, i) => 6 * (i + 1)));
  samples.forEach(({ prediction, probabilities, bits }, i) => {
    expect(answers[i]).toMatchObject({ prediction });
    for (const [name, p] of Object.entries(probabilities)) expect(answers[i].probabilities[name]).toBeCloseTo(p, 5);
    for (const [name, amount] of Object.entries(bits)) expect(answers[i].bits[name]).toBeCloseTo(amount, 5);
  });
});

test("windows overlap by HOP; bad lines are told by number and skipped", () => {
  const bad = ["oops", '{"a": [1, 2]}', '{"a": [1, 2, 3], "b": 1}', '{"a": [1, null], "b": 1}', "", "null"];
  const { answers, stderr, status } = piped([...lines.slice(0, 7), ...bad, ...lines.slice(7, 12)].join("\n"), "2");
  expect(status).toBe(0);
  expect(answers.map(({ line }) => line)).toEqual([6, 14, 16, 18]);
  expect(stderr.match(/^line (8|9|10|11|12|13) is skipped: .+$/gm)).toHaveLength(6);
  expect(stderr).toContain("line 9 is skipped: b needs finite numbers, 1 of them\n");
});

test("a wrong RUN or HOP is told in a line", () => {
  expect(piped("", "0")).toMatchObject({ status: 1, stderr: "HOP 0: a whole number from 1 to 6 is needed.\n" });
  const { stderr, status } = spawnSync(process.execPath, words("nowhere"), { encoding: "utf8", env, input: "" });
  expect(stderr).toBe("nowhere: there is no run here (no run.json). `dmil train` creates runs.\n");
  expect(status).toBe(1);
});

test("a reader that leaves ends it without a word", async () => {
  const child = spawn(process.execPath, words(run, "1"), { env });
  let told = "";
  child.stderr.on("data", (chunk) => (told += chunk));
  child.stdin.on("error", () => {}); // it stops reading
  const writing = setInterval(() => child.stdin.writable && child.stdin.write(`${lines.join("\n")}\n`), 20);
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [code] = await once(child, "exit");
  clearInterval(writing);
  expect([told, code]).toEqual(["", 0]);
});
