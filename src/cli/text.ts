/** @file Numbers, times, tables and paths as people read them. */
import { decimals } from "../core/decimals.ts";
import { printable } from "../core/printable.ts";

/** Columns of a terminal; where there is none what COLUMNS says, else 80. */
export function terminalWidth(stream: NodeJS.WriteStream = process.stdout): number {
  const told = Number(process.env.COLUMNS);
  const columns = stream.isTTY && stream.columns > 0 ? stream.columns : Number.isInteger(told) && told > 0 ? told : 80;
  return Math.max(columns, NARROWEST);
}

/** Two columns of names and the gap between them fit into this. */
const NARROWEST = 40;
const GAP = "  ";
/** With so much room a last column of words goes on in lines of its own. */
const FOR_WORDS = 30;

/** How a table is laid out. */
export interface Layout {
  /** Columns that begin each block of a table that is too wide, 1. */
  readonly fixed?: number;
  /** Room in columns, a terminal's. */
  readonly width?: number;
}

/**
 * Rows as aligned columns, two spaces apart; columns of numbers (below their first row) are aligned at the right. Where they
 * are wider than there is room, a last column of words is broken into lines; else long names lose their middle, and what is
 * still too wide goes on in blocks below one another.
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
  if (room >= FOR_WORDS && !isNumeric(cells, columns - 1)) return aligned(wordsBelow(cells, room), all);
  const first = all.slice(0, fixed);
  const cut = (cell: string, most: number): string => (isNumber(cell) ? cell : shortened(cell, most));
  const most = Math.floor((width - GAP.length) / 2 / fixed);
  const named = cells.map((row) => row.map((cell, c) => (c < fixed ? cut(cell, most) : cell)));
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
  return [...blocks, block].map((own) => aligned(short, own)).join("\n\n");
}

type Cells = readonly (readonly string[])[];

const LETTERS = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** Letters of East Asia (Unicode's East Asian Width W and F) and emoji. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]|\ufe0f/u;

function lettersOf(text: string): string[] {
  return Array.from(LETTERS.segment(text), ({ segment }) => segment);
}

/** Columns of a terminal that a text takes: wide letters take two, marks upon a letter none. */
export function columnsOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  return lettersOf(text).reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : 1), 0);
}

/** The first letters that fit into so many columns. */
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
    const own = columnWidth(cells, c);
    const atRight = isNumeric(cells, c);
    return (row: readonly string[]): string => {
      const room = " ".repeat(own - columnsOf(row[c]!));
      return atRight ? `${room}${row[c]}` : `${row[c]}${room}`;
    };
  });
  const line = (row: readonly string[]): string => layout.map((cell) => cell(row)).join(GAP);
  return cells.map((row) => line(row).trimEnd()).join("\n");
}

/** Does a column hold numbers, or nothing, below its first row? */
function isNumeric(cells: Cells, c: number): boolean {
  const held = cells.slice(1).flatMap((row) => (row[c] === "" ? [] : [row[c]!]));
  return held.length > 0 && held.every(isNumber);
}

/** Rows whose last cells are broken between words, with rows below them for what does not fit. */
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

/** A name of at most so many columns: both ends are kept, for names mostly differ there. */
function shortened(name: string, most: number): string {
  if (columnsOf(name) <= most) return name;
  const letters = lettersOf(name);
  const tail = Math.floor((most - 1) / 2);
  const end = fitting(letters.toReversed(), tail).toReversed();
  return `${fitting(letters, most - 1 - tail).join("")}…${end.join("")}`;
}

/** Text broken between words into a terminal's width; lines after the first are set in by two. */
export function wrapped(text: string, width: number = terminalWidth()): string {
  const broken: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (columnsOf(longer) > width && line.trim() !== "") {
      broken.push(line);
      line = `  ${word}`;
    } else line = longer;
  }
  return [...broken, line].join("\n");
}

/** A share, an accuracy or an amount of bits: three decimals, or as many as asked for, and no minus zero. */
export function share(value: number | undefined, places = 3): string {
  return value === undefined || Number.isNaN(value) ? "-" : decimals(value, places);
}

/** A loss: four digits that count. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toExponential(2) : value.toPrecision(4).slice(0, 6);
}

/** `2.1 s`, `3 min 20 s`, `1 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `1 sample`, `2 samples`, `2 classes`, `2 modalities`. */
export function count(n: number, noun: string): string {
  const plural = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : noun.endsWith("ss") ? `${noun}es` : `${noun}s`;
  return `${n} ${n === 1 ? noun : plural}`;
}

/** A path as one word of a shell. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
