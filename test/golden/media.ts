/** @file The goldens of `scripts/golden-media.py`, decoded. */
import { readFileSync } from "node:fs";

/** An array as the script stores it. */
export interface Packed {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "float64" | "int16" | "uint8" | "int32" | "int64";
  readonly data: string;
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int16: Int16Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
};

/** The goldens of one section. */
export function golden<T>(section: string): T {
  return JSON.parse(readFileSync(new URL(`./media/${section}.json`, import.meta.url), "utf8"));
}

export function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

/** The numbers of an array. */
export function numbersOf({ dtype, data }: Packed): number[] {
  return Array.from(new ARRAYS[dtype](bytesOf(data).slice().buffer), Number);
}

/** The largest difference of two lists of the same length. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    most = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference);
  }
  return most;
}
