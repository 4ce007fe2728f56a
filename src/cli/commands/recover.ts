/** @file `dmil recover`: measures on data with known truth whether methods recover the true decomposition, in parallel processes. */
import * as path from "node:path";
import { runError } from "../../core/errors.ts";
import { htmlReport } from "../../experiments/recover/html.ts";
import { type RecoveryJob, type RecoveryResult, resultSchema } from "../../experiments/recover/job.ts";
import { markdownReport, type ReportFacts } from "../../experiments/recover/markdown.ts";
import { type FailedJob, jobKey, resultRows, suiteJobs } from "../../experiments/recover/suite.ts";
import { ceilingTable, methodTables, targetTable, theoremTable, typeTables } from "../../experiments/recover/tables.ts";
import { verdicts } from "../../experiments/recover/targets.ts";
import { disk } from "../../node/disk.ts";
import { machine } from "../../node/machine.ts";
import { runJobs } from "../../node/pool.ts";
import { readCached, writeCached } from "../../runs/cached.ts";
import { encodeTable } from "../../runs/tables.ts";
import { type Answer, note } from "../answer.ts";
import { codeHash, MAIN, RECOVERY_CODE } from "../code-hash.ts";
import { names, seedsOf, workersOf } from "../config.ts";
import { withFolderLock } from "../folder-lock.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { liveLine } from "../live-line.ts";
import { writeFile } from "../open-data.ts";
import { reportTable } from "../report-table.ts";
import { count, duration, quoted, share } from "../text.ts";
import { version } from "../version.ts";
import type { ChildEvent, ChildJob } from "./recover-job.ts";

export interface RecoverFlags {
  readonly quick?: boolean;
  readonly out: string;
  readonly seeds?: string;
  readonly methods?: string;
  readonly cases?: string;
  /** The folder of the data set avdigits. */
  readonly digits?: string;
  readonly workers: string;
  readonly markdown?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
}

/** The terminal shows tables by true type for at most this many cases; the report shows all. */
const DETAILED = 2;

/** Runs the jobs that have no result yet, then reports all selected jobs. */
export async function recover(flags: RecoverFlags): Promise<Answer> {
  const { quick = false, out } = flags;
  const seeds = seedsOf(flags.seeds ?? (quick ? "0" : "0-2"));
  workersOf(flags.workers);
  const jobs = suiteJobs({
    quick,
    seeds,
    methods: names(flags.methods),
    cases: names(flags.cases),
    ...(flags.digits !== undefined && { digits: path.resolve(flags.digits) }),
  });
  return withFolderLock(out, { force: flags.force, instead: "give another --out" }, () => suite(jobs, seeds, flags));
}

async function suite(jobs: readonly RecoveryJob[], seeds: readonly number[], flags: RecoverFlags): Promise<Answer> {
  const { quick = false, out, quiet = false, markdown } = flags;
  const started = performance.now();
  const { results, failed } = await runSuite(jobs, out, workersOf(flags.workers), quiet);
  const { cpu, cores, node } = machine();
  const command = commandOf(flags);
  const report: ReportFacts = {
    command,
    environment: { dmil: version(), node, cpu, cores },
    failed,
  };
  if (results.length === 0) {
    throw runError(`no job gave a result. First error: ${failed[0]?.error ?? "none was selected"}`, { failed });
  }
  const judged = verdicts(results);
  const json = { command, environment: report.environment, seeds, quick, failed, verdicts: judged, results };
  const folder = disk(out);
  await folder.write("results.json", `${JSON.stringify(json, (_, v) => (Number.isNaN(v) ? null : v), 1)}\n`);
  await folder.write("results.csv", encodeTable(resultRows(results), "results.csv"));
  await folder.write("report.html", htmlReport(results, report));
  if (markdown !== undefined) await writeFile(markdown, markdownReport(results, report));
  const theorem = theoremTable(results);
  const cases = [...new Set(results.map(({ job }) => job.case))];
  const detailed = cases.length > DETAILED ? [] : cases;
  const tables = [
    ...detailed.flatMap((name) =>
      typeTables(results.filter(({ job }) => job.case === name)).map((byType) => ({
        ...byType,
        title: `${name}: ${byType.title}`,
      })),
    ),
    ...methodTables(results),
    ceilingTable(results),
    ...(theorem === undefined ? [] : [theorem]),
    ...(judged.length === 0 ? [] : [targetTable(judged)]),
  ];
  const written = [...["results.json", "results.csv", "report.html"].map((name) => path.join(out, name)), markdown];
  return {
    text: [
      ...tables.map((part) => reportTable(part)),
      ...failed.map(({ job, error }) => `failed: ${nameOf(job)}: ${error}`),
      `${count(results.length, "job")}, ${duration((performance.now() - started) / 1000)}; written: ${written.filter((name) => name !== undefined).join(", ")}`,
    ].join("\n\n"),
    json,
    failed: failed.length > 0,
  };
}

