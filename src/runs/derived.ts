/** @file Files that can be made again: kept with a checksum, and made again, aloud, where one was cut or damaged. */
import type * as z from "zod";
import { DmilError, dataError } from "../core/errors.ts";
import { type Folder, readText } from "../core/folder.ts";
import { optionIssues } from "../core/options.ts";
import { seal, unseal } from "./sealed.ts";

/** What a file holds; undefined when it is to be made: it is not there, not as it was written, or something else, which `tell` is told. */
export async function readDerived<T>(
  folder: Pick<Folder, "label" | "exists" | "read">,
  file: string,
  schema: z.ZodType,
  tell: (text: string) => void,
): Promise<T | undefined> {
  if (!(await folder.exists(file))) return undefined;
  try {
    const sealed = { where: `${folder.label}/${file}`, advice: "It is made again." };
    const value = await unseal(await readText(folder, file), sealed);
    if (optionIssues(schema, value).length === 0) return value as T;
    throw dataError(`${sealed.where}: not what is kept under this name. ${sealed.advice}`);
  } catch (error) {
    if (!(error instanceof DmilError) || error.code !== "DataError") throw error;
    tell(`note: ${error.message}`);
    return undefined;
  }
}

/** Writes such a file. */
export async function writeDerived(folder: Pick<Folder, "write">, file: string, value: object): Promise<void> {
  await folder.write(file, `${await seal(value, 1)}\n`);
}
