/**
 * @file Models and checkpoints on disk: safetensors whose first metadata is a checksum of everything behind it, so that a damaged file
 * is refused instead of read as other numbers. The files of runs that are JSON have the same in runs/sealed.ts.
 */
import { dataError, internalError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import type { State } from "../core/tensor.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "../data/formats/safetensors.ts";

/** What a reader says about a file that is not as it was written. */
export interface SealedState {
  readonly where: string;
  /** What the user can do about it: one sentence. */
  readonly advice: string;
  /** What to say of a file of an earlier version, which has metadata but no checksum in front. */
  readonly older?: (metadata: Safetensors["metadata"]) => string | undefined;
}

/** Length of the header (8 bytes), then this, then the checksum as 64 hexadecimal digits. */
const START = '{"__metadata__":{"checksum":"';
const FIRST = 8 + START.length;
const DIGITS = 64;

/** Tensors and texts as bytes with their checksum. */
export async function sealState(state: State, metadata: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const bytes = writeSafetensors(state, { checksum: "0".repeat(DIGITS), ...metadata });
  if (!hasSeal(bytes)) throw internalError("the checksum of a file does not lie at its beginning.");
  bytes.set(new TextEncoder().encode(await checksumOf(bytes)), FIRST);
  return bytes;
}

/** What `sealState` wrote. @throws DataError for anything else. */
export async function unsealState(bytes: Uint8Array, { where, advice, older }: SealedState): Promise<Safetensors> {
  if (!hasSeal(bytes)) {
    const said = older?.(metadataOf(bytes));
    throw dataError(
      `${where}: ${said ?? `the checksum is missing: the file was cut or damaged, or is no file of dmil. ${advice}`}`,
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

/** Of the header's length and of all that follows the checksum itself. */
async function checksumOf(bytes: Uint8Array): Promise<string> {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
  return sha256(new TextEncoder().encode(`${length} ${await sha256(bytes.subarray(FIRST + DIGITS))}`));
}

/** The metadata of a file that may be anything. */
function metadataOf(bytes: Uint8Array): Safetensors["metadata"] {
  try {
    return readSafetensors(bytes).metadata;
  } catch {
    return {};
  }
}
