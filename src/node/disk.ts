/** @file `disk`: a Folder for a directory. Files are replaced atomically, names cannot leave the folder, errors say what to do. */
import { createHash } from "node:crypto";
import { createReadStream, type Dirent } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { ByteSource } from "../core/bytes.ts";
import { configError, dataError, nearest, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { explained } from "../core/system-errors.ts";
import { asideOf, isAside, removeOldAsides } from "./asides.ts";

/** Prefix of the names of lock files (lock.ts); `list` omits them. */
export const LOCK = ".dmil-lock";

/** Maximum number of files for `list`; a data set or a run has far fewer, a home directory given by mistake has more. */
const MOST_FILES = 100_000;

/**
 * A directory as a Folder, created when the first file is written. A write goes to an aside file, which is flushed to the disk and then
 * renamed, so that no reader and no power failure sees an incomplete file. `label` names the folder in messages.
 * @throws (from its functions) DmilError for missing files, denied access and full disks, and for names that lead out of the folder.
 */
export function disk(directory: string, label: string = directory): Folder {
  if (directory === "") throw configError('disk(""): the path is empty; give a path, "." for the current folder.');
  const root = path.resolve(directory);

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

  /** Directories that were created and cleaned of old asides. */
  const prepared = new Set<string>();
  const prepare = async (place: string): Promise<void> => {
    await makeDirectory(place);
    if (prepared.has(place)) return;
    prepared.add(place);
    await removeOldAsides(place);
  };

  return {
    label,
    async read(name) {
      const file = place(name);
      return guarded("read", name, () => readWhole(file).catch((cause) => brokenLink(label, name, file, cause)));
    },
    async open(name) {
      const file = place(name);
      const opened = () => rangesOf(file, `${label}/${name}`);
      return guarded("read", name, () => opened().catch((cause) => brokenLink(label, name, file, cause)));
    },
    async write(name, content) {
      const file = place(name);
      await guarded("write", name, async () => {
        await prepare(path.dirname(file));
        await replaceWhole(file, content);
      });
    },
    async append(name, text) {
      const file = place(name);
      await guarded("append to", name, async () => {
        await prepare(path.dirname(file));
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

/**
 * Creates a directory and its missing parents. The recursive `mkdir` of Node does not end where the system reports an existing path as
 * missing, as below /proc.
 */
export async function makeDirectory(directory: string): Promise<void> {
  const missing: string[] = [];
  for (let at = path.resolve(directory); !(await isThere(at)); at = path.dirname(at)) missing.push(at);
  for (const own of missing.reverse()) {
    await fs.mkdir(own).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EEXIST") throw cause; // another process was quicker
    });
  }
}

async function isThere(place: string): Promise<boolean> {
  try {
    await fs.stat(place);
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if ((code === "ENOENT" || code === "ENOTDIR") && path.dirname(place) !== place) return false;
    throw cause;
  }
}

/**
 * Lets `fill` write into an aside folder within a directory, and then moves its contents into the directory, replacing files with the
 * same names. If `fill` fails, the directory is unchanged.
 */
export async function replaceFolder(directory: string, fill: (aside: Folder) => Promise<void>): Promise<void> {
  const wasThere = await isDirectory(directory);
  const aside = asideOf(path.join(directory, "new"));
  try {
    await fill(disk(aside, directory));
    await removeOldAsides(directory);
    for (const name of await fs.readdir(aside)) {
      await fs.rm(path.join(directory, name), { recursive: true, force: true });
      await fs.rename(path.join(aside, name), path.join(directory, name));
    }
  } catch (cause) {
    await fs.rm(aside, { recursive: true, force: true }).catch(() => {});
    if (!wasThere) await fs.rmdir(directory).catch(() => {});
    throw explained(directory, "write", ".", cause);
  }
  await fs.rmdir(aside);
}

/** Whether a directory exists. */
export async function isDirectory(directory: string): Promise<boolean> {
  return (await fs.stat(directory).catch(() => undefined))?.isDirectory() ?? false;
}

function isAbsolute(name: string): boolean {
  return path.isAbsolute(name) || path.win32.isAbsolute(name) || /^[a-z]:/i.test(name);
}

/** @throws RunError about a link to a file that does not exist, else what was thrown. */
async function brokenLink(label: string, name: string, file: string, cause: unknown): Promise<never> {
  const target = await fs.readlink(file).catch(() => undefined);
  if (target === undefined || (cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
  throw runError(
    `${label}: ${name} is a link to ${target}, which does not exist. Restore or mount the target, or remove the link.`,
    { path: name, target },
  );
}

/** A file that is read by ranges. It is opened for each of them, so that nothing has to be closed. */
async function rangesOf(file: string, label: string): Promise<ByteSource> {
  const { size } = await fs.stat(file);
  await fs.access(file, fs.constants.R_OK);
  if (!(await isFile(file))) throw runError(`${label} is not a file; give the path of a file.`, { path: file });
  const changed = (what: string): Error => new Error(`the file has changed while it was read: ${what}`);
  return {
    label,
    size,
    async read(start, end) {
      const handle = await fs.open(file, "r").catch((cause) => {
        throw explained(label, "read", path.basename(file), cause);
      });
      try {
        const bytes = new Uint8Array(end - start);
        for (let at = 0; at < bytes.length; ) {
          const { bytesRead } = await handle.read(bytes, at, Math.min(bytes.length - at, 2 ** 30), start + at);
          if (bytesRead === 0) throw changed(`it ends at byte ${start + at}, not ${size}`);
          at += bytesRead;
        }
        return bytes;
      } catch (cause) {
        throw explained(label, "read", path.basename(file), cause);
      } finally {
        await handle.close();
      }
    },
    async hash() {
      const hash = createHash("sha256");
      for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
      return hash.digest("hex");
    },
  };
}

/** Reads a file in parts, because one system call reads at most 2 GiB. */
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
  const aside = asideOf(file);
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

/** Flushes the rename to the disk; ignored on systems that cannot open a directory. */
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

/** @throws DataError if the folder is missing or a file; the message suggests the most similar name beside it. */
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

/** Collects the files below a directory and follows links; `above` holds the real paths of parents, so that a cycle of links ends. */
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
    if (isAside(entry.name)) continue;
    const name = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    const kind = await kindOf(entry, path.join(directory, entry.name));
    if (kind === "directory") await walk(path.join(directory, entry.name), name, [...above, real], found, label);
    // A broken link is listed, so that reading it reports the problem.
    if ((kind === "file" || kind === "broken link") && !entry.name.startsWith(LOCK)) found.push(name);
    if (found.length > MOST_FILES) {
      throw dataError(`${label} contains more than ${MOST_FILES} files; give the folder of one data set or one run.`);
    }
  }
}

async function kindOf(entry: Dirent, full: string): Promise<"file" | "directory" | "broken link" | undefined> {
  const stats = entry.isSymbolicLink() ? await fs.stat(full).catch(() => undefined) : entry;
  if (stats === undefined) return "broken link";
  return stats?.isFile() ? "file" : stats?.isDirectory() ? "directory" : undefined;
}
