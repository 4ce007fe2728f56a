/** @file The public functions, as a program calls them: everything in memory, jobs in this process. */
import { expect, test } from "vitest";
import { memoryFolder, subfolder } from "../../src/core/folder.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { compare } from "../../src/experiments/compare.ts";
import { type Executor, inProcess } from "../../src/experiments/executor.ts";
import { recover } from "../../src/experiments/recover.ts";
import type { ExperimentEvent } from "../../src/experiments/run-jobs.ts";
import { sweep } from "../../src/experiments/sweep.ts";
import { tune } from "../../src/experiments/tune.ts";
import { compareMarkdown } from "../../src/reports/compare/markdown.ts";

const splits = interactionMixture({
  classes: 2,
  noise: 0.3,
  samples: { train: 160, validation: 60, test: 60 },
  shares: { redundant: 0.25, unique: 0.25, synergistic: 0.25 },
  features: 4,
  seed: 0,
});
const experiment = {
  data: [{ name: "mixture", splits }],
  methods: ["joint", "ensemble"],
  seeds: [0, 1],
  set: { epochs: 2 },
};

/** An executor that counts the jobs it is given. */
function counting(folder: ReturnType<typeof memoryFolder>): { executor: Executor; jobs: string[] } {
  const jobs: string[] = [];
  const inner = inProcess({
    inside: (name) => subfolder(folder, name),
    outside: () => {
      throw new Error("no path is opened");
    },
  });
  const executor: Executor = (kind, inputs, hooks) => {
    jobs.push(...inputs.map(() => kind));
    return inner(kind, inputs, hooks);
  };
  return { executor, jobs };
}

test("a sweep in memory is trained, kept, and compared", async () => {
  const folder = memoryFolder("out");
  const events: ExperimentEvent[] = [];
  const swept = await sweep(experiment, { folder, onEvent: (event) => void events.push(event) });
  expect(swept.entries.map(({ method, seed, status }) => [method, seed, status])).toEqual(
    ["joint", "ensemble"].flatMap((method) => [0, 1].map((seed) => [method, seed, "finished"])),
  );
  expect(events.filter(({ kind }) => kind === "job")).toHaveLength(4);
  expect(events.filter(({ kind }) => kind === "epoch").length).toBeGreaterThanOrEqual(8);
  const compared = await compare(swept);
  const [setting] = compared.settings;
  expect(setting).toMatchObject({ data: "mixture", against: "joint", units: 2 });
  expect(setting!.methods.map(({ method }) => method).sort()).toEqual(["ensemble", "joint"]);
  for (const { runs, stability } of setting!.methods) {
    expect(runs).toHaveLength(2);
    // Bits of test samples and curves come from the folders of the runs.
    expect(stability!.samples).toBe(60);
    expect(compared.traces.get(runs[0]!)!.curve).toHaveLength(runs[0]!.config!.epochs.a === undefined ? 2 : 4);
  }
  expect(compareMarkdown(compared, "compare(sweep)")).toContain("mixture: accuracy on test, 2 methods, 2 seeds");

  const again = counting(folder);
  const more = await sweep({ ...experiment, seeds: [0, 1, 2] }, { folder, executor: again.executor });
  expect(again.jobs).toEqual(["run", "run"]);
  expect(more.entries.slice(0, 2)).toEqual(swept.entries.slice(0, 2));
  await expect(sweep({ ...experiment, set: { epochs: 3 } }, { folder })).rejects.toThrow(
    /^out contains 6 runs that this experiment does not include/,
  );
});

test("tuning precedes runs and is kept; folds and failures are entries", async () => {
  const folder = memoryFolder("out");
  const first = counting(folder);
  const folded = { ...experiment, methods: ["joint"], seeds: [0], folds: 2, tune: 2 };
  const { entries } = await sweep(folded, { folder, executor: first.executor });
  expect(first.jobs).toEqual(["tune", "tune", "run", "run"]);
  expect(entries.map(({ split, tuning }) => [split, tuning!.trials])).toEqual([
    ["fold 1/2", 2],
    ["fold 2/2", 2],
  ]);
  const broken: Executor = async (_, jobs, { onStart, onDone }) => {
    for (const i of jobs.keys()) {
      onStart(i);
      await onDone(i, { ok: false, error: "no room" });
    }
  };
  const failed = await sweep({ ...experiment, methods: ["joint"] }, { executor: broken });
  expect(failed.entries.map(({ status, error }) => [status, error])).toEqual([
    ["failed", "no room"],
    ["failed", "no room"],
  ]);
  const { settings, failed: listed } = await compare(failed);
  expect([settings, listed.length]).toEqual([[], 2]);
});

test("an abort ends a sweep, keeps what is done, and the same call continues", async () => {
  const folder = memoryFolder("out");
  const controller = new AbortController();
  const joint = { ...experiment, methods: ["joint"] };
  const stopped = sweep(joint, {
    folder,
    signal: controller.signal,
    onEvent: (event) => event.kind === "job" && controller.abort(),
  });
  await expect(stopped).rejects.toMatchObject({
    message: "1 of 2 runs are stored in out; the same call continues.",
    fields: { interrupted: true },
  });
  const rest = counting(folder);
  const { entries } = await sweep(joint, { folder, executor: rest.executor });
  expect(rest.jobs).toHaveLength(1);
  const whole = await sweep(joint);
  const results = (own: typeof entries) => own.map(({ id, scores }) => [id, scores]);
  expect(results(entries)).toEqual(results(whole.entries));
});

test("wrong experiments are refused in words that a program's author understands", async () => {
  await expect(sweep({ data: [{ path: "clips" }] })).rejects.toThrow(/clips is a path.*\{ open: disk \}/);
  await expect(sweep({ data: [{ splits }] })).rejects.toThrow("data in memory needs a name");
  await expect(sweep({ ...experiment, methods: ["joynt"] })).rejects.toThrow('did you mean "joint"?');
  const generate = { data: [{ name: "made", generate: { kind: "plane" } }] };
  await expect(sweep(generate)).rejects.toThrow("a program gives `splits` instead");
  const typo = { folders: memoryFolder("out") } as object;
  await expect(sweep(experiment, typo)).rejects.toThrow(/"folders".*"folder"/);
});

test("tune gives the settings of the best trial on validation data", async () => {
  const { trials, chosen, config } = await tune("joint", splits, { trials: 3, set: { epochs: 2 } });
  expect(trials).toHaveLength(3);
  expect(trials[0]!.changes).toEqual({});
  expect(trials[chosen]!.logLoss).toBe(Math.min(...trials.map(({ logLoss }) => logLoss!)));
  expect(config).toMatchObject({ method: "joint", epochs: { whole: 2 } });
});

test("recover keeps its results, which are judged against the truth", async () => {
  const folder = memoryFolder("out");
  const choice = { quick: true, cases: ["mixture-k2-balanced-3"], methods: ["joint"], folder };
  const { results, verdicts, failed } = await recover(choice);
  expect([results.length, verdicts, failed]).toEqual([1, [], []]);
  const { metrics, ceiling } = results[0]!;
  expect(ceiling.identified!.labelFree).toBeGreaterThan(0.999);
  expect(metrics.identified!.labelFree).toBeGreaterThan(0.9);
  const again = counting(folder);
  expect((await recover({ ...choice, executor: again.executor })).results).toEqual(JSON.parse(JSON.stringify(results)));
  expect(again.jobs).toEqual([]);
  await expect(recover({ cases: ["cube"] })).rejects.toThrow(/"cube".*quad/);
});
