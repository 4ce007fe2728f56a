/** @file Where prepared data is written: a Folder that also writes files larger than memory. */
import type { Folder } from "../core/folder.ts";

/** A file that is written in parts and appears under its name when it is closed. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>;
  /** Puts the file in its place. */
  close(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** A folder with files written in parts. */
export interface Store extends Folder {
  create(path: string): Promise<Sink>;
}

/** The folder of what is not finished, within the one that is prepared. */
export const WORK = ".prepare";
