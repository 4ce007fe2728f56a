/** @file Bytes that are read by ranges, so that a file of gigabytes is opened without being in memory. */
import { dataError } from "./errors.ts";
import { sha256 } from "./hash.ts";

/** A file, or bytes in memory. */
export interface ByteSource {
  /** Its name in messages. */
  readonly label: string;
  /** Number of bytes. */
  readonly size: number;
  /** The bytes from `start` up to `end`, without `end`; both lie within the file. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** SHA-256 of all bytes, as hexadecimal. */
  hash(): Promise<string>;
}

/** Bytes in memory as a source. */
export function bytesInMemory(bytes: Uint8Array, label: string): ByteSource {
  return {
    label,
    size: bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
    hash: () => sha256(bytes),
  };
}

/** A part of a source as a source of its own. @throws DataError if it does not lie within the source. */
export function partOf(source: ByteSource, start: number, length: number, label: string): ByteSource {
  if (start < 0 || length < 0 || start + length > source.size) {
    throw dataError(
      `${label}: bytes ${start} to ${start + length} are needed, but ${source.label} has ${source.size}; the file is cut off. Copy or download it again.`,
      { start, length, size: source.size },
    );
  }
  const part: ByteSource = {
    label,
    size: length,
    read: (from, to) => source.read(start + from, start + to),
    hash: async () => sha256(await part.read(0, length)),
  };
  return part;
}
