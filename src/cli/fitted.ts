/** @file Tables of reports in the width of a terminal. */
import type { TextTable } from "../runs/report/text-table.ts";
import { table } from "./text.ts";

/** Room for text at a terminal, in columns. */
export const WIDTH = 100;

const SIGNS = { best: "*", tied: "=" } as const;

/** What the signs behind figures mean. */
export const LEGEND = "* the best   = not shown to differ from it";

function lines({ header, rows, marks }: TextTable, columns: readonly number[]): string {
  const cell = (text: string, r: number, c: number): string => {
    const mark = marks?.[r]?.[c];
    return mark === undefined ? text : `${text} ${SIGNS[mark]}`;
  };
  return table([columns.map((c) => header[c]!), ...rows.map((row, r) => columns.map((c) => cell(row[c]!, r, c)))]);
}

function widthOf(text: string): number {
  return Math.max(...text.split("\n").map((line) => line.length));
}

/** The table with as many of its columns, from the first, as fit; the first two always. */
export function fitted(own: TextTable, width: number = WIDTH): string {
  let columns = own.header.map((_, c) => c);
  let text = lines(own, columns);
  while (columns.length > 2 && widthOf(text) > width) {
    columns = columns.slice(0, -1);
    text = lines(own, columns);
  }
  return `${own.title}\n${text}`;
}

/** The table in as many parts below one another as it takes; each begins with the first `fixed` columns. */
export function inParts(own: TextTable, fixed: number, width: number = WIDTH): string {
  const first = own.header.map((_, c) => c).slice(0, fixed);
  const parts: string[] = [];
  let columns = [...first];
  for (let c = fixed; c < own.header.length; c++) {
    const more = [...columns, c];
    if (columns.length > fixed && widthOf(lines(own, more)) > width) {
      parts.push(lines(own, columns));
      columns = [...first, c];
    } else columns = more;
  }
  parts.push(lines(own, columns));
  return `${own.title}\n${parts.join("\n\n")}`;
}

/** Text broken between words; lines after the first are set in by two. */
export function wrapped(text: string, width: number = WIDTH): string {
  const broken: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > width && line.trim() !== "") {
      broken.push(line);
      line = `  ${word}`;
    } else line = longer;
  }
  return [...broken, line].join("\n");
}
