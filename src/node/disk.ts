/** @file disk: a Folder over a directory. Files are replaced whole, names stay inside, errors say what to do. */
import { randomBytes } from "node:crypto";
import type { Dirent } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { DmilError, dataError, nearest, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";

/** A file being written, until it is whole: `.<name>.<12 hex digits>.aside` beside its place. */
const ASIDE = /^\..+\.[0-9a-f]{12}\.aside$/;

/** Begins the names of a folder's lock and of what belongs to it (lock.ts): nobody's content, so `list` leaves them out. */
export const LOCK = ".dmil-lock";

/** `list` stops here: a data set or a run has far fewer files, a home directory by mistake has more. */
const MOST_FILES = 100_000;

/**
 * A directory as a Folder; it is made when the first file is written. A write goes to an aside file, which is flushed to the
 * disk and then renamed, so that neither a reader nor a power cut ever meets half a file.
 * @throws (from its functions) DmilError for missing, denied and full places, and for names that lead out of the folder.
 */
export function disk(directory: string): Folder {
  const root = path.resolve(directory);
  const label = directory;

  const place = (name: string): string => {
    const parts = name.split("/");
    if (name.includes("\0") || parts.some((part) => part === "" || part === "." || part === "..") || isAbsolute(name)) {
      throw runError(
        `${label}: the name "${name.replaceAll("\0", "\\0")}" is not a file name below this folder; give a relative name without . or .. in it.`,
        { path: name },
      );
    }
    return path.join(root, ...parts);
  };
  const guarded = async <T>(act: string, name: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw explained(label, act, name, cause);
    }
  };

  return {
    label,
    async read(name) {
      const file = place(name);
      return guarded("read", name, () => readWhole(file));
    },
    async write(name, content) {
      const file = place(name);
      await guarded("write", name, async () => {
        await makeDirectory(path.dirname(file));
        await replaceWhole(file, content);
      });
    },
    async append(name, text) {
      const file = place(name);
      await guarded("append to", name, async () => {
        await makeDirectory(path.dirname(file));
        await fs.appendFile(file, text);
      });
    },
    async exists(name) {
      const file = place(name);
      return guarded("look at", name, () => isFile(file));
    },
    async remove(name) {
      const file = place(name);
      await guarded("remove", name, () => fs.rm(file, { force: true }));
    },
    async list(under = "") {
      const start = under === "" ? root : place(under);
      if (under === "") await requireDirectory(root, label);
      const found: string[] = [];
      await guarded("list", under === "" ? "." : under, () => walk(start, under, [], found, label));
      return found.sort();
    },
  };
}

/** Removes what an interrupted write left behind anywhere in a directory. For folders that nobody else writes to. */
export async function removeAsides(directory: string): Promise<void> {
  const names = await fs.readdir(directory, { recursive: true }).catch(() => []);
  for (const name of names) {
    if (ASIDE.test(path.basename(name))) await fs.rm(path.join(directory, name), { force: true });
  }
}

/** Makes a directory and what is missing above it. */
export async function makeDirectory(directory: string): Promise<void> {
  await fs.mkdir(directory, { recursive: true });
}

/** Is there a directory of that name? */
export async function isDirectory(directory: string): Promise<boolean> {
  return (await fs.stat(directory).catch(() => undefined))?.isDirectory() ?? false;
}

function isAbsolute(name: string): boolean {
  return path.isAbsolute(name) || path.win32.isAbsolute(name) || /^[a-z]:/i.test(name);
}

