/** @file Element types of .npy: NumPy's names, the types they are read as, and advice for unsupported ones. */
import { dataError } from "../../core/errors.ts";
import type { DType } from "../../core/tensor.ts";

/** Kinds of numbers by NumPy's letter and size. `<V2` is what NumPy writes for the bfloat16 of ml_dtypes, its only type of that writing. */
export const NPY_KINDS: ReadonlyMap<string, DType> = new Map<string, DType>([
  ["f2", "float32"],
  ["V2", "float32"],
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

/** Unsupported letters: their meaning, and advice. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  [
    "O",
    "Python objects, which are never read because unpickling runs code; save texts with .astype(str), numbers with .astype(numpy.float32)",
  ],
  ["c", "complex numbers; save the real and the imaginary part as two float32 arrays"],
  ["f", "floats of another size; save them with .astype(numpy.float32)"],
  ["M", "dates; save them as float32 features, or as texts with .astype(str)"],
  ["m", "time spans; save them as float32 features"],
  [
    "V",
    "raw bytes (a type that NumPy does not know, such as float8, or records); save it with .astype(numpy.float32), bfloat16 after .view(ml_dtypes.bfloat16); of records save each field",
  ],
]);

/** How the bytes of one element are read. */
export interface ElementType {
  readonly dtype: DType | "text";
  /** The letter of text (`U` code points of four bytes, `S` bytes), the letter and size of numbers. */
  readonly kind: string;
  /** Its name in messages. */
  readonly name: string;
  readonly itemSize: number;
  readonly swapped: boolean;
}

/** Maximum bytes of one text: longer ones are not names. */
const MAX_TEXT = 2 ** 16;

/** Parses a descr such as `<f4`. @throws DataError for an unsupported type. */
export function elementType(descr: string, where: string): ElementType {
  const match = /^([<>|=])([A-Za-z])(\d{1,9})$/.exec(descr === "bfloat16" ? "<V2" : descr);
  const letter = match?.[2] === "a" ? "S" : (match?.[2] ?? "");
  const itemSize = Number(match?.[3] ?? 0);
  const order = match?.[1];
  if (letter === "U" || letter === "S") return textType(letter, itemSize, order === ">", where, descr);
  const kind = letter + itemSize;
  const dtype = NPY_KINDS.get(kind);
  if (dtype === undefined || (order === "|" && itemSize > 1) || (letter === "V" && order !== "<")) {
    const meaning = REFUSED.get(/^[<>|=]([A-Za-z])/.exec(descr)?.[1] ?? "") ?? "no type known here";
    throw dataError(
      `${where}: element type ${JSON.stringify(descr.slice(0, 40))} cannot be read; it is ${meaning}. Read are floats of 16, 32 and 64 bits, bfloat16, integers, bool and texts.`,
      { where, descr },
    );
  }
  const name = kind === "f2" ? "float16" : kind === "V2" ? "bfloat16" : dtype;
  return { dtype, kind, name, itemSize, swapped: order === ">" && itemSize > 1 };
}

function textType(kind: "U" | "S", length: number, swapped: boolean, where: string, descr: string): ElementType {
  const itemSize = kind === "U" ? 4 * length : length;
  if (itemSize === 0 || itemSize > MAX_TEXT) {
    throw dataError(
      `${where}: element type ${JSON.stringify(descr)} means texts of ${itemSize} bytes; from 1 to ${MAX_TEXT} are read. Save shorter texts.`,
      { where, descr },
    );
  }
  return { dtype: "text", kind, name: `text ${descr}`, itemSize, swapped: swapped && kind === "U" };
}
