/** @file JSON that carries its own checksum, so that a damaged file of a run is refused instead of read as something else. */
import { type DmilError, dataError } from "../core/errors.ts";
import { isRecord } from "../core/keys.ts";
import { hashValue } from "./identity.ts";

/** What a reader says about a file that is not as it was written. */
export interface Sealed {
  /** The file, and the line of it where that matters. */
  readonly where: string;
  /** What the user can do about it: one sentence. */
  readonly advice: string;
  /** The kind of error, DataError by default. */
  readonly error?: (message: string, fields: { readonly where: string }) => DmilError;
}

/** A value as JSON text with a field `checksum`: the SHA-256 of everything else in it, whatever the order of the keys. */
export async function seal(value: object, indent?: number): Promise<string> {
  const plain = JSON.parse(JSON.stringify(value)) as object;
  return JSON.stringify({ ...plain, checksum: await hashValue(plain) }, undefined, indent);
}

/** The value of a sealed text, without its checksum. @throws for text that is not JSON, has no checksum, or does not match it. */
export async function unseal(text: string, { where, advice, error = dataError }: Sealed): Promise<unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words repeat a piece of the text, which may be anything.
    throw error(`${where}: not valid JSON; the file was cut or damaged. ${advice}`, { where });
  }
  if (!isRecord(value) || typeof value.checksum !== "string") {
    throw error(`${where}: the checksum is missing; the file was cut, or another version of dmil wrote it. ${advice}`, {
      where,
    });
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
