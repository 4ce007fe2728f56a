/** @file `dmil compare`: compares the methods of sweeps, as tables, reports and files. */
import * as path from "node:path";
import { configError, hint } from "../../core/errors.ts";
import type { Comparison } from "../../experiments/compare/compare.ts";
import type { ScoredSplit } from "../../experiments/compare/metrics.ts";
import { readSweep, type Sweep } from "../../experiments/compare/read.ts";
import { type ComparedSweeps, compare as compareSweeps } from "../../experiments/compare.ts";
import { disk } from "../../node/disk.ts";
import { compareHtml } from "../../reports/compare/html.ts";
import { compareLatex } from "../../reports/compare/latex.ts";
import { compareMarkdown } from "../../reports/compare/markdown.ts";
import { missingLines, overviewTable, shareGroups, shareTable } from "../../reports/compare/overview.ts";
import { comparisonDocument, longRows, runRows } from "../../reports/compare/rows.ts";
import { kappaTable, stabilityTable } from "../../reports/compare/stability-tables.ts";
import { shortTable, tablesByMethod } from "../../reports/compare/tables.ts";
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
type Writer = (comparison: ComparedSweeps, command: string) => string | Uint8Array;

const WRITERS: Readonly<Record<string, Writer>> = {
  html: compareHtml,
  md: compareMarkdown,
  csv: (comparison) => encodeTable(runRows(comparison), "runs.csv"),
  tex: compareLatex,
  json: (comparison, command) => `${JSON.stringify(comparisonDocument(comparison, command), undefined, 1)}\n`,
};

/** Reads sweeps, compares them, writes the requested files and prints the main columns. */
export async function compare(directories: readonly string[], flags: CompareFlags): Promise<Answer> {
  const files = filesOf(flags);
  const sweeps: Sweep[] = [];
  for (const directory of directories) sweeps.push(await readSweep(disk(directory)));
  const { against, metric, split } = flags;
  const comparison = await compareSweeps(sweeps, {
    split,
    ...(against !== undefined && { against }),
    ...(metric !== undefined && { metric }),
  });
  for (const text of comparison.unread) note(`note: ${text}`);
  const command = commandOf(directories, flags);
  const written: string[] = [];
  for (const { file, ending } of files) {
    await writeFile(file, WRITERS[ending]!(comparison, command));
    written.push(file);
    if (ending !== "csv") continue;
    const long = file.replace(/\.csv$/, ".long.csv");
    await writeFile(long, encodeTable(longRows(comparison), long));
    written.push(long);
  }
  return {
    text: textOf(comparison, written, flags.by),
    json: comparisonDocument(comparison, command),
    failed: comparison.settings.length === 0,
  };
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
function textOf(comparison: ComparedSweeps, written: readonly string[], by: CompareFlags["by"]): string {
  const overview = overviewTable(comparison);
  const lines = [
    ...missingLines(comparison),
    // Files that could not be read are named on stderr.
    ...comparison.notes.filter((text) => !comparison.unread.includes(text)).map((text) => `note: ${text}`),
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
