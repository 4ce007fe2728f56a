/** @file Tables of reports at a terminal, with signs behind the figures that are marked. */
import type { TextTable } from "../runs/report/text-table.ts";
import { type Layout, table } from "./text.ts";

const SIGNS = { best: "*", tied: "=" } as const;

/** What the signs behind figures mean. */
export const LEGEND = "* the best   = not shown to differ from it";

/** The table under its title, in the width of a terminal. */
export function reportTable({ title, header, rows, marks }: TextTable, layout?: Layout): string {
  const cell = (text: string, r: number, c: number): string => {
    const mark = marks?.[r]?.[c];
    return mark === undefined ? text : `${text} ${SIGNS[mark]}`;
  };
  return `${title}\n${table([header, ...rows.map((row, r) => row.map((text, c) => cell(text, r, c)))], layout)}`;
}