/** In pieces: one call of the system reads at most 2 GiB. */
async function readWhole(file: string): Promise<Uint8Array> {
  const handle = await fs.open(file, "r");
  try {
    const { size } = await handle.stat();
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const { bytesRead } = await handle.read(bytes, at, Math.min(size - at, 2 ** 30), at);
      if (bytesRead === 0) throw new Error(`it shrank from ${size} to ${at} bytes while it was read`);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

async function replaceWhole(file: string, content: Uint8Array | string): Promise<void> {
  const aside = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString("hex")}.aside`);
  try {
    const handle = await fs.open(aside, "wx");
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(aside, file);
  } catch (cause) {
    await fs.rm(aside, { force: true }).catch(() => {});
    throw cause;
  }
  await syncDirectory(path.dirname(file));
}

/** Makes the new name itself durable; some systems cannot open a directory, and there the rename has to do. */
async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await fs.open(directory, "r");
    await handle.sync().finally(() => handle.close());
  } catch {
    return;
  }
}

async function isFile(file: string): Promise<boolean> {
  try {
    return (await fs.stat(file)).isFile();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw cause;
  }
}

/** @throws DataError when the folder itself is missing or a file, with the nearest name beside it. */
async function requireDirectory(root: string, label: string): Promise<void> {
  const stats = await fs.stat(root).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOENT" && cause.code !== "ENOTDIR") throw explained(label, "list", ".", cause);
    return undefined;
  });
  if (stats?.isDirectory()) return;
  if (stats !== undefined) {
    throw dataError(`${label} is a file, not a folder; give the folder that holds it (${path.dirname(label)}).`, {
      path: label,
    });
  }
  const beside = await fs.readdir(path.dirname(root)).catch(() => []);
  const near = nearest(path.basename(root), beside);
  const meant = near === undefined ? "" : ` Did you mean ${path.join(path.dirname(label), near)}?`;
  throw dataError(`there is no folder ${label} (in ${path.dirname(root)}).${meant}`, { path: label });
}

/** Files below a directory, links followed; `above` holds the real paths on the way down, so that a circle of links ends. */
async function walk(
  directory: string,
  prefix: string,
  above: readonly string[],
  found: string[],
  label: string,
): Promise<void> {
  const real = await fs.realpath(directory).catch(() => undefined);
  if (real === undefined || above.includes(real)) return;
  for (const entry of await fs.readdir(directory, { withFileTypes: true })) {
    const name = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    const kind = await kindOf(entry, path.join(directory, entry.name));
    if (kind === "directory") await walk(path.join(directory, entry.name), name, [...above, real], found, label);
    if (kind === "file" && !ASIDE.test(entry.name) && !entry.name.startsWith(LOCK)) found.push(name);
    if (found.length > MOST_FILES) {
      throw dataError(`${label} holds more than ${MOST_FILES} files; give the folder of one data set or one run.`);
    }
  }
}

async function kindOf(entry: Dirent, full: string): Promise<"file" | "directory" | undefined> {
  const stats = entry.isSymbolicLink() ? await fs.stat(full).catch(() => undefined) : entry;
  return stats?.isFile() ? "file" : stats?.isDirectory() ? "directory" : undefined;
}

/** What each code of the system means, and what to do about it. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied. Change its permissions, or choose another place.",
  EPERM: "the system does not permit it. Change its permissions, or choose another place.",
  EROFS: "the file system is read-only. Choose another place.",
  ENOSPC: "no space is left on the device. Free some, then go on.",
  EDQUOT: "the disk quota is used up. Free some space, then go on.",
  EISDIR: "it is a folder, not a file.",
  ERR_FS_EISDIR: "it is a folder, not a file.",
  ENOTDIR: "a part of its path is a file, not a folder.",
  EEXIST: "a part of its path is a file, not a folder.",
  EMFILE: "too many files are open in this process.",
  ENAMETOOLONG: "its name is too long for the file system.",
};

/** An error of the system in our words. */
export function explained(label: string, act: string, name: string, cause: unknown): DmilError {
  if (cause instanceof DmilError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const fields = { path: name, ...(code !== undefined && { system: code }) };
  if (code === "ENOENT") return runError(`${label}: there is no file ${name}.`, fields);
  if (cause instanceof RangeError) return runError(`${label}: ${name} does not fit into memory (${message}).`, fields);
  const reason = REASONS[code ?? ""] ?? `${message}.`;
  return runError(`${label}: cannot ${act} ${name}: ${reason}`, fields);
}
