/** @file The header of a .npy file: a Python dictionary literal, read by a small strict parser that executes nothing. */
import { dataError } from "../../core/errors.ts";

/** The contents of a .npy header. */
interface NpyHeader {
  /** The element type in NumPy's writing, such as `<f4`. */
  readonly descr: string;
  /** Whether the first axis runs fastest. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Where the numbers begin, in bytes. */
  readonly dataStart: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const; // \x93NUMPY
/** Maximum length of a version 1 header; plain arrays need about a hundred bytes. */
const MAX_HEADER = 65535;
const MAX_RANK = 64; // NumPy's own limit
const MAX_AXIS = 2 ** 32;

/** Reads the header of versions 1, 2 and 3. @throws DataError that says what is wrong with it. */
export function readNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw dataError(
      `${where}: not a .npy file (its ${bytes.length} bytes do not begin with \\x93NUMPY); write it with numpy.save.`,
      { where },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6]!;
  const minor = bytes[7]!;
  if (major < 1 || major > 3 || minor !== 0) {
    throw dataError(`${where}: .npy version ${major}.${minor} is not known; versions 1.0, 2.0 and 3.0 are.`, { where });
  }
  const textStart = major === 1 ? 10 : 12;
  if (bytes.length < textStart) throw truncated(where, textStart, bytes.length);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) {
    throw dataError(
      `${where}: the .npy header claims ${length} bytes; a plain array needs about 100 and at most ${MAX_HEADER} are allowed. The file is damaged or holds structured records.`,
      { where, length },
    );
  }
  const dataStart = textStart + length;
  if (bytes.length < dataStart) throw truncated(where, dataStart, bytes.length);
  const text = new TextDecoder(major === 3 ? "utf-8" : "latin1").decode(bytes.subarray(textStart, dataStart));
  return { ...parseHeader(text, where), dataStart };
}

function truncated(where: string, needed: number, length: number): Error {
  return dataError(
    `${where}: the file ends inside its .npy header (${length} bytes, ${needed} needed); write it again.`,
    {
      where,
      needed,
      length,
    },
  );
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`: these three keys in any order and nothing else. */
function parseHeader(text: string, where: string): Omit<NpyHeader, "dataStart"> {
  const { fail, accept, expect, quoted, axis, atEnd }: HeaderReader = headerReader(text, where);
  let descr: string | undefined;
  let fortran: boolean | undefined;
  let shape: number[] | undefined;
  expect("{");
  while (!accept("}")) {
    const key = quoted();
    expect(":");
    if (key === "descr" && descr === undefined) {
      if (accept("[")) {
        throw dataError(
          `${where}: a .npy array of structured records is not read; save each field as an array of its own.`,
          { where },
        );
      }
      descr = quoted();
    } else if (key === "fortran_order" && fortran === undefined) {
      if (accept("True")) fortran = true;
      else if (accept("False")) fortran = false;
      else fail("expected True or False");
    } else if (key === "shape" && shape === undefined) {
      shape = [];
      expect("(");
      while (!accept(")")) {
        shape.push(axis());
        if (shape.length > MAX_RANK) fail(`more than ${MAX_RANK} axes`);
        if (accept(",")) continue;
        expect(")");
        if (shape.length === 1) fail("a tuple of one size needs a comma,");
        break;
      }
    } else {
      fail(`unexpected key ${JSON.stringify(key)}`);
    }
    if (accept(",")) continue;
    expect("}");
    break;
  }
  if (!atEnd()) fail("unexpected text after the dictionary");
  if (descr === undefined || fortran === undefined || shape === undefined) {
    return fail("descr, fortran_order or shape is missing");
  }
  return { descr, fortran, shape };
}

/** Reads a header from left to right; every method throws a DataError with the position where the header does not fit. */
interface HeaderReader {
  fail(what: string): never;
  /** Whether `symbol` comes next; if so, it is passed. */
  accept(symbol: string): boolean;
  expect(symbol: string): void;
  quoted(): string;
  /** The size of one axis. */
  axis(): number;
  atEnd(): boolean;
}

function headerReader(text: string, where: string): HeaderReader {
  let at = 0;
  const fail = (what: string): never => {
    const shown = JSON.stringify(text.trimEnd().slice(0, 120));
    throw dataError(
      `${where}: bad .npy header ${shown}: ${what} at character ${at}. The file is damaged or not a plain array; write it with numpy.save.`,
      { where, header: text.slice(0, 1000) },
    );
  };
  const skip = (): void => {
    while (text[at] === " " || text[at] === "\n" || text[at] === "\t" || text[at] === "\r") at++;
  };
  const accept = (symbol: string): boolean => {
    skip();
    if (!text.startsWith(symbol, at)) return false;
    at += symbol.length;
    return true;
  };
  const expect = (symbol: string): void => {
    if (!accept(symbol)) fail(`expected ${symbol}`);
  };
  const quoted = (): string => {
    skip();
    const quote = text[at];
    if (quote !== "'" && quote !== '"') return fail("expected a quoted text");
    const end = text.indexOf(quote, at + 1);
    if (end < 0) return fail("unclosed text");
    const value = text.slice(at + 1, end);
    if (value.includes("\\")) return fail("unexpected backslash");
    at = end + 1;
    return value;
  };
  const axis = (): number => {
    skip();
    const digits = /^-?\d{1,20}/.exec(text.slice(at, at + 21))?.[0] ?? fail("expected a size");
    at += digits.length;
    if (text[at] === "L") at++; // written by Python 2
    const size = Number(digits);
    if (size < 0) return fail(`negative size ${digits}`);
    if (size > MAX_AXIS) return fail(`size ${digits} is more than ${MAX_AXIS}`);
    return size;
  };
  const atEnd = (): boolean => {
    skip();
    return at === text.length;
  };
  return { fail, accept, expect, quoted, axis, atEnd };
}
