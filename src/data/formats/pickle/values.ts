/** @file What a pickle holds once it is read: plain values, and long texts, bytes and arrays that stay in the file until they are asked for. */
import type { ByteSource } from "../../../core/bytes.ts";
import { dataError } from "../../../core/errors.ts";
import type { Shape } from "../../../core/shape.ts";

/** Lists and tuples are arrays, dicts are maps in their order, short texts and bytes are in memory; integers beyond 2^53 are bigint. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | Span
  | PickledArray
  | PickledDtype
  | PickledName
  | PickledReference;

/** A long text, or long bytes, by its place in the file. */
export class Span {
  readonly start: number;
  readonly length: number;
  /** `latin1` are bytes that are stored as text: each is one character, written as UTF-8. */
  readonly form: "bytes" | "text" | "latin1";

  constructor(start: number, length: number, form: Span["form"]) {
    this.start = start;
    this.length = length;
    this.form = form;
  }
}

/** A NumPy array. Its fields are set by the pickle after it is created; `readPickledArray` checks them. */
export class PickledArray {
  shape: Shape = [];
  dtype: PickledDtype | undefined;
  /** Whether the first axis runs fastest. */
  fortran = false;
  /** Numbers as bytes, or the objects of an object array. A text has one character for each byte. */
  data: PickleValue = null;
}

/** An element type of NumPy. */
export class PickledDtype {
  /** As in .npy files: `<f4`, `|S5`, `|O8`. */
  descr: string;

  constructor(descr: string) {
    this.descr = descr;
  }
}

/** A function or class that the pickle names and that is on the list of the reader (globals.ts). Nothing is imported. */
export class PickledName {
  readonly name: string;
  /** What calling it means here; undefined for a type that is only named, as the default of a defaultdict. */
  readonly call: ((args: readonly PickleValue[]) => PickleValue) | undefined;

  constructor(name: string, call?: (args: readonly PickleValue[]) => PickleValue) {
    this.name = name;
    this.call = call;
  }
}

/** An object that is not in the pickle itself, such as the storage of a tensor of PyTorch. */
export abstract class PickledReference {
  abstract readonly kind: string;
}

/** The value of a dict under a text. */
export function entryOf(value: PickleValue | undefined, key: string): PickleValue | undefined {
  return value instanceof Map ? value.get(key) : undefined;
}

/** Bytes of a value: bytes, or a text of Python 2 with one character for each byte. @throws DataError for anything else. */
export async function readBytes(source: ByteSource, value: PickleValue, where: string): Promise<Uint8Array> {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return latin1Bytes(value, where);
  if (!(value instanceof Span))
    throw dataError(`${where}: bytes are needed; the pickle has something else.`, { where });
  const bytes = await source.read(value.start, value.start + value.length);
  if (value.form === "bytes") return bytes;
  return latin1Bytes(decodeUtf8(bytes, where), where);
}

/** A text of a value. @throws DataError if it is none. */
export async function readText(source: ByteSource, value: PickleValue, where: string): Promise<string> {
  if (typeof value === "string") return value;
  if (value instanceof Span && value.form === "text") {
    return decodeUtf8(await source.read(value.start, value.start + value.length), where);
  }
  if (value instanceof Span && value.form === "bytes") {
    return latin1Text(await source.read(value.start, value.start + value.length));
  }
  throw dataError(`${where}: a text is needed; the pickle has something else.`, { where });
}

/** A text whose characters are bytes, as bytes. @throws DataError for a character above 255. */
export function latin1Bytes(text: string, where: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) {
      throw dataError(
        `${where}: character ${i} of bytes that are stored as text is ${code}, above 255; it is damaged.`,
        {
          where,
        },
      );
    }
    bytes[i] = code;
  }
  return bytes;
}

/** Bytes as a text of one character each; TextDecoder's latin1 is windows-1252, which is not that. */
export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws DataError for bytes that are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw dataError(`${where}: a text is not UTF-8; the file is damaged. Write it again.`, { where });
  }
}
