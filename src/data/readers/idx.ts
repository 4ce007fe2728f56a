/** @file .idx and .idx.gz: one array of numbers, as MNIST is distributed. Bytes in, tensor out, no disk. */
import { Gunzip } from "fflate";
import { DmilError } from "../../core/errors.ts";
import { formatShape, type Shape, sizeOf } from "../../core/shape.ts";
import { type DType, type DTypes, type Tensor, tensor } from "../../core/tensor.ts";
import { crc32 } from "../formats/zip.ts";
import { faultAt, requireContent } from "./content.ts";

type Element = Extract<DType, "uint8" | "int8" | "int16" | "int32" | "float32" | "float64">;

/** Types of elements by the third byte of a file. */
const ELEMENTS: Readonly<Record<number, Element>> = {
  8: "uint8",
  9: "int8",
  11: "int16",
  12: "int32",
  13: "float32",
  14: "float64",
};

const ARRAYS: { readonly [E in Element]: new (length: number) => DTypes[E] } = {
  uint8: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

const AGAIN = "Copy or download it again.";
/** Most bytes of an array: a damaged header must not take the memory. */
const MOST_BYTES = 2 ** 31 - 1;

/** Reads an idx file, packed by gzip or not. @throws DataError for a damaged, cut or hostile file. */
export function readIdx(bytes: Uint8Array, where = "idx"): Tensor {
  requireContent(bytes, where);
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = packed ? gunzip(bytes, where) : bytes;
  const { element, shape, start } = headerOf(plain, where);
  const { BYTES_PER_ELEMENT: width } = new ARRAYS[element](0);
  const needed = sizeOf(shape) * width;
  if (plain.length !== start + needed) {
    const what = `${formatShape(shape)} ${element} needs ${needed} bytes but ${plain.length - start} follow`;
    throw faultAt(where, start, what, AGAIN);
  }
  const data = new Uint8Array(plain.subarray(start)); // a copy, which may be turned around
  // Elements are big-endian, and this program runs on little-endian machines alone.
  for (let at = 0; width > 1 && at < data.length; at += width) data.subarray(at, at + width).reverse();
  const array = new ARRAYS[element](sizeOf(shape));
  new Uint8Array(array.buffer).set(data);
  return tensor<DType>(element, shape, array);
}

function headerOf(bytes: Uint8Array, where: string): { element: Element; shape: Shape; start: number } {
  const element = ELEMENTS[bytes[2] ?? 0];
  const rank = bytes[3] ?? 0;
  if (bytes[0] !== 0 || bytes[1] !== 0 || element === undefined || rank === 0) {
    throw faultAt(
      where,
      0,
      "this is not an idx file: it begins neither with 0, 0, a type and a number of axes nor as gzip does",
      AGAIN,
    );
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw faultAt(where, 4, `the sizes of ${rank} axes are cut off`, AGAIN);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.includes(0) ? 0 : shape.reduce((product, axis) => product * axis, 1);
  if (size > MOST_BYTES) throw faultAt(where, 4, `${formatShape(shape)} is larger than ${MOST_BYTES} elements`, AGAIN);
  return { element, shape, start };
}

/** Unpacks one member and checks its size and checksum; more than the header of the array allows ends it. */
function gunzip(bytes: Uint8Array, where: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  let most = MOST_BYTES;
  const take = (part: Uint8Array): void => {
    if (length === 0 && part.length > 3) {
      const { element, shape, start } = headerOf(part, where);
      most = start + sizeOf(shape) * new ARRAYS[element](0).BYTES_PER_ELEMENT;
    }
    length += part.length;
    if (length > most)
      throw faultAt(where, bytes.length, `the packed bytes hold more than the ${most} bytes of the array`, AGAIN);
    parts.push(part);
  };
  try {
    const stream = new Gunzip(take);
    const piece = 65536;
    for (let at = 0; at < bytes.length; at += piece)
      stream.push(bytes.subarray(at, at + piece), at + piece >= bytes.length);
  } catch (error) {
    if (error instanceof DmilError) throw error;
    throw faultAt(
      where,
      0,
      `the packed bytes are damaged (${error instanceof Error ? error.message : String(error)})`,
      AGAIN,
    );
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  const tail = new DataView(bytes.buffer, bytes.byteOffset + Math.max(0, bytes.length - 8), Math.min(8, bytes.length));
  if (tail.byteLength < 8 || tail.getUint32(0, true) !== crc32(out) || tail.getUint32(4, true) !== length) {
    throw faultAt(
      where,
      bytes.length - 8,
      "the checksum of the packed bytes is wrong, so the file is cut off or damaged",
      AGAIN,
    );
  }
  return out;
}
