/** @file Tables of reports as texts, and as Markdown. */
import { markdownEscaped } from "../../core/markup.ts";

/** What is said about a cell besides its text: the best of those it stands beside, or not shown to differ from it. */
export type Mark = "best" | "tied";

/** A table for people. */
export interface TextTable {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Of cells, by row and column; left out where nothing is marked. */
  readonly marks?: readonly (readonly (Mark | undefined)[])[];
}

/** A table in Markdown, without its title: the best in bold, what is tied with it in italics. */
export function markdownTable({ header, rows, marks }: TextTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const marked = (text: string, mark: Mark | undefined): string =>
    mark === undefined ? text : mark === "best" ? `**${text}**` : `_${text}_`;
  return [
    line(header.map(markdownEscaped)),
    line(header.map(() => "---")),
    ...rows.map((row, r) => line(row.map((text, c) => marked(markdownEscaped(text), marks?.[r]?.[c])))),
  ].join("\n");
}
