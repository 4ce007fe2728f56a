/** @file Tables with pictures and sound on disk: Parquet, and Arrow as the library `datasets` caches it. */
import { open } from "node:fs/promises";
import { dataError } from "../core/errors.ts";
import { type MediaRow, type MediaTable, openMediaTable, rowOf } from "../data/readers/media-table.ts";
import { requirePackage } from "./optional.ts";
import { requireReal } from "./real-file.ts";

/** Opens a Parquet file for as long as `use` takes; only what is asked for is read. @throws as openMediaTable, and RunError when it cannot be opened. */
export async function withParquet<T>(file: string, use: (table: MediaTable) => T | Promise<T>): Promise<T> {
  await requireReal(file);
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const slice = async (start: number, end: number = size): Promise<ArrayBuffer> => {
      const part = new ArrayBuffer(Math.max(0, Math.min(end, size) - start));
      const view = new Uint8Array(part);
      for (let at = 0; at < part.byteLength; ) {
        const { bytesRead } = await handle.read(view, at, part.byteLength - at, start + at);
        if (bytesRead === 0) throw dataError(`${file}: it became shorter while it was read. Try again.`, { file });
        at += bytesRead;
      }
      return part;
    };
    return await use(await openMediaTable({ byteLength: size, slice }, file));
  } finally {
    await handle.close();
  }
}

/** The rows of an Arrow file or stream, a batch after the other. @throws RunError when apache-arrow is not installed, DataError for a damaged file. */
export async function* arrowRows(file: string): AsyncGenerator<MediaRow[]> {
  await requireReal(file);
  const { RecordBatchReader } = await requirePackage("apache-arrow", `${file}: reading Arrow`);
  const handle = await open(file);
  try {
    const reader = await RecordBatchReader.from(handle);
    for await (const batch of await reader.open()) {
      const rows: MediaRow[] = [];
      for (let i = 0; i < batch.numRows; i++) rows.push(rowOf(plain(batch.get(i)) as Record<string, unknown>));
      yield rows;
    }
  } catch (cause) {
    throw dataError(
      `${file}: not an Arrow file that can be read: ${(cause as Error).message.split("\n")[0]}. Copy or download it again.`,
      { file },
    );
  } finally {
    await handle.close().catch(() => undefined); // the reader closes it at the end of a stream
  }
}

/** Records and lists of the library as objects and arrays; bytes stay bytes. */
function plain(value: unknown): unknown {
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(plain);
  const { toJSON } = value as { toJSON?: () => unknown };
  const parts = typeof toJSON === "function" ? toJSON.call(value) : value;
  if (Array.isArray(parts) || ArrayBuffer.isView(parts)) return plain(parts);
  return Object.fromEntries(Object.entries(parts as object).map(([name, part]) => [name, plain(part)]));
}
