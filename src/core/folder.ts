/** @file The file system interface. The library reads and writes only through a Folder, so it works on a disk, in memory and over the web. */
import { type ByteSource, bytesInMemory } from "./bytes.ts";
import { runError } from "./errors.ts";

/** A folder with named files; names use `/` and cannot refer to files outside it. */
export interface Folder {
  /** Name of the folder in messages. */
  readonly label: string;
  /** The bytes of a file. @throws DmilError if the file does not exist. */
  read(path: string): Promise<Uint8Array>;
  /** A file that is read by ranges; a folder that has no such reading leaves it out. @throws DmilError if the file does not exist. */
  open?(path: string): Promise<ByteSource>;
  /** Replaces a file atomically: a reader sees the old bytes or the new ones, never a mixture. */
  write(path: string, bytes: Uint8Array | string): Promise<void>;
  /** Appends to a file, which is created if it does not exist. */
  append(path: string, text: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  remove(path: string): Promise<void>;
  /** All files below `under`, relative to the folder, sorted. */
  list(under?: string): Promise<string[]>;
}

/** A folder in memory. */
export function memoryFolder(label = "memory", files: Map<string, Uint8Array> = new Map()): Folder {
  const bytesOf = (content: Uint8Array | string): Uint8Array =>
    typeof content === "string" ? new TextEncoder().encode(content) : content.slice();
  return {
    label,
    async read(path) {
      const bytes = files.get(path);
      if (bytes === undefined) throw runError(`${label}: there is no file ${path}.`, { path });
      return bytes;
    },
    async write(path, content) {
      files.set(path, bytesOf(content));
    },
    async append(path, text) {
      const before = files.get(path) ?? new Uint8Array(0);
      const added = bytesOf(text);
      const joined = new Uint8Array(before.length + added.length);
      joined.set(before);
      joined.set(added, before.length);
      files.set(path, joined);
    },
    async exists(path) {
      return files.has(path);
    },
    async remove(path) {
      files.delete(path);
    },
    async list(under = "") {
      const prefix = under === "" ? "" : `${under}/`;
      return [...files.keys()].filter((path) => path.startsWith(prefix)).sort();
    },
  };
}

/** The files of a folder below `name`, as a folder of their own. */
export function subfolder(folder: Folder, name: string): Folder {
  const inside = (path: string): string => `${name}/${path}`;
  return {
    label: `${folder.label}/${name}`,
    read: (path) => folder.read(inside(path)),
    ...(folder.open !== undefined && { open: (path: string) => folder.open!(inside(path)) }),
    write: (path, bytes) => folder.write(inside(path), bytes),
    append: (path, text) => folder.append(inside(path), text),
    exists: (path) => folder.exists(inside(path)),
    remove: (path) => folder.remove(inside(path)),
    async list(under = "") {
      const paths = await folder.list(under === "" ? name : inside(under));
      return paths.map((path) => path.slice(name.length + 1));
    },
  };
}

/** A file of a folder; folders that read no ranges read the whole file. @throws DmilError if there is no such file. */
export async function openBytes(folder: Folder, path: string): Promise<ByteSource> {
  return folder.open === undefined
    ? bytesInMemory(await folder.read(path), `${folder.label}/${path}`)
    : folder.open(path);
}

/** The text of a UTF-8 file. */
export async function readText(folder: Pick<Folder, "read">, path: string): Promise<string> {
  return new TextDecoder().decode(await folder.read(path));
}
