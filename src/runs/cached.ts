/** @file Files that can be recomputed: stored with a checksum, and recomputed with a note if truncated or damaged. */
import type * as z from "zod";
import { DmilError, dataError } from "../core/errors.ts";
import { type Folder, readText } from "../core/folder.ts";
import { optionIssues } from "../core/options.ts";
import { verifyChecksum, withChecksum } from "./checksum.ts";

/** Reads a file. Undefined if it must be recomputed: it is missing, damaged, or has other contents; the last two call `tell` with a note. */
export async function readCached<T>(
  folder: Pick<Folder, "label" | "exists" | "read">,
  file: string,
  schema: z.ZodType,
  tell: (text: string) => void,
): Promise<T | undefined> {
  if (!(await folder.exists(file))) return undefined;
  try {
    const sealed = { where: `${folder.label}/${file}`, advice: "It is computed again." };
    const value = await verifyChecksum(await readText(folder, file), sealed);
    if (optionIssues(schema, value).length === 0) return value as T;
    throw dataError(`${sealed.where}: the contents are not of the expected kind. ${sealed.advice}`);
  } catch (error) {
    if (!(error instanceof DmilError) || error.code !== "DataError") throw error;
    tell(`note: ${error.message}`);
    return undefined;
  }
}

/** Writes a file with a checksum. */
export async function writeCached(folder: Pick<Folder, "write">, file: string, value: object): Promise<void> {
  await folder.write(file, `${await withChecksum(value, 1)}\n`);
}
