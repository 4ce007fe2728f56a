/** @file `dmil recover`: measures on data with known truth whether methods recover the true decomposition, in parallel processes. */
import * as path from "node:path";
import { type SuiteChoice, suiteJobs } from "../../experiments/recover/suite.ts";
import { nameOf, type Recovery, recover as runSuite } from "../../experiments/recover.ts";
import { disk } from "../../node/disk.ts";
import { machine } from "../../node/machine.ts";
import { recoverHtml } from "../../reports/recover/html.ts";
import { type Origin, recoverMarkdown } from "../../reports/recover/markdown.ts";
import { resultRows } from "../../reports/recover/rows.ts";
import { ceilingTable, methodTables, targetTable, theoremTable, typeTables } from "../../reports/recover/tables.ts";
import type { TextTable } from "../../reports/text-table.ts";
import { encodeTable } from "../../runs/tables.ts";
import type { Answer } from "../answer.ts";
import { names, seedsOf, workersOf } from "../config.ts";
import { inProcesses } from "../experiments.ts";
import { withFolderLock } from "../folder-lock.ts";
import { writeFile } from "../open-data.ts";
import { reportTable } from "../report-table.ts";
import { count, duration, quoted } from "../text.ts";
import { version } from "../version.ts";

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
  const { quick = false, out, quiet = false } = flags;
  const workers = workersOf(flags.workers);
  const choice: SuiteChoice = {
    quick,
    seeds: seedsOf(flags.seeds ?? (quick ? "0" : "0-2")),
    methods: names(flags.methods, "--methods"),
    cases: names(flags.cases, "--cases"),
    digits: flags.digits === undefined ? undefined : path.resolve(flags.digits),
  };
  suiteJobs(choice); // a wrong name is an error before the folder is locked
  return withFolderLock(out, { force: flags.force, instead: "give another --out" }, async () => {
    const started = performance.now();
    const recovery = await inProcesses({ out, workers, quiet, again: "the same command continues" }, (options) =>
      runSuite({ ...options, ...choice }),
    );
    const { cpu, cores, node } = machine();
    const origin: Origin = { command: commandOf(flags), environment: { dmil: version(), node, cpu, cores } };
    const { seeds } = choice;
    const { failed, verdicts, results } = recovery;
    const json = { ...origin, seeds, quick, failed, verdicts, results };
    const written = await writeReports(flags, recovery, origin, json);
    const seconds = duration((performance.now() - started) / 1000);
    return {
      text: [
        ...tablesOf(recovery).map((part) => reportTable(part)),
        ...recovery.failed.map(({ job, error }) => `failed: ${nameOf(job)}: ${error}`),
        `${count(recovery.results.length, "job")}, ${seconds}; written: ${written.join(", ")}`,
      ].join("\n\n"),
      json,
      failed: recovery.failed.length > 0,
    };
  });
}

/** Writes the results and their reports; returns the paths of the files. */
async function writeReports(
  { out, markdown }: RecoverFlags,
  recovery: Recovery,
  origin: Origin,
  json: object,
): Promise<string[]> {
  const folder = disk(out);
  const files = {
    "results.json": `${JSON.stringify(json, (_, v) => (Number.isNaN(v) ? null : v), 1)}\n`,
    "results.csv": encodeTable(resultRows(recovery.results), "results.csv"),
    "report.html": recoverHtml(recovery, origin),
  };
  for (const [name, content] of Object.entries(files)) await folder.write(name, content);
  const written = Object.keys(files).map((name) => path.join(out, name));
  if (markdown === undefined) return written;
  await writeFile(markdown, recoverMarkdown(recovery, origin));
  return [...written, markdown];
}

/** The tables for the terminal. */
function tablesOf({ results, verdicts }: Recovery): TextTable[] {
  const theorem = theoremTable(results);
  const cases = [...new Set(results.map(({ job }) => job.case))];
  const detailed = cases.length > DETAILED ? [] : cases;
  return [
    ...detailed.flatMap((name) =>
      typeTables(results.filter(({ job }) => job.case === name)).map((byType) => ({
        ...byType,
        title: `${name}: ${byType.title}`,
      })),
    ),
    ...methodTables(results),
    ceilingTable(results),
    ...(theorem === undefined ? [] : [theorem]),
    ...(verdicts.length === 0 ? [] : [targetTable(verdicts)]),
  ];
}

/** The command that gives the same results, without output paths. */
function commandOf({ quick, seeds, methods, cases, digits }: RecoverFlags): string {
  const data = digits === undefined ? undefined : "AVDIGITS";
  const parts = Object.entries({ seeds, methods, cases, digits: data }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`],
  );
  return ["dmil recover", ...(quick ? ["--quick"] : []), ...parts].join(" ");
}
