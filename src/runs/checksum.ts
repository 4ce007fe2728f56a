/** @file JSON with a checksum, so that a damaged file of a run is refused instead of misread. */
import { type DmilError, dataError } from "../core/errors.ts";
import { isRecord } from "../core/keys.ts";
import { hashValue } from "./identity.ts";

/** The parts of the error message for a damaged file. */
export interface Sealed {
  /** The file, with a line if that matters. */
  readonly where: string;
  /** What the user can do about it: one sentence. */
  readonly advice: string;
  /** Creates the error; default: DataError. */
  readonly error?: (message: string, fields: { readonly where: string }) => DmilError;
}

/** Encodes a value as JSON with a field `checksum`: the SHA-256 of all other fields, independent of the order of keys. */
export async function withChecksum(value: object, indent?: number): Promise<string> {
  const plain = JSON.parse(JSON.stringify(value)) as object;
  return JSON.stringify({ ...plain, checksum: await hashValue(plain) }, undefined, indent);
}

/** The value of a text written by `seal`, without its checksum. @throws `error` for text that is not JSON, or whose checksum is missing or wrong. */
export async function verifyChecksum(text: string, { where, advice, error = dataError }: Sealed): Promise<unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The message of the parser is not used, because it quotes the text, which may be anything.
    throw error(`${where}: not valid JSON; the file is truncated or damaged. ${advice}`, { where });
  }
  if (!isRecord(value) || typeof value.checksum !== "string") {
    throw error(
      `${where}: the checksum is missing; the file is truncated, or was written by another version of dmil. ${advice}`,
      {
        where,
      },
    );
  }
  const { checksum, ...rest } = value;
  if ((await hashValue(rest)) !== checksum) {
    throw error(
      `${where}: the checksum does not match; the file was changed or damaged after it was written. ${advice}`,
      {
        where,
      },
    );
  }
  return rest;
}
