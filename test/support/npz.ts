/** @file Writes .npz archives for tests. */
import { zipSync } from "fflate";
import type { Tensor } from "../../src/core/tensor.ts";
import { writeNpy } from "../../src/data/formats/npy.ts";

/** Writes arrays into an .npz that NumPy reads; the same arrays always give the same bytes. */
export function writeNpz(arrays: Readonly<Record<string, Tensor>>, compress = true): Uint8Array {
  const files = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, writeNpy(array)]));
  return zipSync(files, { level: compress ? 6 : 0, mtime: new Date(1980, 0, 1) });
}
