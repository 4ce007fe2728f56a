/** @file The operations of pickles, protocols 0 to 5, by their byte. Each reads its operands and changes the stack. */
import type { PickleMachine } from "./machine.ts";
import { decodeUtf8, latin1Text, type PickleValue, Span } from "./values.ts";

/** One operation. */
export interface Operation {
  readonly name: string;
  /** Number of lines that it reads; protocol 0 writes operands as lines. */
  readonly lines: number;
  run(machine: PickleMachine): void;
}

/** Longer texts and bytes stay in the file. */
const SHORT = 4096;
/** Longest integer in bytes; larger ones are no data. */
const MAX_INTEGER = 1024;

/** All operations by byte. */
export const operations: ReadonlyMap<number, Operation> = new Map(
  [...table().entries()].map(([code, [name, run, lines = 0]]) => [code, { name, run, lines }]),
);

type Entry = readonly [name: string, run: Operation["run"], lines?: number];

/** Codes are given as characters where they are printable, as in the definition of the format. */
function table(): Map<number, Entry> {
  const all = { ...structure(), ...numbers(), ...strings(), ...containers(), ...objects() };
  return new Map(
    Object.entries(all).map(([key, entry]) => [key.length === 1 ? key.charCodeAt(0) : Number(key), entry]),
  );
}

function structure(): Record<string, Entry> {
  return {
    "(": ["MARK", (m) => m.mark()],
    ".": ["STOP", (m) => void (m.result = { value: m.pop() })],
    "0": ["POP", (m) => m.drop()],
    "1": ["POP_MARK", (m) => void m.popMark()],
    "2": ["DUP", (m) => m.push(m.top())],
    "0x80": ["PROTO", protocol],
    "0x95": ["FRAME", (m) => void m.input.uint64()],
    g: ["GET", (m) => m.get(integer(m, lineOf(m))), 1],
    h: ["BINGET", (m) => m.get(m.input.byte())],
    j: ["LONG_BINGET", (m) => m.get(m.input.uint32())],
    p: ["PUT", (m) => m.put(integer(m, lineOf(m))), 1],
    q: ["BINPUT", (m) => m.put(m.input.byte())],
    r: ["LONG_BINPUT", (m) => m.put(m.input.uint32())],
    "0x94": ["MEMOIZE", (m) => m.memoize()],
  };
}

function protocol(machine: PickleMachine): void {
  const version = machine.input.byte();
  if (version > 5) throw machine.error(`protocol ${version} is not known; 0 to 5 are`);
}

function numbers(): Record<string, Entry> {
  return {
    N: ["NONE", (m) => m.push(null)],
    "0x88": ["NEWTRUE", (m) => m.push(true)],
    "0x89": ["NEWFALSE", (m) => m.push(false)],
    I: ["INT", (m) => m.push(intLine(m, lineOf(m))), 1],
    L: ["LONG", (m) => m.push(bigInteger(m, lineOf(m).replace(/L$/, ""))), 1],
    J: ["BININT", (m) => m.push(m.input.int32())],
    K: ["BININT1", (m) => m.push(m.input.byte())],
    M: ["BININT2", (m) => m.push(m.input.uint16())],
    "0x8a": ["LONG1", (m) => m.push(longBytes(m, m.input.byte()))],
    "0x8b": ["LONG4", (m) => m.push(longBytes(m, m.input.int32()))],
    F: ["FLOAT", (m) => m.push(floatLine(m, lineOf(m))), 1],
    G: ["BINFLOAT", (m) => m.push(m.input.float64())],
  };
}

function strings(): Record<string, Entry> {
  return {
    S: ["STRING", (m) => m.push(quoted(m, lineOf(m))), 1],
    T: ["BINSTRING", (m) => oldString(m, m.input.int32())],
    U: ["SHORT_BINSTRING", (m) => oldString(m, m.input.byte())],
    B: ["BINBYTES", (m) => bytes(m, m.input.uint32())],
    C: ["SHORT_BINBYTES", (m) => bytes(m, m.input.byte())],
    "0x8e": ["BINBYTES8", (m) => bytes(m, m.input.uint64())],
    "0x96": ["BYTEARRAY8", (m) => bytes(m, m.input.uint64())],
    V: ["UNICODE", (m) => m.push(escaped(lineOf(m))), 1],
    X: ["BINUNICODE", (m) => text(m, m.input.uint32())],
    "0x8c": ["SHORT_BINUNICODE", (m) => text(m, m.input.byte())],
    "0x8d": ["BINUNICODE8", (m) => text(m, m.input.uint64())],
  };
}

