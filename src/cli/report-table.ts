/** @file Tables of reports for a terminal, with symbols after marked values. */
import type { TextTable } from "../reports/text-table.ts";
import { type Layout, table } from "./text.ts";

const SYMBOLS = { best: "*", tied: "=" } as const;

/** The meaning of the symbols after values. */
export const LEGEND = "* best   = not significantly different from the best";

/** The table with its title, fitted to the width of the terminal. */
export function reportTable({ title, header, rows, marks }: TextTable, layout?: Layout): string {
  const cell = (text: string, r: number, c: number): string => {
    const mark = marks?.[r]?.[c];
    return mark === undefined ? text : `${text} ${SYMBOLS[mark]}`;
  };
  return `${title}\n${table([header, ...rows.map((row, r) => row.map((text, c) => cell(text, r, c)))], layout)}`;
}
