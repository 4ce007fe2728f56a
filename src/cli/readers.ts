/** @file The readers of sound, pictures and video that this machine has, for `dmil prepare`. */
import type { Source } from "../prepare/source.ts";
import type { Readers } from "../prepare/tools.ts";

/** Readers for the files of a source. */
export function readersFor(_source: Source): Partial<Readers> {
  return {};
}