function containers(): Record<string, Entry> {
  return {
    ")": ["EMPTY_TUPLE", (m) => m.push([])],
    "0x85": ["TUPLE1", (m) => m.push([m.pop()])],
    "0x86": ["TUPLE2", (m) => m.push([m.pop(), m.pop()].reverse())],
    "0x87": ["TUPLE3", (m) => m.push([m.pop(), m.pop(), m.pop()].reverse())],
    t: ["TUPLE", (m) => m.push(m.popMark())],
    "]": ["EMPTY_LIST", (m) => m.push([])],
    l: ["LIST", (m) => m.push(m.popMark())],
    a: ["APPEND", (m) => append(m, [m.pop()])],
    e: ["APPENDS", (m) => append(m, m.popMark())],
    "}": ["EMPTY_DICT", (m) => m.push(new Map())],
    d: [
      "DICT",
      (m) => {
        const items = m.popMark();
        m.push(new Map());
        setItems(m, items);
      },
    ],
    s: ["SETITEM", (m) => setItems(m, [m.pop(), m.pop()].reverse())],
    u: ["SETITEMS", (m) => setItems(m, m.popMark())],
    "0x8f": ["EMPTY_SET", (m) => m.push(new Set())],
    "0x90": ["ADDITEMS", addItems],
    "0x91": ["FROZENSET", (m) => m.push(new Set(m.popMark()))],
  };
}

function objects(): Record<string, Entry> {
  return {
    c: ["GLOBAL", (m) => m.global(lineOf(m), lineOf(m)), 2],
    "0x93": ["STACK_GLOBAL", stackGlobal],
    R: ["REDUCE", callTop],
    "0x81": ["NEWOBJ", callTop],
    "0x92": ["NEWOBJ_EX", newObjectWithNames],
    o: ["OBJ", objectOf],
    i: ["INST", instance, 2],
    b: [
      "BUILD",
      (m) => {
        const state = m.pop();
        m.build(m.top(), state);
      },
    ],
    P: ["PERSID", (m) => reference(m, lineOf(m)), 1],
    Q: ["BINPERSID", (m) => reference(m, m.pop())],
    "0x82": ["EXT1", extension],
    "0x83": ["EXT2", extension],
    "0x84": ["EXT4", extension],
    "0x97": ["NEXT_BUFFER", outOfBand],
    "0x98": ["READONLY_BUFFER", outOfBand],
  };
}

/** A line as a text of one character for each byte. */
function lineOf({ input }: PickleMachine): string {
  return latin1Text(input.line()).replace(/\r$/, "");
}

function integer(machine: PickleMachine, line: string): number {
  const value = Number(line);
  if (/^\d+$/.test(line) && value < 2 ** 32) return value;
  throw machine.error(`${JSON.stringify(line.slice(0, 40))} is no index`);
}

/** `I01` and `I00` are true and false. */
function intLine(machine: PickleMachine, line: string): PickleValue {
  if (line === "01" || line === "00") return line === "01";
  return bigInteger(machine, line.replace(/L$/, ""));
}

function bigInteger(machine: PickleMachine, line: string): PickleValue {
  const digits = line.trim();
  if (!/^-?\d+$/.test(digits) || digits.length > 2 * MAX_INTEGER) {
    throw machine.error(`${JSON.stringify(line.slice(0, 40))} is no integer`);
  }
  return plainInteger(BigInt(digits));
}

