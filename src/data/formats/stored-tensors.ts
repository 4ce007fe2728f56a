/** @file Named tensors of a file, whose numbers are read when they are asked for. */
import { dataError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { requireNumbers, tensorFrom } from "./npy.ts";

/** A tensor of a file. */
export interface StoredTensor {
  readonly shape: Shape;
  /** Its element type in NumPy's writing: `<f4`; `<V2` is bfloat16. */
  readonly descr: string;
  /** Its numbers, row-major; float16 and bfloat16 as float32, exactly. @throws DataError if the file is damaged. */
  read(): Promise<Tensor>;
}

/** Tensors by the names that the file has, in its order. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** Numbers as they lie in a file. */
export function numbersFrom(descr: string, shape: Shape, bytes: Uint8Array, where: string): Tensor {
  return requireNumbers(tensorFrom({ descr, shape, fortran: false }, bytes, where), where);
}

/** Views on one storage may together be far larger than the file; more than this many times its size is no set of weights. */
const MOST_TIMES = 8;

/** @throws DataError if tensors together are much larger than their file, by which a small file could fill the memory. */
export function requireModestSize(bytes: number, fileSize: number, label: string): void {
  if (bytes <= MOST_TIMES * fileSize) return;
  throw dataError(
    `${label}: its tensors have ${bytes} bytes together, the file ${fileSize}: many of them share their numbers. Save copies: {k: v.clone().contiguous() for k, v in state.items()}.`,
    { bytes, fileSize },
  );
}
