/** @file .npz: named arrays in one zip archive, as numpy.savez and numpy.savez_compressed write it. */
import { zipSync } from "fflate";
import { dataError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { readNpy, writeNpy } from "./npy.ts";
import { listZip, unzip, ZIP_LIMITS, type ZipLimits } from "./zip.ts";

/**
 * Reads every array of an .npz, in the order of the file; names are without `.npy`.
 * @throws DataError for a damaged or hostile archive (see zip.ts) or array (see npy.ts).
 */
export function readNpz(bytes: Uint8Array, where = "npz", limits: Partial<ZipLimits> = {}): Record<string, Tensor> {
  const entries = listZip(bytes, where, { ...ZIP_LIMITS, ...limits });
  return Object.fromEntries(
    entries.map((entry) => {
      const label = `${where}: ${entry.name}`;
      if (!entry.name.endsWith(".npy")) {
        throw dataError(`${label} is not a .npy array; an .npz file holds nothing else.`, { where, name: entry.name });
      }
      return [entry.name.slice(0, -4), readNpy(unzip(bytes, entry, label), label)];
    }),
  );
}

/** Writes arrays into an .npz that NumPy reads; the same arrays always give the same bytes. */
export function writeNpz(arrays: Readonly<Record<string, Tensor>>, compress = true): Uint8Array {
  const files = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, writeNpy(array)]));
  return zipSync(files, { level: compress ? 6 : 0, mtime: new Date(1980, 0, 1) });
}
