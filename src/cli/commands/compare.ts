/** @file `dmil compare`: what the runs of a sweep say about methods, as tables, pages and files. */
import * as path from "node:path";
import { configError, hint } from "../../core/errors.ts";
import { disk } from "../../node/disk.ts";
import { type Comparison, compareRuns } from "../../runs/compare/compare.ts";
import { type CompareFacts, distinct } from "../../runs/compare/facts.ts";
import type { ScoredSplit } from "../../runs/compare/figures.ts";
import { htmlReport } from "../../runs/compare/html.ts";
import { latexReport } from "../../runs/compare/latex.ts";
import { markdownReport } from "../../runs/compare/markdown.ts";
import { missingLines, overviewTable, shareGroups, shareTable } from "../../runs/compare/overview.ts";
import { mergeSweeps, readSweep, type Sweep } from "../../runs/compare/read.ts";
import { comparisonDocument, longRows, runRows } from "../../runs/compare/rows.ts";
import { kappaTable, stabilityTable } from "../../runs/compare/stability-tables.ts";
import { shortTable, tablesByMethod } from "../../runs/compare/tables.ts";
import { mixedEnvironments, readTrace, type Trace, unreadNotes } from "../../runs/compare/trace.ts";
import type { Environment } from "../../runs/record.ts";
import type { SweepEntry } from "../../runs/sweep/entry.ts";
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
  /** What the tables at the terminal are of. */
  readonly by: "data" | "method";
  /** Files, each by its ending; one text may list several. */
  readonly out?: readonly string[];
  readonly markdown?: string;
}

/** What is written for each ending. */
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

/** Reads sweeps, compares, writes what was asked for, and tells the main columns. */
export async function compare(directories: readonly string[], flags: CompareFlags): Promise<Answer> {
  const files = filesOf(flags);
  const sweeps: Sweep[] = [];
  for (const directory of directories) sweeps.push(await readSweep(disk(directory)));
  const { entries, notes } = mergeSweeps(sweeps);
  const { traces, environments } = await readTraces(directories, sweeps, entries);
  const comparison = compareRuns(entries, { ...flags, bits: (entry) => traces.get(entry)?.bits });
  const unread = unreadNotes([...traces.values()]);
  for (const text of unread) note(`note: ${text}`);
  const told = [...notes, ...mixedEnvironments(environments)];
  const facts: CompareFacts = {
    command: commandOf(directories, flags),
    sweeps,
    environments: distinct(environments),
    notes: [...told, ...unread],
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
    text: textOf(comparison, told, written, flags.by),
    json: comparisonDocument(comparison, facts),
    failed: comparison.settings.length === 0,
  };
}

/** Curves and environments of runs. A run counts with the environment of its own folder, else with its sweep's. */
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

/** Which files, of which kind. @throws ConfigError for an ending that nothing is written as. */
function filesOf({ out = [], markdown }: CompareFlags): { file: string; ending: string }[] {
  const asked = out.flatMap((text) => names(text, "--out")!);
  const files = asked.map((file) => {
    const ending = /\.([^./\\]+)$/.exec(file)?.[1] ?? "";
    if (!Object.hasOwn(WRITERS, ending)) {
      const known = Object.keys(WRITERS);
      throw configError(
        `--out ${file}: a report ends in ${known.map((own) => `.${own}`).join(", ")}${hint(ending, known)}`,
      );
    }
    return { file, ending };
  });
  return markdown === undefined ? files : [...files, { file: markdown, ending: "md" }];
}

/** Tables, then what is missing and what to know. */
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
    ).map((own) => reportTable(own)),
    ...shareGroups(comparison).map((group) => reportTable(shareTable(group))),
    ...(overview === undefined ? [] : [reportTable(overview, { fixed: 3 })]),
    ...stabilityTexts(comparison),
  ];
  const legend = tables.length === 0 ? [`${count(comparison.failed.length, "run")} failed, none finished.`] : [LEGEND];
  return [...tables, [...legend, ...lines.map((line) => wrapped(line))].join("\n")].join("\n\n");
}

/** Agreement between seeds: of one set in full, of several at a glance. */
function stabilityTexts(comparison: Comparison): string[] {
  const glance = kappaTable(comparison);
  if (glance !== undefined) return [reportTable(glance, { fixed: 3 })];
  return comparison.settings.flatMap((setting) => {
    const own = stabilityTable(setting, true);
    return own === undefined ? [] : [reportTable(own)];
  });
}

/** The command that gives the same figures, without the files where this one wrote. */
function commandOf(directories: readonly string[], { against, metric, split }: CompareFlags): string {
  const flags = Object.entries({ against, metric, split }).flatMap(([name, value]) =>
    value === undefined || (name === "split" && value === "test") ? [] : [`--${name} ${quoted(value)}`],
  );
  // Where a folder lies on this machine says nothing to others.
  const places = directories.map((own) => quoted(path.isAbsolute(own) ? path.basename(own) : own));
  return ["dmil compare", ...places, ...flags].join(" ");
}