function plainInteger(value: bigint): number | bigint {
  return BigInt(Number.MIN_SAFE_INTEGER) <= value && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Two's complement, little-endian. */
function longBytes(machine: PickleMachine, length: number): PickleValue {
  if (length < 0 || length > MAX_INTEGER) throw machine.error(`an integer of ${length} bytes is not read`);
  const hex = Array.from(machine.input.take(length), (byte) => byte.toString(16).padStart(2, "0")).reverse();
  return length === 0 ? 0 : plainInteger(BigInt.asIntN(8 * length, BigInt(`0x${hex.join("")}`)));
}

function floatLine(machine: PickleMachine, line: string): number {
  const named: Readonly<Record<string, number>> = {
    nan: Number.NaN,
    inf: Number.POSITIVE_INFINITY,
    "-inf": Number.NEGATIVE_INFINITY,
  };
  if (Object.hasOwn(named, line)) return named[line]!;
  const value = Number(line);
  if (line.trim() === "" || Number.isNaN(value))
    throw machine.error(`${JSON.stringify(line.slice(0, 40))} is no number`);
  return value;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", a: "\x07", b: "\b", f: "\f", v: "\v" };

/** A string of Python 2 in quotes, with escapes. */
function quoted(machine: PickleMachine, line: string): string {
  const match = /^(['"])(.*)\1$/s.exec(line);
  if (match === null) throw machine.error("a text has no quotes; the file is no valid pickle");
  return match[2]!.replace(/\\(?:x([\da-f]{2})|([0-7]{1,3})|(.))/gis, (_, hex, octal, symbol: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 255);
    return ESCAPES[symbol] ?? symbol;
  });
}

/** A text of protocol 0: latin-1 with \uXXXX and \UXXXXXXXX. */
function escaped(line: string): string {
  return line.replace(/\\u([\da-fA-F]{4})|\\U(00[\da-fA-F]{6})/g, (match, short: string, long: string) => {
    const point = Number.parseInt(short ?? long, 16);
    return point > 0x10ffff ? match : String.fromCodePoint(point);
  });
}

/** A string of Python 2 may be text or bytes, so it is a text of one character for each byte, as with encoding="latin1" of Python 3. */
function oldString(machine: PickleMachine, length: number): void {
  if (length < 0) throw machine.error(`a text of ${length} bytes`);
  const { input } = machine;
  machine.push(length > SHORT ? new Span(input.skip(length), length, "bytes") : latin1Text(input.take(length)));
}

function bytes(machine: PickleMachine, length: number): void {
  const { input } = machine;
  machine.push(length > SHORT ? new Span(input.skip(length), length, "bytes") : input.take(length).slice());
}

function text(machine: PickleMachine, length: number): void {
  const { input } = machine;
  machine.push(
    length > SHORT
      ? new Span(input.skip(length), length, "text")
      : decodeUtf8(input.take(length), `${input.source.label}, byte ${machine.at}`),
  );
}

function append(machine: PickleMachine, items: readonly PickleValue[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) throw machine.error("it appends to what is no list, which is not read");
  for (const item of items) list.push(item);
}

function setItems(machine: PickleMachine, items: readonly PickleValue[]): void {
  const dict = machine.top();
  if (!(dict instanceof Map)) throw machine.error("it sets an entry of what is no dict, which is not read");
  if (items.length % 2 !== 0) throw machine.error("a key has no value; the file is no valid pickle");
  for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
}

function addItems(machine: PickleMachine): void {
  const items = machine.popMark();
  const set = machine.top();
  if (!(set instanceof Set)) throw machine.error("it adds to what is no set, which is not read");
  for (const item of items) set.add(item);
}

function stackGlobal(machine: PickleMachine): void {
  const [name, module] = [machine.pop(), machine.pop()];
  if (typeof module !== "string" || typeof name !== "string") throw machine.error("a name of a class is no text");
  machine.global(module, name);
}

function callTop(machine: PickleMachine): void {
  const [args, callable] = [machine.pop(), machine.pop()];
  machine.call(callable, args);
}

function newObjectWithNames(machine: PickleMachine): void {
  const [named, args, callable] = [machine.pop(), machine.pop(), machine.pop()];
  if (!(named instanceof Map) || named.size > 0)
    throw machine.error("it makes an object by named arguments, which is not read");
  machine.call(callable, args);
}

function objectOf(machine: PickleMachine): void {
  const [callable, ...args] = machine.popMark();
  machine.call(callable ?? null, args);
}

function instance(machine: PickleMachine): void {
  const args = machine.popMark();
  machine.global(lineOf(machine), lineOf(machine));
  machine.call(machine.pop(), args);
}

function reference(machine: PickleMachine, id: PickleValue): void {
  if (machine.persistent === undefined) {
    throw machine.error("it refers to an object outside the file, which is not read. Save everything in one pickle");
  }
  machine.push(machine.persistent(id));
}

function extension(machine: PickleMachine): void {
  throw machine.error("it names a class by a number of Python's extension registry, which is not read");
}

function outOfBand(machine: PickleMachine): void {
  throw machine.error("its arrays are in buffers outside the file. Save it without buffer_callback");
}
