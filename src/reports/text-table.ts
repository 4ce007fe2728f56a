/** @file Tables of reports as text and Markdown. */
import { markdownEscaped } from "../core/markup.ts";

/** The mark of a cell: the best of its group, or not significantly different from the best. */
export type Mark = "best" | "tied";

/** A table of text. */
export interface TextTable {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Marks of cells by row and column; undefined if there are none. */
  readonly marks?: readonly (readonly (Mark | undefined)[])[];
}

/** A table in Markdown, without its title; best in bold, tied in italics. */
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
