/** @file Files that can be made again: kept with a checksum, and made again, aloud, where one was cut or damaged. */
import { DmilError } from "../core/errors.ts";
import { type Folder, readText } from "../core/folder.ts";
import { seal, unseal } from "./sealed.ts";

/** What a file holds; undefined when it is to be made: it is not there, or not as it was written, which `tell` is told. */
export async function readDerived<T>(
  folder: Pick<Folder, "label" | "exists" | "read">,
  file: string,
  tell: (text: string) => void,
): Promise<T | undefined> {
  if (!(await folder.exists(file))) return undefined;
  try {
    const sealed = { where: `${folder.label}/${file}`, advice: "It is made again." };
    return (await unseal(await readText(folder, file), sealed)) as T;
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