/** Results in the order of the jobs, read from the folder if they exist, otherwise computed in child processes. */
async function runSuite(
  jobs: readonly RecoveryJob[],
  out: string,
  workers: number,
  quiet: boolean,
): Promise<{ results: RecoveryResult[]; failed: FailedJob[] }> {
  const folder = disk(out);
  const code = await codeHash(RECOVERY_CODE);
  const files = await Promise.all(jobs.map(async (job) => `jobs/${await jobKey(job, code)}.json`));
  const results = new Map<number, RecoveryResult>();
  for (const [i, file] of files.entries()) {
    const stored = await readCached<RecoveryResult>(folder, file, resultSchema, note);
    if (stored !== undefined) results.set(i, stored);
  }
  const todo = [...jobs.keys()].filter((i) => !results.has(i));
  if (!quiet)
    note(`${count(jobs.length, "job")}: ${results.size} already done, ${todo.length} to do, ${workers} at a time`);
  const failed: FailedJob[] = [];
  const live = liveLine(quiet);
  const interrupt = listenForInterrupt(note);
  const started = performance.now();
  let done = 0;
  try {
    await runJobs<ChildJob, RecoveryResult, ChildEvent>(
      todo.map((i) => ({ job: jobs[i]!, code })),
      {
        workers,
        module: MAIN,
        args: ["recover-job"],
        signal: interrupt.signal,
        onEvent: (t, { stage, epoch, epochs }) => live.show(`${nameOf(jobs[todo[t]!]!)}: ${stage} ${epoch}/${epochs}`),
        async onDone(t, outcome) {
          const i = todo[t]!;
          const job = jobs[i]!;
          if (interrupt.signal.aborted) return;
          done++;
          const left = ((performance.now() - started) / 1000 / done) * (todo.length - done);
          live.clear();
          if (outcome.ok) {
            await writeCached(folder, files[i]!, outcome.value);
            results.set(i, outcome.value);
            if (!quiet)
              note(`${done}/${todo.length}  ${nameOf(job)}  ${figuresOf(outcome.value)}  ${duration(left)} left`);
          } else {
            failed.push({ job, error: outcome.error });
            note(`${done}/${todo.length}  ${nameOf(job)}  failed: ${outcome.error}`);
          }
        },
      },
    );
  } finally {
    live.clear();
    interrupt.release();
  }
  if (interrupt.signal.aborted) {
    throw runError(`${results.size} of ${jobs.length} jobs are stored in ${out}; the same command continues`, {
      interrupted: true,
      out,
    });
  }
  return { results: jobs.flatMap((_, i) => results.get(i) ?? []), failed };
}

function figuresOf({ seconds, figures }: RecoveryResult): string {
  const { accuracy, identified, gateIdentified } = figures;
  const parts = [
    duration(seconds),
    `accuracy ${share(accuracy.all)}`,
    ...(identified === undefined ? [] : [`identified ${share(identified.labelFree)}`]),
    ...(gateIdentified === undefined ? [] : [`gate ${share(gateIdentified)}`]),
  ];
  return parts.join("  ");
}

function nameOf({ case: caseName, method, seed }: RecoveryJob): string {
  return `${caseName} ${method} ${seed}`;
}

/** The command that gives the same results, without output paths. */
function commandOf({ quick, seeds, methods, cases, digits }: RecoverFlags): string {
  const data = digits === undefined ? undefined : "AVDIGITS";
  const parts = Object.entries({ seeds, methods, cases, digits: data }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`],
  );
  return ["dmil recover", ...(quick ? ["--quick"] : []), ...parts].join(" ");
}
