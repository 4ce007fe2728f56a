/** @file `dmil compare`: compares the methods of sweeps, as tables, reports and files. */
import * as path from "node:path";
import { configError, hint } from "../../core/errors.ts";
import { type Comparison, compareRuns } from "../../experiments/compare/compare.ts";
import { type CompareFacts, distinct } from "../../experiments/compare/facts.ts";
import type { ScoredSplit } from "../../experiments/compare/figures.ts";
import { htmlReport } from "../../experiments/compare/html.ts";
import { latexReport } from "../../experiments/compare/latex.ts";
import { markdownReport } from "../../experiments/compare/markdown.ts";
import { missingLines, overviewTable, shareGroups, shareTable } from "../../experiments/compare/overview.ts";
import { mergeSweeps, readSweep, type Sweep } from "../../experiments/compare/read.ts";
import { comparisonDocument, longRows, runRows } from "../../experiments/compare/rows.ts";
import { kappaTable, stabilityTable } from "../../experiments/compare/stability-tables.ts";
import { shortTable, tablesByMethod } from "../../experiments/compare/tables.ts";
import { mixedEnvironments, readTrace, type Trace, unreadNotes } from "../../experiments/compare/trace.ts";
import type { SweepEntry } from "../../experiments/entry.ts";
import { disk } from "../../node/disk.ts";
import type { Environment } from "../../runs/record.ts";
import { encodeTable } from "../../runs/tables.ts";
import { type Answer, note } from "../answer.ts";
import { names } from "../config.ts";
import { writeFile } from "../open-data.ts";
import { LEGEND, reportTable } from "../report-table.ts";
import { count, quoted, wrapped } from "../text.ts";

export interface CompareFlags {
  readonly against?: string;
  readonly metric?: string;
  readonly split: ScoredSplit;
  /** Whether the terminal shows one table per data set or one per method. */
  readonly by: "data" | "method";
  /** Files to write; the extension decides the format. One string may list several, separated by commas. */
  readonly out?: readonly string[];
  readonly markdown?: string;
}

/** Makes the content of a report file. */
type Writer = (
  comparison: Comparison,
  facts: CompareFacts,
  traces: ReadonlyMap<SweepEntry, Trace>,
) => string | Uint8Array;

const WRITERS: Readonly<Record<string, Writer>> = {
  html: htmlReport,
  md: markdownReport,
  csv: (comparison) => encodeTable(runRows(comparison), "runs.csv"),
  tex: latexReport,
  json: (comparison, facts) => `${JSON.stringify(comparisonDocument(comparison, facts), undefined, 1)}\n`,
};

/** Reads sweeps, compares them, writes the requested files and prints the main columns. */
export async function compare(directories: readonly string[], flags: CompareFlags): Promise<Answer> {
  const files = filesOf(flags);
  const sweeps: Sweep[] = [];
  for (const directory of directories) sweeps.push(await readSweep(disk(directory)));
  const { entries, notes } = mergeSweeps(sweeps);
  const { traces, environments } = await readTraces(directories, sweeps, entries);
  const comparison = compareRuns(entries, { ...flags, bits: (entry) => traces.get(entry)?.bits });
  const unread = unreadNotes([...traces.values()]);
  for (const text of unread) note(`note: ${text}`);
  const shownNotes = [...notes, ...mixedEnvironments(environments)];
  const facts: CompareFacts = {
    command: commandOf(directories, flags),
    sweeps,
    environments: distinct(environments),
    notes: [...shownNotes, ...unread],
  };
  const written: string[] = [];
  for (const { file, ending } of files) {
    await writeFile(file, WRITERS[ending]!(comparison, facts, traces));
    written.push(file);
    if (ending !== "csv") continue;
    const long = file.replace(/\.csv$/, ".long.csv");
    await writeFile(long, encodeTable(longRows(comparison), long));
    written.push(long);
  }
  return {
    text: textOf(comparison, shownNotes, written, flags.by),
    json: comparisonDocument(comparison, facts),
    failed: comparison.settings.length === 0,
  };
}

/** Curves and environments of runs. The environment comes from the folder of the run, or from its sweep where the run has none. */
async function readTraces(
  directories: readonly string[],
  sweeps: readonly Sweep[],
  entries: readonly SweepEntry[],
): Promise<{ traces: Map<SweepEntry, Trace>; environments: Environment[] }> {
  const traces = new Map<SweepEntry, Trace>();
  const environments: Environment[] = [];
  for (const entry of entries) {
    const s = sweeps.findIndex((sweep) => sweep.entries.includes(entry));
    const trace = await readTrace(disk(directories[s]!), entry.run);
    traces.set(entry, trace);
    environments.push({ ...sweeps[s]!.head?.environment, ...trace.environment });
  }
  return { traces, environments };
}

/** The files to write, with their extensions. @throws ConfigError for an unknown extension. */
function filesOf({ out = [], markdown }: CompareFlags): { file: string; ending: string }[] {
  const paths = out.flatMap((text) => names(text, "--out")!);
  const files = paths.map((file) => {
    const ending = /\.([^./\\]+)$/.exec(file)?.[1] ?? "";
    if (!Object.hasOwn(WRITERS, ending)) {
      const endings = Object.keys(WRITERS);
      throw configError(
        `--out ${file}: the name of a report ends in ${endings.map((known) => `.${known}`).join(", ")}${hint(ending, endings)}`,
      );
    }
    return { file, ending };
  });
  return markdown === undefined ? files : [...files, { file: markdown, ending: "md" }];
}

/** Tables, then missing runs and notes. */
function textOf(
  comparison: Comparison,
  notes: readonly string[],
  written: readonly string[],
  by: CompareFlags["by"],
): string {
  const overview = overviewTable(comparison);
  const lines = [
    ...missingLines(comparison),
    ...[...notes, ...comparison.notes].map((note) => `note: ${note}`),
    ...(written.length === 0 ? [] : [`written: ${written.join(", ")}`]),
  ];
  const tables = [
    ...(by === "method"
      ? tablesByMethod(comparison)
      : comparison.settings.map((setting) => shortTable(setting, comparison.split))
    ).map((part) => reportTable(part)),
    ...shareGroups(comparison).map((group) => reportTable(shareTable(group))),
    ...(overview === undefined ? [] : [reportTable(overview, { fixed: 3 })]),
    ...stabilityTexts(comparison),
  ];
  const legend = tables.length === 0 ? [`${count(comparison.failed.length, "run")} failed, none finished.`] : [LEGEND];
  return [...tables, [...legend, ...lines.map((line) => wrapped(line))].join("\n")].join("\n\n");
}

/** Agreement between seeds: in full for one data set, one row for each of several. */
function stabilityTexts(comparison: Comparison): string[] {
  const kappas = kappaTable(comparison);
  if (kappas !== undefined) return [reportTable(kappas, { fixed: 3 })];
  return comparison.settings.flatMap((setting) => {
    const stability = stabilityTable(setting, true);
    return stability === undefined ? [] : [reportTable(stability)];
  });
}

/** The command that gives the same results, without output files. */
function commandOf(directories: readonly string[], { against, metric, split }: CompareFlags): string {
  const flags = Object.entries({ against, metric, split }).flatMap(([name, value]) =>
    value === undefined || (name === "split" && value === "test") ? [] : [`--${name} ${quoted(value)}`],
  );
  // Absolute paths are shortened to names, because they mean nothing on other machines.
  const folders = directories.map((folder) => quoted(path.isAbsolute(folder) ? path.basename(folder) : folder));
  return ["dmil compare", ...folders, ...flags].join(" ");
}
