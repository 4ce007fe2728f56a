/** @file Formats numbers, times, tables and paths as text. */
import { decimals } from "../core/decimals.ts";
import { printable } from "../core/printable.ts";

/** The width of the terminal; without a terminal the value of COLUMNS, otherwise 80. */
export function terminalWidth(stream: NodeJS.WriteStream = process.stdout): number {
  const env = Number(process.env.COLUMNS);
  const columns = stream.isTTY && stream.columns > 0 ? stream.columns : Number.isInteger(env) && env > 0 ? env : 80;
  return Math.max(columns, NARROWEST);
}

/** The minimum width; two columns of names and the gap between them fit. */
const NARROWEST = 40;
const GAP = "  ";
/** Minimum width of a last column for its words to be wrapped. */
const MIN_WRAP_WIDTH = 30;

/** The layout of a table. */
export interface Layout {
  /** Number of first columns that are repeated in each block of a table that is too wide; default 1. */
  readonly fixed?: number;
  /** Width in characters; default: the width of the terminal. */
  readonly width?: number;
}

/**
 * Formats rows as aligned columns, two spaces apart; columns of numbers (below their first row) are right-aligned. If the table is
 * wider than `width`, a last column of words is wrapped. If that is not enough, long names are shortened in the middle, and the
 * remaining columns continue in blocks below.
 */
export function table(
  rows: readonly (readonly string[])[],
  { fixed = 1, width = terminalWidth() }: Layout = {},
): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const cells = rows.map((row) => Array.from({ length: columns }, (_, c) => printable(row[c] ?? "")));
  const all = Array.from({ length: columns }, (_, c) => c);
  if (widthOf(cells, all) <= width) return aligned(cells, all);
  const room = width - widthOf(cells, all.slice(0, -1)) - GAP.length;
  if (room >= MIN_WRAP_WIDTH && !isNumeric(cells, columns - 1)) return aligned(wordsBelow(cells, room), all);
  const first = all.slice(0, fixed);
  const cut = (cell: string, max: number): string => (isNumber(cell) ? cell : shortened(cell, max));
  const max = Math.floor((width - GAP.length) / 2 / fixed);
  const named = cells.map((row) => row.map((cell, c) => (c < fixed ? cut(cell, max) : cell)));
  const rest = width - widthOf(named, first) - GAP.length;
  const short = named.map((row) => row.map((cell, c) => (c < fixed ? cell : cut(cell, rest))));
  const blocks: number[][] = [];
  let block = [...first];
  for (const c of all.slice(fixed)) {
    if (block.length > fixed && widthOf(short, [...block, c]) > width) {
      blocks.push(block);
      block = [...first];
    }
    block.push(c);
  }
  return [...blocks, block].map((columns) => aligned(short, columns)).join("\n\n");
}

type Cells = readonly (readonly string[])[];

const LETTERS = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** Wide characters: East Asian Width W and F of Unicode, and emoji. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]|\ufe0f/u;

function lettersOf(text: string): string[] {
  return Array.from(LETTERS.segment(text), ({ segment }) => segment);
}

/** The width of a text in terminal columns: wide characters take two, combining marks none. */
export function columnsOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  return lettersOf(text).reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : 1), 0);
}

/** The first letters that fit into `room` columns. */
function fitting(letters: readonly string[], room: number): string[] {
  let used = 0;
  const over = letters.findIndex((letter) => {
    used += columnsOf(letter);
    return used > room;
  });
  return letters.slice(0, over < 0 ? letters.length : over);
}

function columnWidth(cells: Cells, c: number): number {
  return Math.max(...cells.map((row) => columnsOf(row[c]!)));
}

function widthOf(cells: Cells, columns: readonly number[]): number {
  return columns.reduce((sum, c) => sum + columnWidth(cells, c) + GAP.length, -GAP.length);
}

function aligned(cells: Cells, columns: readonly number[]): string {
  const layout = columns.map((c) => {
    const width = columnWidth(cells, c);
    const atRight = isNumeric(cells, c);
    return (row: readonly string[]): string => {
      const room = " ".repeat(width - columnsOf(row[c]!));
      return atRight ? `${room}${row[c]}` : `${row[c]}${room}`;
    };
  });
  const line = (row: readonly string[]): string => layout.map((cell) => cell(row)).join(GAP);
  return cells.map((row) => line(row).trimEnd()).join("\n");
}

/** Whether a column has only numbers and empty cells below its first row, and at least one number. */
function isNumeric(cells: Cells, c: number): boolean {
  const values = cells.slice(1).flatMap((row) => (row[c] === "" ? [] : [row[c]!]));
  return values.length > 0 && values.every(isNumber);
}

/** Wraps the last cell of each row to `room` columns; the further lines become rows of their own. */
function wordsBelow(cells: Cells, room: number): Cells {
  return cells.flatMap((row) => {
    const words = row.at(-1)!.split(" ");
    const lines = wrapped(words.map((word) => shortened(word, room - 2)).join(" "), room).split("\n");
    return lines.map((line, i) => [...row.slice(0, -1).map((cell) => (i === 0 ? cell : "")), line]);
  });
}

function isNumber(cell: string): boolean {
  return /^[-+\d.]+( ± [\d.]+)?$/.test(cell);
}

/** Shortens a name to `max` columns and keeps both ends, because names mostly differ there. */
function shortened(name: string, max: number): string {
  if (columnsOf(name) <= max) return name;
  const letters = lettersOf(name);
  const tail = Math.floor((max - 1) / 2);
  const end = fitting(letters.toReversed(), tail).toReversed();
  return `${fitting(letters, max - 1 - tail).join("")}…${end.join("")}`;
}

/** Wraps text between words; lines after the first are indented by two spaces. */
export function wrapped(text: string, width: number = terminalWidth()): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (columnsOf(longer) > width && line.trim() !== "") {
      lines.push(line);
      line = `  ${word}`;
    } else line = longer;
  }
  return [...lines, line].join("\n");
}

/** Formats a share, an accuracy or bits with `places` decimals and without negative zero; `-` if undefined or NaN. */
export function share(value: number | undefined, places = 3): string {
  return value === undefined || Number.isNaN(value) ? "-" : decimals(value, places);
}

/** Formats a loss with up to four significant digits. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toExponential(2) : value.toPrecision(4).slice(0, 6);
}

/** Formats seconds as `2.1 s`, `3 min 20 s` or `1 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A number with its noun: `1 sample`, `2 samples`, `2 classes`, `2 modalities`. */
export function count(n: number, noun: string): string {
  const plural = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : noun.endsWith("ss") ? `${noun}es` : `${noun}s`;
  return `${n} ${n === 1 ? noun : plural}`;
}

/** Quotes a path for a shell if needed. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
