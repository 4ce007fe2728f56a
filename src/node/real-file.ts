/** @file Files that others read by name: looked at first, so that one that is missing, empty or a pointer says so. */
import { open } from "node:fs/promises";
import * as path from "node:path";
import { explained } from "../core/system-errors.ts";
import { requireContent } from "../data/readers/content.ts";

/** @throws RunError for a file that is not there or not readable, DataError for an empty one and for a pointer of Git LFS. */
export async function requireReal(file: string): Promise<void> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(1024), 0, 1024, 0);
      requireContent(buffer.subarray(0, bytesRead), file);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw explained(path.dirname(file), "read", path.basename(file), cause);
  }
}
