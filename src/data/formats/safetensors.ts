/**
 * @file .safetensors: named tensors and text metadata, for weights that PyTorch and others can read; own files are float32.
 *
 * Eight bytes of header length, a JSON header, the numbers. Strict: tensors are contiguous and fill the file.
 */
import type { ByteSource } from "../../core/bytes.ts";
import { type DmilError, dataError } from "../../core/errors.ts";
import { isRecord } from "../../core/keys.ts";
import { formatShape, type Shape } from "../../core/shape.ts";
import { float32, type State, type Tensor } from "../../core/tensor.ts";
import { numbersFrom, type StoredTensor, type StoredTensors } from "./stored-tensors.ts";

/** The contents of a .safetensors file. */
export interface Safetensors {
  readonly state: State;
  readonly metadata: Readonly<Record<string, string>>;
}

const MAX_HEADER = 100_000_000; // the format's own limit

/** Reads a file of float32 tensors, in the order of its header. @throws DataError for anything else. */
export function readSafetensors(bytes: Uint8Array, where = "safetensors"): Safetensors {
  const bad = badFile(where);
  const start = headerEnd(bytes.subarray(0, 8), bytes.length, bad);
  const { spans, metadata } = readLayout(bytes.subarray(8, start), bytes.length - start, ["F32"], bad);
  const state = Object.fromEntries(
    spans.map(({ name, shape, begin, end }): [string, Tensor<"float32">] => {
      const copy = new Uint8Array(end - begin);
      copy.set(bytes.subarray(start + begin, start + end));
      return [name, float32(shape, new Float32Array(copy.buffer))];
    }),
  );
  return { state, metadata };
}

/** Opens a file with tensors of all types that are read; the numbers are read when they are asked for. @throws DataError as `readSafetensors`. */
export async function openSafetensors(source: ByteSource): Promise<StoredTensors> {
  const bad = badFile(source.label);
  const start = headerEnd(await source.read(0, Math.min(8, source.size)), source.size, bad);
  const { spans } = readLayout(await source.read(8, start), source.size - start, Object.keys(TYPES), bad);
  return new Map(
    spans.map(({ name, shape, dtype, begin, end }): [string, StoredTensor] => {
      const descr = TYPES[dtype]!;
      const where = `${source.label}: ${name}`;
      const read = async () => numbersFrom(descr, shape, await source.read(start + begin, start + end), where);
      return [name, { shape, descr, read }];
    }),
  );
}

/** Element types by their name in a header, in NumPy's writing. */
const TYPES: Readonly<Record<string, string>> = {
  F32: "<f4",
  F16: "<f2",
  BF16: "<V2",
  F64: "<f8",
  I64: "<i8",
  I32: "<i4",
  I16: "<i2",
  I8: "|i1",
  U8: "|u1",
  BOOL: "|b1",
};

type Bad = (what: string) => DmilError;

const badFile =
  (where: string): Bad =>
  (what) =>
    dataError(`${where}: bad .safetensors file: ${what}. Write the file again.`, { where });

/** Where the numbers begin, by the first eight bytes of a file. */
function headerEnd(first: Uint8Array, size: number, bad: Bad): number {
  if (size < 8) throw bad(`${size} bytes, shorter than the 8 of its header length`);
  const declared = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (declared > BigInt(MAX_HEADER) || declared > BigInt(size - 8)) {
    throw bad(`the header claims ${declared} bytes, the file has ${size - 8} (allowed: ${MAX_HEADER})`);
  }
  return 8 + Number(declared);
}

