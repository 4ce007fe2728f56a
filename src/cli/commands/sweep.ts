/** @file `dmil sweep`: trains many runs with one protocol in parallel processes and stores each result when its run ends. */
import * as path from "node:path";
import { listing, runError } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import { dataCache } from "../../experiments/cache.ts";
import { type SweepEntry, sweepFiles } from "../../experiments/entry.ts";
import { parseExperiment } from "../../experiments/experiment.ts";
import { planSweep, type SweepPlan } from "../../experiments/jobs.ts";
import { readHead, readManifest, rewriteEntries, writeHead } from "../../experiments/manifest.ts";
import { meansOf } from "../../experiments/means.ts";
import { disk } from "../../node/disk.ts";
import { machine } from "../../node/machine.ts";
import { type Answer, note } from "../answer.ts";
import { codeHash, SWEEP_CODE } from "../code-hash.ts";
import { locating, workersOf } from "../config.ts";
import { withFolderLock } from "../folder-lock.ts";
import { commandOf, experimentOf, opener, portable, type SweepFlags } from "../sweep-input.ts";
import { runSweep } from "../sweep-runs.ts";
import { count, duration, quoted, share, table } from "../text.ts";
import { version } from "../version.ts";

/** Trains the runs that have no result yet, then reports all runs. */
export async function sweep(data: readonly string[], flags: SweepFlags): Promise<Answer> {
  const { out, quiet = false, dryRun = false, resume = false } = flags;
  const workers = workersOf(flags.workers);
  const input = await experimentOf(data, flags);
  const experiment = await locating(input, () => parseExperiment(input.value));
  const folder = disk(out);
  const code = await codeHash(SWEEP_CODE);
  const cache = dataCache((name) => disk(path.join(out, "data", name)), !dryRun, note);
  const prepared = () =>
    locating(input, () => planSweep(experiment, opener(input.directory, quiet), cache, code, disk));
  if (dryRun) return planned(await prepared(), (await readManifest(folder)).entries);
  return withFolderLock(out, { force: flags.force, instead: "give another --out" }, async () => {
    const started = performance.now();
    await checkFolder(out, resume);
    const plan = await prepared();
    const { entries: before, cut, damaged } = await readManifest(folder, "Its run is repeated.");
    for (const { message } of damaged) note(`note: ${message}`);
    if (cut) note(`note: ${out}/${sweepFiles.manifest}: the last line is incomplete; its run is repeated.`);
    requireSameExperiment(out, plan, before);
    for (const { data: name, method, reason } of plan.skipped) note(`skipped: ${name} ${method}: ${reason}`);
    const { cpu, cores, node } = machine();
    await writeHead(folder, {
      format: "dmil-sweep-1",
      command: commandOf(data, flags),
      experiment: portable(input.value),
      environment: { dmil: version(), node, cpu, cores, code },
      started: (await startedBefore(folder)) ?? new Date().toISOString(),
    });
    await rewriteEntries(folder, before.values());
    const resumeCommand = withResume(["dmil", ...process.argv.slice(2).map(quoted)]);
    const entries = await runSweep(plan, before, { out, code, workers, quiet, again: resumeCommand });
    return answer(out, plan, entries, (performance.now() - started) / 1000);
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

/** When a resumed sweep was started. */
async function startedBefore(folder: Folder): Promise<string | undefined> {
  const head = await readHead(folder, "It is written again.").catch((error: Error) => note(`note: ${error.message}`));
  return head?.started;
}

/** @throws RunError if the folder holds finished runs that the experiment does not include; a comparison would then mix protocols. */
function requireSameExperiment(out: string, { runs }: SweepPlan, before: ReadonlyMap<string, SweepEntry>): void {
  const ids = new Set(runs.map(({ id }) => id));
  const foreign = [...before.values()].filter(({ id, status }) => status === "finished" && !ids.has(id));
  if (foreign.length === 0) return;
  throw runError(
    `${out} contains ${count(foreign.length, "run")} that this experiment does not include, the first ${foreign[0]!.run}: the methods, seeds, splits, settings, data or code of dmil have changed. Undo the change, or give another --out.`,
    { folder: out, runs: foreign.map(({ run }) => run) },
  );
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

function answer(out: string, plan: SweepPlan, entries: readonly SweepEntry[], seconds: number): Answer {
  const failed = entries.filter(({ status }) => status === "failed");
  const finished = entries.filter(({ status }) => status === "finished");
  const { columns, rows, cells } = meansOf(finished);
  const metrics = [...new Set(finished.map(({ scores }) => Object.keys(scores!.test)[0]!))];
  const text = [
    ...(finished.length === 0
      ? []
      : [
          `mean test ${metrics.join(" or ")} over ${count(new Set(finished.map(({ seed }) => seed)).size, "seed")}`,
          table([
            ["method", ...columns],
            ...rows.map((row, r) => [row, ...cells[r]!.map((cell) => share(cell?.value))]),
          ]),
        ]),
    ...plan.skipped.map(({ data, method, reason }) => `skipped: ${data} ${method}: ${reason}`),
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
      skipped: plan.skipped,
      means: rows.flatMap((method, r) =>
        columns.flatMap((data, c) => {
          const cell = cells[r]![c];
          return cell === undefined ? [] : [{ method, data, runs: cell.runs, accuracy: cell.value }];
        }),
      ),
    },
    failed: failed.length > 0,
  };
}

function withResume(words: readonly string[]): string {
  return words.includes("--resume") ? words.join(" ") : `${words.join(" ")} --resume`;
}
