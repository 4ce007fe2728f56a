/**
 * @file Positions of the cells of a separated text (RFC 4180). Cells are not copied: a table needs four bytes per cell beside its text.
 *
 * Cells may be quoted, with `""` for a quotation mark; blanks around cells and empty lines are skipped; a line ends with LF, CRLF or CR.
 */
import { type DmilError, dataError } from "../../core/errors.ts";

/** Cell separators. */
export type Separator = "," | ";" | "\t";

/** The cells of a text, line by line; all lines have the same number of cells. */
export interface Cells {
  /** Cells per line. */
  readonly width: number;
  /** [lines] the line of the file on which each begins, from 1. */
  readonly lines: Uint32Array;
  /** The text of a cell, without its quotation marks and the blanks around it. */
  text(line: number, column: number): string;
}

/** Maximum characters per line: enough for a million columns of sixteen characters, and a limit where a quotation mark is missing. */
const MAX_LINE = 2 ** 24;
const MAX_WIDTH = 2 ** 20;

const [LF, CR, BLANK, TAB, QUOTE] = [10, 13, 32, 9, 34];

/** The separator that occurs most often in the first line, quoted cells left out; a comma when none does. */
export function findSeparator(text: string): Separator {
  const counts: Record<Separator, number> = { ",": 0, ";": 0, "\t": 0 };
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const symbol = text[at]!;
    if (symbol === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (symbol === "," || symbol === ";" || symbol === "\t") counts[symbol]++;
    else if ((symbol === "\n" || symbol === "\r") && text.slice(0, at).trim() !== "") break;
  }
  if (counts[";"] > counts[","] && counts[";"] >= counts["\t"]) return ";";
  return counts["\t"] > counts[","] ? "\t" : ",";
}

/** Finds the cells from the character `from` on. @throws DataError for lines of unequal length or too long, and misplaced quotation marks. */
export function findCells(text: string, separator: Separator, where: string, from = 0, firstLine = 1): Cells {
  const split = separator.charCodeAt(0);
  const starts = new Positions();
  const lines = new Positions();
  const end = text.length;
  let line = firstLine;
  let width = 0;
  const bad = (what: string): DmilError => dataError(`${where}: line ${line}: ${what}`, { where, line });
  /** The end of the quoted cell that begins at `open`, including trailing blanks. */
  const quotedEnd = (open: number): number => {
    let close = text.indexOf('"', open + 1);
    while (close >= 0 && text.charCodeAt(close + 1) === QUOTE) close = text.indexOf('"', close + 2);
    if (close < 0)
      throw bad("a quotation mark opens a cell and none closes it. Close it, or double it inside of a cell.");
    const after = skipBlanks(text, close + 1, split);
    if (after < end && ![split, LF, CR].includes(text.charCodeAt(after))) {
      throw bad('text follows a closing quotation mark. Write "" for a quotation mark inside of a quoted cell.');
    }
    line += lineEnds(text, open, close);
    return after;
  };

  for (let at = from; at < end; ) {
    const begin = at;
    const beginLine = line;
    let count = 0;
    let empty = false;
    for (;;) {
      starts.push(at);
      count++;
      const first = skipBlanks(text, at, split);
      at = first;
      if (text.charCodeAt(at) === QUOTE) at = quotedEnd(at);
      else {
        for (; at < end; at++) {
          const code = text.charCodeAt(at);
          if (code === split || code === LF || code === CR) break;
          if (code === QUOTE) {
            throw bad(
              'a quotation mark inside of a cell. Put the whole cell into quotation marks and write "" for that one.',
            );
          }
        }
        empty = count === 1 && first === at;
      }
      if (at - begin > MAX_LINE || count > MAX_WIDTH) {
        throw bad(
          `more than ${count > MAX_WIDTH ? `${MAX_WIDTH} cells` : `${MAX_LINE} characters`}, the most a line may have. Close an open quotation mark there, or save such wide data as .npy.`,
        );
      }
      if (at >= end || text.charCodeAt(at) !== split) break;
      at++;
    }
    if (empty && count === 1) starts.pop();
    else {
      if (width === 0) width = count;
      if (count !== width) {
        line = beginLine;
        throw bad(unequal(count, width, separator));
      }
      lines.push(beginLine);
    }
    if (at < end) {
      at += text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF ? 2 : 1;
      line++;
    }
  }
  starts.push(end + 1);
  const begins = starts.array();
  return {
    width,
    lines: lines.array(),
    text(row, column) {
      const cell = row * width + column;
      const raw = text.slice(begins[cell], begins[cell + 1]! - 1).trim();
      return raw.charCodeAt(0) === QUOTE ? raw.slice(1, -1).replaceAll('""', '"') : raw;
    },
  };
}

/** The first position from `at` on that holds no blank; a tab that separates cells is none. */
function skipBlanks(text: string, at: number, split: number): number {
  let next = at;
  for (; next < text.length; next++) {
    const code = text.charCodeAt(next);
    if (code === split || (code !== BLANK && code !== TAB)) break;
  }
  return next;
}

/** What is wrong with a line of `count` cells under a header of `width`. */
function unequal(count: number, width: number, separator: Separator): string {
  const commas = separator === "," && count > width;
  return `${count} cell${count === 1 ? "" : "s"}, where the header line has ${width}. Every line needs as many${commas ? "; where decimals have a comma (1,5), separate the cells by semicolons" : ""}.`;
}

/** Number of line ends from `start` to before `end`. */
function lineEnds(text: string, start: number, end: number): number {
  let lines = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === LF || (code === CR && text.charCodeAt(at + 1) !== LF)) lines++;
  }
  return lines;
}

/** A growing typed array: a JavaScript array would take twice the memory. */
class Positions {
  #numbers = new Uint32Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#numbers.length) {
      const longer = new Uint32Array(2 * this.#length);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers[this.#length++] = value;
  }

  pop(): void {
    this.#length--;
  }

  array(): Uint32Array {
    return this.#numbers.slice(0, this.#length);
  }
}
