/**
 * @file .npy: one array of numbers, as numpy.save writes it. Bytes in, tensor out, no disk.
 *
 * Read: float32, float64, (u)int8 to (u)int64, bool (as uint8), both byte orders, C and Fortran order, versions 1 to 3.
 * The bytes must hold exactly what the header declares. Nothing is unpickled.
 */
import { dataError } from "../../core/errors.ts";
import { formatShape, type Shape, sizeOf, stridesOf } from "../../core/shape.ts";
import { type DType, type DTypes, type Tensor, tensor } from "../../core/tensor.ts";
import { readNpyHeader } from "./npy-header.ts";

/** Element types by NumPy's kind and size. */
const KINDS: ReadonlyMap<string, DType> = new Map<string, DType>([
  ["f4", "float32"],
  ["f8", "float64"],
  ["i1", "int8"],
  ["u1", "uint8"],
  ["b1", "uint8"],
  ["i2", "int16"],
  ["u2", "uint16"],
  ["i4", "int32"],
  ["u4", "uint32"],
  ["i8", "int64"],
  ["u8", "uint64"],
]);

/** What NumPy's other kinds are, for messages. */
const OTHER_KINDS: Readonly<Record<string, string>> = {
  O: "Python objects, which are never read because unpickling runs code; save an array of numbers",
  U: "text; save class numbers or features instead (names belong into dataset.json)",
  S: "text; save class numbers or features instead (names belong into dataset.json)",
  a: "text; save class numbers or features instead (names belong into dataset.json)",
  c: "complex numbers; save the real and the imaginary part as two float32 arrays",
  f: "floats of another size; save them with .astype(numpy.float32)",
  M: "dates; save them as float32 features",
  m: "time spans; save them as float32 features",
  V: "raw records; save each field as an array of its own",
};

/**
 * Reads a .npy file; the tensor owns its memory and is row-major. Bool becomes uint8 0 or 1.
 * @throws DataError for a damaged or hostile file, and for text, objects, complex and structured arrays.
 */
export function readNpy(bytes: Uint8Array, where = "npy"): Tensor {
  const { descr, fortran, shape, dataStart } = readNpyHeader(bytes, where);
  const { dtype, itemSize, swapped, bool } = elementType(descr, where);
  const available = bytes.length - dataStart;
  const needed = byteCount(shape, itemSize);
  if (needed !== available) {
    const what = needed > available ? "it is cut off" : "there are bytes left over";
    throw dataError(
      `${where}: the header declares ${formatShape(shape)} ${dtype} = ${needed} bytes but ${available} follow it: ${what}. Write the file again.`,
      { where, shape, needed, available },
    );
  }
  const copy = new Uint8Array(needed); // aligned, and free of the file's buffer
  copy.set(bytes.subarray(dataStart));
  if (swapped) swapBytes(copy, itemSize);
  if (bool) requireBool(copy, where);
  const flat = viewAs(dtype, copy.buffer);
  return tensor(dtype, shape, fortran && shape.length > 1 ? rowMajor(flat, shape) : flat);
}

/** Writes a .npy file of version 1, byte for byte as NumPy 2 does for a C-order array. */
export function writeNpy(array: Tensor): Uint8Array {
  const { dtype, shape, data } = array;
  const kind = [...KINDS].find(([kind, known]) => known === dtype && kind !== "b1")![0];
  const descr = (data.BYTES_PER_ELEMENT === 1 ? "|" : "<") + kind;
  const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  let text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${sizes}, }`;
  // NumPy leaves room for the first size to grow to 21 digits when rows are appended.
  if (shape.length > 0) text += " ".repeat(21 - String(shape[0]).length);
  const padding = (64 - ((10 + text.length + 1) % 64)) % 64;
  text += `${" ".repeat(padding)}\n`;
  const out = new Uint8Array(10 + text.length + data.byteLength);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8]);
  out.set(new TextEncoder().encode(text), 10);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + text.length);
  return out;
}

interface ElementType {
  readonly dtype: DType;
  readonly itemSize: number;
  readonly swapped: boolean;
  readonly bool: boolean;
}

function elementType(descr: string, where: string): ElementType {
  const match = /^([<>|=])([A-Za-z])(\d{1,9})$/.exec(descr);
  const kind = match === null ? "" : match[2]! + Number(match[3]);
  const dtype = KINDS.get(kind);
  const itemSize = Number(match?.[3] ?? 0);
  if (match === null || dtype === undefined || (match[1] === "|" && itemSize > 1)) {
    const meaning = OTHER_KINDS[/^[<>|=]([A-Za-z])/.exec(descr)?.[1] ?? ""] ?? "no type known here";
    throw dataError(
      `${where}: element type ${JSON.stringify(descr.slice(0, 40))} cannot be read; it is ${meaning}. Read are float32, float64, integers and bool.`,
      { where, descr },
    );
  }
  return { dtype, itemSize, swapped: match[1] === ">" && itemSize > 1, bool: kind === "b1" };
}

/** Exact below 2^53 and merely huge above, so it can be compared with a real length. */
function byteCount(shape: Shape, itemSize: number): number {
  return shape.includes(0) ? 0 : sizeOf(shape) * itemSize;
}

function swapBytes(bytes: Uint8Array, itemSize: number): void {
  for (let start = 0; start < bytes.length; start += itemSize) {
    for (let i = start, j = start + itemSize - 1; i < j; i++, j--) {
      const byte = bytes[i]!;
      bytes[i] = bytes[j]!;
      bytes[j] = byte;
    }
  }
}

function requireBool(bytes: Uint8Array, where: string): void {
  const bad = bytes.findIndex((byte) => byte > 1);
  if (bad >= 0) {
    throw dataError(`${where}: element ${bad} of a bool array is ${bytes[bad]}, not 0 or 1; the file is damaged.`, {
      where,
      index: bad,
    });
  }
}

/** A typed array over little-endian bytes (every platform that runs JavaScript engines today). */
function viewAs(dtype: DType, buffer: ArrayBuffer): DTypes[DType] {
  switch (dtype) {
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
    case "int8":
      return new Int8Array(buffer);
    case "uint8":
      return new Uint8Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "uint16":
      return new Uint16Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "uint32":
      return new Uint32Array(buffer);
    case "int64":
      return new BigInt64Array(buffer);
    case "uint64":
      return new BigUint64Array(buffer);
  }
}

/** The elements of a Fortran-order array in C order. */
function rowMajor(source: DTypes[DType], shape: Shape): DTypes[DType] {
  const rank = shape.length;
  const steps = stridesOf([...shape].reverse()).reverse(); // where axis i moves in the source
  const index = new Array<number>(rank).fill(0);
  const out = source.slice();
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = source[from]!;
    for (let axis = rank - 1; axis >= 0; axis--) {
      index[axis]!++;
      from += steps[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
