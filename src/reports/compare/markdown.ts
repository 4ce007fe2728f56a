/** @file A comparison as a page of documentation. */
import { markdownCode, markdownEscaped } from "../../core/markup.ts";
import { type ComparedSweeps, environmentLine } from "../../experiments/compare.ts";
import { markdownPage, points, section, titled } from "../markdown.ts";
import { firstsTable, missingLines, overviewTable, shareGroups, shareTable } from "./overview.ts";
import { protocolLines, tuningLines } from "./protocol.ts";
import { columnNotes, kappaTable, stabilityTables } from "./stability-tables.ts";
import { fullTables } from "./tables.ts";

/** The page: how it was made, all settings at a glance, each setting, what is missing. */
export function compareMarkdown(comparison: ComparedSweeps, command: string): string {
  const overview = overviewTable(comparison);
  const kappas = kappaTable(comparison);
  const missing = missingLines(comparison);
  const { notes, sweeps, environments } = comparison;
  const tuning = tuningLines(comparison);
  const parts = [
    "# Methods compared",
    "Best in bold; in italics what is not shown to differ from it.",
    ...protocolLines(comparison).map(markdownEscaped),
    ...section("## At a glance", [
      ...(overview === undefined ? [] : titled(overview)),
      ...titled(firstsTable(comparison)),
      ...(kappas === undefined ? [] : titled(kappas)),
    ]),
    ...section(
      "## By share of the training samples",
      shareGroups(comparison).flatMap((group) => titled(shareTable(group))),
    ),
    "## Set by set",
    ...comparison.settings.flatMap((setting) => {
      const [main, ...more] = fullTables(setting, comparison.split);
      return [...titled(main!), ...[...more, ...stabilityTables(setting)].flatMap((table) => titled(table, 4))];
    }),
    ...section("## Runs that are missing", missing.length === 0 ? [] : [points(missing)]),
    ...section("## Notes", notes.length === 0 ? [] : [points(notes)]),
    "## Columns",
    points(columnNotes(comparison)),
    ...section("## Tuning, on validation data", tuning.length === 0 ? [] : [points(tuning)]),
    "## To reproduce",
    markdownCode(
      "sh",
      [...sweeps.flatMap(({ head }) => (head === undefined ? [] : [head.command])), command].join("\n"),
    ),
    ...environments.map((own) => markdownEscaped(environmentLine(own))),
  ];
  return markdownPage(parts);
}
