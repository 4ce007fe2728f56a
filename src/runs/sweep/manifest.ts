/** @file The files of a sweep: its head, and a line for each run that ended. */
import { runError } from "../../core/errors.ts";
import { type Folder, readText } from "../../core/folder.ts";
import { type SweepEntry, type SweepHead, sweepFiles } from "./entry.ts";

/** How a sweep was made; undefined where the folder holds none. @throws RunError for a file that is no such head. */
export async function readHead(folder: Folder): Promise<SweepHead | undefined> {
  if (!(await folder.exists(sweepFiles.head))) return undefined;
  const where = `${folder.label}/${sweepFiles.head}`;
  const value = parsed(await readText(folder, sweepFiles.head));
  if ((value as Partial<SweepHead> | undefined)?.format === "dmil-sweep-1") return value as SweepHead;
  throw runError(`${where}: not the head of a sweep. Give another --out, or remove the folder.`, { where });
}

export async function writeHead(folder: Folder, head: SweepHead): Promise<void> {
  await folder.write(sweepFiles.head, `${JSON.stringify(head, undefined, 2)}\n`);
}

/** The lines of a sweep by id; of several with one id the last. What a killed process left of a last line does not count. */
export async function readEntries(folder: Folder): Promise<Map<string, SweepEntry>> {
  const entries = new Map<string, SweepEntry>();
  if (!(await folder.exists(sweepFiles.manifest))) return entries;
  const lines = (await readText(folder, sweepFiles.manifest)).split("\n");
  lines.forEach((line, i) => {
    if (line === "") return;
    const entry = parsed(line) as SweepEntry | undefined;
    if (entry !== undefined) entries.set(entry.id, entry);
    else if (i < lines.length - 1) {
      const where = `${folder.label}/${sweepFiles.manifest}:${i + 1}`;
      throw runError(`${where}: not a line of JSON. Remove the line; its run is then done again.`, { where });
    }
  });
  return entries;
}

/** Writes the lines anew, without those that later ones replace. */
export async function rewriteEntries(folder: Folder, entries: Iterable<SweepEntry>): Promise<void> {
  await folder.write(sweepFiles.manifest, [...entries].map(lineOf).join(""));
}

export async function appendEntry(folder: Folder, entry: SweepEntry): Promise<void> {
  await folder.append(sweepFiles.manifest, lineOf(entry));
}

function lineOf(entry: SweepEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
