/**
 * @file .npy: one array of numbers or of texts, as numpy.save writes it. Bytes in, tensor out, no disk.
 *
 * Read: float16 and bfloat16 (as float32, exactly), float32, float64, (u)int8 to (u)int64, bool (as uint8), text of fixed width; both byte
 * orders, C and Fortran order, versions 1 to 3. The bytes must hold exactly what the header declares. Nothing is unpickled.
 */
import { dataError } from "../../core/errors.ts";
import { formatShape, type Shape, sizeOf, stridesOf } from "../../core/shape.ts";
import { type DType, type DTypes, type Tensor, tensor } from "../../core/tensor.ts";
import { type ElementType, elementType, NPY_KINDS } from "./npy-element.ts";
import { readNpyHeader } from "./npy-header.ts";
import { floatsOf, textsOf } from "./npy-values.ts";

/** Texts by position, row-major, as a tensor holds numbers. */
export interface TextArray {
  readonly dtype: "text";
  readonly shape: Shape;
  readonly data: readonly string[];
}

/**
 * Reads a .npy file; the array owns its memory and is row-major. Bool becomes uint8 0 or 1, float16 and bfloat16 float32.
 * @throws DataError for a damaged or hostile file, and for objects, complex and structured arrays.
 */
export function readArray(bytes: Uint8Array, where = "npy"): Tensor | TextArray {
  const { dataStart, ...layout } = readNpyHeader(bytes, where);
  return tensorFrom(layout, bytes.subarray(dataStart), where);
}

/** How the bytes of an array are to be read: its element type in NumPy's writing, its order (`fortran`: the first axis runs fastest), its shape. */
export interface Layout {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: Shape;
}

/** The array of bytes that lie as NumPy has them; the result owns its memory. @throws DataError if the bytes are not as many as the layout says. */
export function tensorFrom({ descr, fortran, shape }: Layout, bytes: Uint8Array, where: string): Tensor | TextArray {
  const element = elementType(descr, where);
  const { itemSize } = element;
  const needed = byteCount(shape, itemSize);
  if (needed !== bytes.length) {
    const what = needed > bytes.length ? "it is cut off" : "there are bytes left over";
    throw dataError(
      `${where}: the header declares ${formatShape(shape)} ${element.name} = ${needed} bytes but ${bytes.length} follow it: ${what}. Write the file again.`,
      { where, shape, needed, available: bytes.length },
    );
  }
  const copy = new Uint8Array(needed); // aligned, and free of the file's buffer
  copy.set(bytes);
  if (element.swapped) swapBytes(copy, element.kind === "U" ? 4 : itemSize);
  const inOrder = <T extends Sequence>(flat: T): T => (fortran && shape.length > 1 ? rowMajor(flat, shape) : flat);
  if (element.dtype === "text") return { dtype: "text", shape, data: inOrder(textsOf(copy, element, where)) };
  return tensor(element.dtype, shape, inOrder(numbersOf(copy, element, where)));
}

/** An array that must hold numbers. @throws DataError for text. */
export function requireNumbers(array: Tensor | TextArray, where: string): Tensor {
  if (array.dtype !== "text") return array;
  const first = array.data.length === 0 ? "" : ` (the first is ${JSON.stringify(array.data[0]!.slice(0, 40))})`;
  throw dataError(
    `${where}: holds text${first}, where numbers are needed. Save numbers: .astype(numpy.float32) where the texts are numbers, one column a class where they name classes.`,
    { where },
  );
}

/** Kinds that are read as another type, and so never written. */
const CONVERTED: ReadonlySet<string> = new Set(["b1", "f2", "V2"]);

/** Writes a .npy file of version 1, byte for byte as NumPy 2 does for a C-order array. */
export function writeNpy(array: Tensor): Uint8Array {
  const { dtype, shape, data } = array;
  return withBytes(npyHeader(dtype, shape), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** Writes texts [N] as NumPy's `U` of the width of the longest. */
export function writeNpyTexts(texts: readonly string[]): Uint8Array {
  const points = texts.map((text) => Array.from(text, (sign) => sign.codePointAt(0)!));
  const width = Math.max(1, ...points.map((own) => own.length));
  const data = new Uint32Array(texts.length * width);
  for (const [i, own] of points.entries()) data.set(own, i * width);
  return withBytes(headerBytes(`<U${width}`, [texts.length]), new Uint8Array(data.buffer));
}

/** The header of a C-order array, for files that are written in parts. */
export function npyHeader(dtype: DType, shape: Shape): Uint8Array {
  const kind = [...NPY_KINDS].find(([kind, known]) => known === dtype && !CONVERTED.has(kind))![0];
  return headerBytes((kind.endsWith("1") ? "|" : "<") + kind, shape);
}

function headerBytes(descr: string, shape: Shape): Uint8Array {
  const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  let text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${sizes}, }`;
  // NumPy leaves room for the first size to grow to 21 digits when rows are appended.
  if (shape.length > 0) text += " ".repeat(21 - String(shape[0]).length);
  const padding = (64 - ((10 + text.length + 1) % 64)) % 64;
  text += `${" ".repeat(padding)}\n`;
  const start = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8);
  return withBytes(start, new TextEncoder().encode(text));
}

function withBytes(first: Uint8Array, second: Uint8Array): Uint8Array {
  const out = new Uint8Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return out;
}

function numbersOf(bytes: Uint8Array<ArrayBuffer>, element: ElementType, where: string): DTypes[DType] {
  if (element.kind === "f2" || element.kind === "V2") return floatsOf(new Uint16Array(bytes.buffer), element.kind);
  if (element.kind === "b1") requireBool(bytes, where);
  return viewAs(element.dtype as DType, bytes.buffer);
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

interface Sequence {
  readonly length: number;
  slice(): this;
}

/** The elements of a Fortran-order array in C order. */
function rowMajor<T extends Sequence>(source: T, shape: Shape): T {
  const rank = shape.length;
  const steps = stridesOf([...shape].reverse()).reverse(); // where axis i moves in the source
  const index = new Array<number>(rank).fill(0);
  const from = source as unknown as unknown[];
  const out = source.slice();
  const to = out as unknown as unknown[];
  let position = 0;
  for (let i = 0; i < out.length; i++) {
    to[i] = from[position];
    for (let axis = rank - 1; axis >= 0; axis--) {
      index[axis]!++;
      position += steps[axis]!;
      if (index[axis]! < shape[axis]!) break;
      position -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
