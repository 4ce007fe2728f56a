/** @file Hostile inputs: bytes and values that were good, changed in the ways that find faults in readers. */
import { isRecord } from "../../src/core/keys.ts";
import type { Stream } from "../../src/core/random.ts";

export function pick<T>(random: Stream, list: readonly T[]): T {
  return list[random.below(list.length)]!;
}

/** Names that objects have of themselves, that files mean something by, and that are hard to show. */
export const NAMES: readonly string[] = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "__metadata__",
  "checksum",
  "labels",
  "train/labels",
  "length",
  "0",
  "-1",
  "",
  " ",
  "\u0000",
  "\u001b[2J",
  "\u202eabc",
  "a\nb",
  "../../x",
  "é".repeat(40),
  "\ud800",
  "k".repeat(5000),
];

const NUMBERS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  255,
  256,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  1e21,
  1e308,
  -1e308,
  5e-324,
  1e-7,
];

/** Pieces of the formats' own languages. */
const TOKENS: readonly string[] = [
  ...NAMES,
  ...NUMBERS.map(String),
  "1e999",
  "-nan",
  "inf",
  "0x10",
  "99999999999999999999999",
  "null",
  "true",
  "[]",
  "{}",
  '""',
  '"',
  "'",
  ",",
  ";",
  "\t",
  "\r",
  "\n",
  "\r\n",
  ":",
  ": ",
  "- ",
  "(",
  ")",
  "{'descr': '<f4', ",
  "'|O'",
  "'<U9'",
  "'<V2'",
  "'>f2'",
  "&a ",
  "*a",
  "<<: *a\n",
  "!!binary ",
  "!!set ",
  "!x ",
  "? ",
  "%YAML 1.1\n",
  "---\n",
  "...\n",
  "a: &a [*a]\n",
  "[".repeat(1000),
  '{"a":'.repeat(1000),
  "- ".repeat(1000),
  "a: {".repeat(500),
  "\ufeff",
  "\u2028",
  "=HYPERLINK(1)",
  "PK\u0001\u0002",
  "PK\u0003\u0004",
  "PK\u0005\u0006",
];

const text = new TextEncoder();
const tokens = TOKENS.map((token) => text.encode(token));

export function randomBytes(random: Stream, most: number): Uint8Array {
  return Uint8Array.from({ length: random.below(most) }, () => random.bits() & 255);
}

/** A file with one change, or up to four. */
export function mutateBytes(random: Stream, seed: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  let bytes = seed.slice();
  for (let left = pick(random, [1, 1, 1, 2, 3, 4]); left > 0; left--) bytes = changed(random, bytes, others);
  return bytes;
}

function changed(
  random: Stream,
  bytes: Uint8Array<ArrayBuffer>,
  others: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  // Headers lie at the start, directories at the end.
  const near = random.below(3);
  const place = (length: number): number => {
    const span = Math.min(length, near === 0 ? length : 200);
    return near === 2 ? length - 1 - random.below(span) : random.below(span);
  };
  const at = bytes.length === 0 ? 0 : place(bytes.length);
  switch (random.below(10)) {
    case 0:
      if (bytes.length > 0) bytes[at]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      if (bytes.length > 0) bytes[at] = pick(random, [0, 255, 0x2d, 0x39, 0x7b, 0x22, random.below(256)]);
      return bytes;
    case 2: {
      // A number of four bytes, as sizes and positions are written.
      if (at + 4 > bytes.length) return bytes;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const near = view.getUint32(at, true) + pick(random, [-1, 1, 8, 256]);
      view.setUint32(at, pick(random, [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, near >>> 0]), true);
      return bytes;
    }
    case 3:
      return bytes.slice(0, at);
    case 4:
      return bytes.slice(at);
    case 5:
      return joined(bytes.subarray(0, at), pick(random, tokens), bytes.subarray(at));
    case 6: {
      const token = pick(random, tokens); // in the place of as many bytes
      return joined(bytes.subarray(0, at), token, bytes.subarray(at + token.length));
    }
    case 7: {
      const block = bytes.subarray(at, at + 1 + random.below(64));
      const times = 1 + random.below(pick(random, [3, 200]));
      return joined(bytes.subarray(0, at), ...Array.from({ length: times }, () => block), bytes.subarray(at));
    }
    case 8: {
      const other = pick(random, others);
      return joined(bytes.subarray(0, at), other.subarray(random.below(other.length + 1)));
    }
    default:
      return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(32)));
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Any value that JSON can write. */
export function anyValue(random: Stream, depth = 3): unknown {
  switch (random.below(depth > 0 ? 9 : 6)) {
    case 0:
      return pick(random, [null, true, false]);
    case 1:
    case 2:
      return pick(random, NUMBERS);
    case 3:
      return pick(random, NAMES);
    case 4:
      return random.below(20) - 5;
    case 5:
      return pick(random, TOKENS);
    case 6:
      return Array.from({ length: random.below(4) }, () => anyValue(random, depth - 1));
    case 7:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [pick(random, NAMES), anyValue(random, depth - 1)]),
      );
    default:
      return nested(random);
  }
}

/** A few levels, or so many that whoever walks them by recursion may fall. */
function nested(random: Stream): unknown {
  let value: unknown = 1;
  const list = random.below(2) === 0;
  for (let left = pick(random, [5, 100, 1000]); left > 0; left--) value = list ? [value] : { a: value };
  return value;
}

/** A copy of a value with one part, or up to three, changed, left out or added. */
export function mutateValue(random: Stream, value: unknown, other: (random: Stream) => unknown = anyValue): unknown {
  let made = value;
  for (let left = pick(random, [1, 1, 2, 3]); left > 0; left--) made = changedValue(random, made, other);
  return made;
}

function changedValue(random: Stream, value: unknown, other: (random: Stream) => unknown): unknown {
  const keys = isRecord(value) || Array.isArray(value) ? Object.keys(value) : [];
  if (keys.length === 0 || random.below(8) === 0) return other(random);
  const entries = Object.entries(value as object);
  const at = random.below(entries.length);
  const [key, inner] = entries[at]!;
  switch (random.below(6)) {
    case 0:
      entries.splice(at, 1);
      break;
    case 1:
      entries.push([pick(random, [...NAMES, "z"]), random.below(2) === 0 ? inner : other(random)]);
      break;
    case 2:
      entries[at] = [key, other(random)];
      break;
    default:
      entries[at] = [key, changedValue(random, inner, other)];
  }
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}
