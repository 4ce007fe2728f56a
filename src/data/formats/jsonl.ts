/** @file .jsonl: one object per line, all with the same keys. Bytes in, columns out, no disk. */
import { dataError, listing } from "../../core/errors.ts";
import { isRecord } from "../../core/keys.ts";
import type { TypedColumns } from "./parquet.ts";

/** Reads JSON lines; null is a missing value. @throws DataError for a line that is not an object, and objects with different keys. */
export function readJsonl(bytes: Uint8Array, where = "jsonl"): TypedColumns {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw dataError(`${where}: not text in UTF-8.`, { where });
  }
  const columns = new Map<string, (number | string | undefined)[]>();
  let count = 0;
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const row = objectOf(line, `${where}: line ${i + 1}`);
    const keys = Object.keys(row);
    if (count === 0) for (const key of keys) columns.set(key, []);
    const odd = keys.find((key) => !columns.has(key)) ?? [...columns.keys()].find((key) => !Object.hasOwn(row, key));
    if (odd !== undefined) {
      throw dataError(
        `${where}: line ${i + 1}: the key ${JSON.stringify(odd.slice(0, 60))} is not in every line; all need the same keys, null where there is no value. Keys of the first: ${listing([...columns.keys()])}.`,
        { where, line: i + 1 },
      );
    }
    for (const [key, value] of Object.entries(row)) {
      if (typeof value === "object" && value !== null) {
        throw dataError(
          `${where}: line ${i + 1}: ${JSON.stringify(key)} holds a list or an object; a number or a text is needed.`,
          { where, line: i + 1 },
        );
      }
      columns.get(key)!.push(value === null ? undefined : typeof value === "number" ? value : String(value));
    }
    count++;
  }
  return columns;
}

function objectOf(line: string, place: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw dataError(`${place}: not JSON: ${(cause as Error).message.split("\n")[0]}.`);
  }
  if (isRecord(value)) return value;
  throw dataError(`${place}: holds no object; a line is one sample, as in {"p_audio_happy": 0.2, ...}.`);
}