/** A tensor by its place after the header. */
interface TensorSpan {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

/** The tensors that a header names, in its order; together they fill `size` bytes without gaps. */
function readLayout(bytes: Uint8Array, size: number, types: readonly string[], bad: Bad) {
  const metadata = new Map<string, string>();
  const spans: TensorSpan[] = [];
  for (const [name, entry] of Object.entries(readHeader(bytes, bad))) {
    if (name === "__metadata__") {
      if (!isRecord(entry)) throw bad("__metadata__ is not an object of texts");
      for (const [key, value] of Object.entries(entry)) {
        if (typeof value !== "string") throw bad(`__metadata__ ${JSON.stringify(key)} is not a text`);
        metadata.set(key, value);
      }
    } else {
      spans.push({ name, ...readSpan(name, entry, types, bad) });
    }
  }
  let filled = 0;
  for (const span of [...spans].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (span.begin !== filled) {
      const what = span.begin < filled ? "overlaps the tensor before it" : "leaves a gap before it";
      throw bad(`tensor ${JSON.stringify(span.name)} begins at byte ${span.begin}, not ${filled}: it ${what}`);
    }
    filled = span.end;
  }
  if (filled !== size) throw bad(`its tensors fill ${filled} bytes, but ${size} follow the header`);
  return { spans, metadata: Object.fromEntries(metadata) };
}

/** Writes a state in its own order, so that the same state always gives the same bytes. */
export function writeSafetensors(state: State, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(["__metadata__", metadata]);
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(state)) {
    if (name === "__metadata__") throw dataError(`a tensor cannot be named __metadata__; rename it.`, { name });
    header.push([name, { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(text.length / 8) * 8;
  const out = new Uint8Array(8 + padded + offset);
  new DataView(out.buffer).setBigUint64(0, BigInt(padded), true);
  out.fill(0x20, 8, 8 + padded);
  out.set(text, 8);
  let at = 8 + padded;
  for (const { data } of Object.values(state)) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return out;
}

function readHeader(bytes: Uint8Array, bad: Bad): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw bad("its header does not begin with {");
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    throw bad("its header is not JSON in UTF-8");
  }
  if (!isRecord(header)) throw bad("its header is not an object");
  const twice = repeatedKey(text);
  if (twice !== undefined) throw bad(`its header names ${JSON.stringify(twice)} twice`);
  return header;
}

function readSpan(name: string, entry: unknown, types: readonly string[], bad: Bad): Omit<TensorSpan, "name"> {
  const label = `tensor ${JSON.stringify(name)}`;
  if (!isRecord(entry)) throw bad(`${label} is not an object`);
  const { dtype, shape, data_offsets: offsets, ...rest } = entry;
  if (Object.keys(rest).length > 0) throw bad(`${label} has the unknown field ${JSON.stringify(Object.keys(rest)[0])}`);
  if (typeof dtype !== "string" || !types.includes(dtype)) {
    const read = types.length === 1 ? "only F32 (float32) is read" : `read are ${types.join(", ")}`;
    throw bad(`${label} has element type ${JSON.stringify(dtype)}; ${read}`);
  }
  if (!isSizes(shape)) throw bad(`${label} has no shape of whole sizes from 0`);
  if (!isSizes(offsets) || offsets.length !== 2) throw bad(`${label} has no data_offsets [begin, end]`);
  const [begin, end] = offsets as [number, number];
  const size = shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, Number(TYPES[dtype]!.slice(2)));
  if (end - begin !== size) {
    throw bad(`${label} of shape ${formatShape(shape)} needs ${size} bytes, its data_offsets give ${end - begin}`);
  }
  return { dtype, shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 64 && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** A key that occurs twice in an object of a valid JSON text; JSON.parse would silently keep the last one. */
function repeatedKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // the keys of each open object; undefined for an array
  for (let at = 0; at < text.length; at++) {
    const symbol = text[at];
    if (symbol === "{") open.push(new Set());
    else if (symbol === "[") open.push(undefined);
    else if (symbol === "}" || symbol === "]") open.pop();
    else if (symbol === '"') {
      const begin = at++;
      while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
      let next = at + 1;
      while (/\s/.test(text[next] ?? "")) next++;
      if (text[next] !== ":") continue;
      const key = JSON.parse(text.slice(begin, at + 1)) as string;
      const keys = open[open.length - 1];
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}
