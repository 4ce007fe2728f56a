/** @file .npz: named arrays in one zip archive, as numpy.savez and numpy.savez_compressed write it. */
import { dataError, hint } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { readArray, type TextArray } from "./npy.ts";
import { listZip, unzip, ZIP_LIMITS, type ZipLimits } from "./zip.ts";

/** An archive whose arrays are unpacked on demand and not cached. */
interface Npz {
  /** In the order of the file, without `.npy`. */
  readonly names: readonly string[];
  /** @throws DataError for an unknown name, and a damaged or hostile entry (see zip.ts) or array (see npy.ts). */
  read(name: string): Tensor | TextArray;
}

/** Lists the arrays of an .npz; nothing is unpacked yet. @throws DataError for a damaged or hostile archive (see zip.ts). */
export function openNpz(bytes: Uint8Array, where = "npz", limits: Partial<ZipLimits> = {}): Npz {
  const entries = new Map(
    listZip(bytes, where, { ...ZIP_LIMITS, ...limits }).map((entry) => {
      if (entry.name.endsWith(".npy")) return [entry.name.slice(0, -4), entry];
      throw dataError(`${where}: ${entry.name} is not a .npy array; an .npz file holds nothing else.`, {
        where,
        name: entry.name,
      });
    }),
  );
  const names = [...entries.keys()];
  return {
    names,
    read(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw dataError(`${where}: there is no array "${name}"${hint(name, names)}`, { name });
      const label = `${where}: ${entry.name}`;
      return readArray(unzip(bytes, entry, label), label);
    },
  };
}
