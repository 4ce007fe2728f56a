/**
 * @file Models and checkpoints on disk: safetensors whose first metadata entry is a checksum of everything after it, so that a damaged file
 * is rejected instead of read as wrong numbers. runs/sealed.ts does the same for the JSON files of runs.
 */
import { dataError, internalError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import type { State } from "../core/tensor.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "../data/formats/safetensors.ts";

/** Texts for the errors about a file that is not as it was written. */
export interface SealedState {
  readonly where: string;
  /** What the user can do, in one sentence. */
  readonly advice: string;
  /** The message for a file of an earlier version, which has metadata but no checksum. */
  readonly older?: (metadata: Safetensors["metadata"]) => string | undefined;
}

/** A file starts with the length of its header (8 bytes), this text, and the checksum as 64 hexadecimal digits. */
const START = '{"__metadata__":{"checksum":"';
const FIRST = 8 + START.length;
const DIGITS = 64;

/** Writes tensors and metadata as bytes with their checksum. */
export async function encodeWithChecksum(
  state: State,
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const bytes = writeSafetensors(state, { checksum: "0".repeat(DIGITS), ...metadata });
  if (!hasSeal(bytes)) throw internalError("the checksum of a file is not at its beginning.");
  bytes.set(new TextEncoder().encode(await checksumOf(bytes)), FIRST);
  return bytes;
}

/** Reads what `sealState` wrote. @throws DataError for anything else. */
export async function decodeWithChecksum(
  bytes: Uint8Array,
  { where, advice, older }: SealedState,
): Promise<Safetensors> {
  if (!hasSeal(bytes)) {
    const message = older?.(metadataOf(bytes));
    throw dataError(
      `${where}: ${message ?? `the checksum is missing: the file was cut or damaged, or is not a dmil file. ${advice}`}`,
      { where },
    );
  }
  const stored = new TextDecoder().decode(bytes.subarray(FIRST, FIRST + DIGITS));
  if ((await checksumOf(bytes)) !== stored) {
    throw dataError(
      `${where}: the checksum does not match; the file was changed or damaged after it was written. ${advice}`,
      { where },
    );
  }
  const { state, metadata } = readSafetensors(bytes, where);
  const { checksum: _, ...rest } = metadata;
  return { state, metadata: rest };
}

function hasSeal(bytes: Uint8Array): boolean {
  return bytes.length >= FIRST + DIGITS && new TextDecoder("latin1").decode(bytes.subarray(8, FIRST)) === START;
}

/** The checksum of the header's length and of all bytes after the checksum itself. */
async function checksumOf(bytes: Uint8Array): Promise<string> {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
  return sha256(new TextEncoder().encode(`${length} ${await sha256(bytes.subarray(FIRST + DIGITS))}`));
}

/** The metadata of a file of any content; empty if it is not safetensors. */
function metadataOf(bytes: Uint8Array): Safetensors["metadata"] {
  try {
    return readSafetensors(bytes).metadata;
  } catch {
    return {};
  }
}
