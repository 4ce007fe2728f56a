/** @file What stands in the place of a file that was never fetched: nothing at all, or the pointer that Git LFS leaves. */
import { type DmilError, dataError } from "../../core/errors.ts";

const POINTER = "version https://git-lfs";

/** @throws DataError for an empty file and for a pointer of Git LFS, each with the way to the real file. */
export function requireContent(bytes: Uint8Array, where: string): void {
  if (bytes.length === 0) throw dataError(`${where}: the file is empty. Copy or download it again.`, { where });
  if (bytes.length < 1024 && text(bytes, 0, POINTER.length) === POINTER) {
    throw dataError(
      `${where}: this is a pointer of Git LFS (${bytes.length} bytes), not the file itself. Run "git lfs install" and "git lfs pull" in the clone; a download as zip never has the files.`,
      { where },
    );
  }
}

/** Bytes as Latin-1 text. */
export function text(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}

/** An error at a byte of a file: what is wrong there, and what to do. */
export function faultAt(where: string, byte: number, what: string, advice: string): DmilError {
  return dataError(`${where}: at byte ${byte}: ${what}. ${advice}`, { where, byte });
}
