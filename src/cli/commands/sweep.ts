/** @file `dmil sweep`: trains many runs with one protocol in parallel processes and stores each result when its run ends. */
import * as path from "node:path";
import { listing, runError } from "../../core/errors.ts";
import { compareRuns, settingName } from "../../experiments/compare/compare.ts";
import { type SweepEntry, sweepFiles } from "../../experiments/entry.ts";
import { parseExperiment } from "../../experiments/experiment.ts";
import type { SweepPlan } from "../../experiments/jobs.ts";
import { readManifest } from "../../experiments/manifest.ts";
import { planOf, sweep as runSweep, type SweepResult } from "../../experiments/sweep.ts";
import { disk } from "../../node/disk.ts";
import { machine } from "../../node/machine.ts";
import type { Answer } from "../answer.ts";
import { codeHash } from "../code-hash.ts";
import { locating, workersOf } from "../config.ts";
import { inProcesses } from "../experiments.ts";
import { withFolderLock } from "../folder-lock.ts";
import { cachePath } from "../frozen.ts";
import { commandOf, experimentOf, generated, portable, type SweepFlags, withPaths } from "../sweep-input.ts";
import { count, duration, quoted, share, table } from "../text.ts";
import { version } from "../version.ts";

/** Trains the runs that have no result yet, then reports all runs. */
export async function sweep(data: readonly string[], flags: SweepFlags): Promise<Answer> {
  const { out, quiet = false, dryRun = false, resume = false } = flags;
  const workers = workersOf(flags.workers);
  const input = await experimentOf(data, flags);
  const experiment = withPaths(await locating(input, () => parseExperiment(input.value)), input.directory);
  const sources = { generate: generated, resolve: path.resolve };
  if (dryRun) {
    const options = { ...sources, open: disk, code: await codeHash() };
    const plan = await locating(input, () => planOf(experiment, disk(out), options, false));
    return planned(plan, (await readManifest(disk(out))).entries);
  }
  return withFolderLock(out, { force: flags.force, instead: "give another --out" }, async () => {
    const started = performance.now();
    await checkFolder(out, resume);
    const { cpu, cores, node } = machine();
    const again = `continue with: ${withResume(["dmil", ...process.argv.slice(2).map(quoted)])}`;
    const swept = await inProcesses({ out, workers, quiet, cache: cachePath(flags), again }, (options) => {
      const head = {
        command: commandOf(data, flags),
        experiment: portable(input.value),
        environment: { dmil: version(), node, cpu, cores, code: options.code! },
      };
      return locating(input, () => runSweep(experiment, { ...options, ...sources, head }));
    });
    return answer(out, swept, (performance.now() - started) / 1000);
  });
}

/** @throws RunError for a folder that holds a sweep (without --resume) or other files. */
async function checkFolder(out: string, resume: boolean): Promise<void> {
  if (await disk(out).exists(sweepFiles.head)) {
    if (resume) return;
    throw runError(
      `${out} already holds a sweep. To continue it, or to add seeds, methods or data, use the same command with --resume; otherwise give another --out.`,
      { folder: out },
    );
  }
  const files = await disk(out).list();
  if (files.length === 0) return;
  const listed = listing(files, 3);
  throw runError(`${out}: this folder contains other files (${listed}) and no sweep; give another --out.`, {
    folder: out,
  });
}

/** The answer of --dry-run: the planned runs. */
function planned({ runs, tunings, skipped }: SweepPlan, before: ReadonlyMap<string, SweepEntry>): Answer {
  const isDone = (id: string): boolean => before.get(id)?.status === "finished";
  const rows = runs.map(({ id, data, method, seed, split, trainShare }) => [
    data,
    method,
    String(seed),
    split,
    String(trainShare),
    isDone(id) ? "done" : "to do",
  ]);
  const trials = tunings.reduce((n, { configs }) => n + configs.length, 0);
  return {
    text: [
      table([["data", "method", "seed", "split", "train share", "state"], ...rows]),
      ...skipped.map(({ data, method, reason }) => `skipped: ${data} ${method}: ${reason}`),
      `${count(runs.length, "run")}, ${runs.filter(({ id }) => isDone(id)).length} of them done${trials === 0 ? "" : `; tuning: ${trials} trials`}`,
    ].join("\n"),
    json: { runs: runs.map((run) => ({ ...run, done: isDone(run.id) })), tunings, skipped },
  };
}

function answer(out: string, { entries, skipped }: SweepResult, seconds: number): Answer {
  const failed = entries.filter(({ status }) => status === "failed");
  const finished = entries.filter(({ status }) => status === "finished");
  const { settings } = compareRuns(finished);
  const metrics = [...new Set(settings.map((setting) => setting.metrics[0]!.heading))];
  const methods = [...new Set(finished.map(({ method }) => method))];
  const means = methods.flatMap((method) =>
    settings.flatMap((setting) => {
      const metric = setting.metrics[0]!.name;
      const found = setting.methods.find((result) => result.method === method);
      if (found === undefined) return [];
      return [
        { method, data: settingName(setting), runs: found.runs.length, metric, mean: found.metrics[metric]?.mean },
      ];
    }),
  );
  const cell = (method: string, data: string): string =>
    share(means.find((own) => own.method === method && own.data === data)?.mean);
  const names = settings.map(settingName);
  const text = [
    ...(finished.length === 0
      ? []
      : [
          `mean test ${metrics.join(" or ")} over ${count(new Set(finished.map(({ seed }) => seed)).size, "seed")}`,
          table([
            ["method", ...names],
            ...methods.map((method) => [method, ...names.map((name) => cell(method, name))]),
          ]),
        ]),
    ...skipped.map(({ data, method, reason }) => `skipped: ${data} ${method}: ${reason}`),
    ...failed.map(({ run, error }) => `failed: ${run}: ${error}`),
    `${count(finished.length, "run")} finished, ${failed.length} failed; ${duration(seconds)}`,
    finished.length === 0 ? "" : `next: dmil compare ${quoted(out)}`,
  ];
  return {
    text: text.join("\n"),
    json: {
      out,
      finished: finished.length,
      failed: failed.map(({ run, error }) => ({ run, error })),
      skipped,
      means,
    },
    failed: failed.length > 0,
  };
}

function withResume(words: readonly string[]): string {
  return words.includes("--resume") ? words.join(" ") : `${words.join(" ")} --resume`;
}
