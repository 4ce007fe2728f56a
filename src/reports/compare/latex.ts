/** @file Tables for papers: LaTeX with booktabs, the best in bold, what is tied with it underlined. */
import { texEscaped } from "../../core/markup.ts";
import { printable } from "../../core/printable.ts";
import type { Comparison } from "../../experiments/compare/compare.ts";
import type { TextTable } from "../text-table.ts";
import { overviewTable, shareGroups, shareTable } from "./overview.ts";
import { protocolLines } from "./protocol.ts";
import { stabilityTable } from "./stability-tables.ts";
import { shortTable } from "./tables.ts";

/** A table as a float with its caption. */
export function latexTable({ title, header, rows, marks }: TextTable): string {
  const cell = (text: string, r: number, c: number): string => {
    const mark = marks?.[r]?.[c];
    const own = texEscaped(text);
    // Bold does not reach into mathematics, where minus and plus-minus stand; \boldmath does.
    return mark === "best" ? `{\\bfseries\\boldmath ${own}}` : mark === "tied" ? `\\underline{${own}}` : own;
  };
  const line = (cells: readonly string[]): string => `${cells.join(" & ")} \\\\`;
  return [
    "\\begin{table}[t]",
    "\\centering",
    `\\caption{${texEscaped(title)}}`,
    `\\begin{tabular}{l${"r".repeat(header.length - 1)}}`,
    "\\toprule",
    line(header.map(texEscaped)),
    "\\midrule",
    ...rows.map((row, r) => line(row.map((text, c) => cell(text, r, c)))),
    "\\bottomrule",
    "\\end{tabular}",
    "\\end{table}",
  ].join("\n");
}

/** The overview, shares, and the short table of each setting. Needs \usepackage{booktabs}. */
export function compareLatex(comparison: Comparison, command: string): string {
  const overview = overviewTable(comparison);
  const tables = [
    ...(overview === undefined ? [] : [overview]),
    ...shareGroups(comparison).map(shareTable),
    ...comparison.settings.map((setting) => shortTable(setting, comparison.split)),
    ...comparison.settings.flatMap((setting) => stabilityTable(setting, true) ?? []),
  ];
  const comments = [`Made by: ${command}`, "Needs: \\usepackage{booktabs}", ...protocolLines(comparison)];
  return `${comments.map((line) => `% ${printable(line)}`).join("\n")}\n\n${tables.map(latexTable).join("\n\n")}\n`;
}
