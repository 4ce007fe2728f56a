/** @file A comparison as a page of documentation. */
import { markdownCode, markdownEscaped } from "../../core/markup.ts";
import { markdownTable, type TextTable } from "../../reports/text-table.ts";
import type { Comparison } from "./compare.ts";
import { type CompareFacts, environmentLine, protocolLines, tuningLines } from "./facts.ts";
import { firstsTable, missingLines, overviewTable, shareGroups, shareTable } from "./overview.ts";
import { columnNotes, kappaTable, stabilityTables } from "./stability-tables.ts";
import { fullTables } from "./tables.ts";

/** The page: how it was made, all settings at a glance, each setting, what is missing. */
export function markdownReport(comparison: Comparison, facts: CompareFacts): string {
  const overview = overviewTable(comparison);
  const kappas = kappaTable(comparison);
  const missing = missingLines(comparison);
  const notes = [...facts.notes, ...comparison.notes];
  const tuning = tuningLines(comparison);
  const parts = [
    "# Methods compared",
    "Best in bold; in italics what is not shown to differ from it.",
    ...protocolLines(comparison).map(markdownEscaped),
    ...section("## At a glance", [
      ...(overview === undefined ? [] : titled(overview, 3)),
      ...titled(firstsTable(comparison), 3),
      ...(kappas === undefined ? [] : titled(kappas, 3)),
    ]),
    ...section(
      "## By share of the training samples",
      shareGroups(comparison).flatMap((group) => titled(shareTable(group), 3)),
    ),
    "## Set by set",
    ...comparison.settings.flatMap((setting) => {
      const [main, ...more] = fullTables(setting, comparison.split);
      return [...titled(main!, 3), ...[...more, ...stabilityTables(setting)].flatMap((table) => titled(table, 4))];
    }),
    ...section("## Runs that are missing", missing.length === 0 ? [] : [points(missing)]),
    ...section("## Notes", notes.length === 0 ? [] : [points(notes)]),
    "## Columns",
    points(columnNotes(comparison)),
    ...section("## Tuning, on validation data", tuning.length === 0 ? [] : [points(tuning)]),
    "## To reproduce",
    markdownCode(
      "sh",
      [...facts.sweeps.flatMap(({ head }) => (head === undefined ? [] : [head.command])), facts.command].join("\n"),
    ),
    ...facts.environments.map((own) => markdownEscaped(environmentLine(own))),
  ];
  return `${parts.join("\n\n")}\n`;
}

function titled(table: TextTable, level: number): string[] {
  return [`${"#".repeat(level)} ${markdownEscaped(table.title)}`, markdownTable(table)];
}

function section(title: string, content: readonly string[]): string[] {
  return content.length === 0 ? [] : [title, ...content];
}

function points(lines: readonly string[]): string {
  return lines.map((line) => `- ${markdownEscaped(line)}`).join("\n");
}
