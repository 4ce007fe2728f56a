/** @file One array of a JSON file object by object, because such files are larger than the longest text of JavaScript. */
import { dataError } from "../core/errors.ts";
import { isRecord } from "../core/keys.ts";
import type { Source } from "./source.ts";

/** Bytes that are read at a time. */
const BLOCK = 2 ** 22;
const [QUOTE, BACKSLASH, OPEN, CLOSE, LIST, END] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The objects of the array under a key of the outer object, or of the outer array without a key.
 * @throws DataError for a file without that array, and for damaged JSON, with the byte.
 */
export async function* jsonObjects(
  source: Source,
  path: string,
  key?: string,
): AsyncGenerator<Record<string, unknown>> {
  const where = `${source.label}/${path}`;
  const size = await source.size(path);
  const reader = objectReader(where, key);
  for (let start = 0; start < size && !reader.ended(); start += BLOCK) {
    yield* reader.take(await source.range(path, start, BLOCK), start);
  }
  if (reader.ended()) return;
  const what = key === undefined ? "a list" : `a list "${key}"`;
  throw dataError(
    `${where}: ${reader.began() ? "the file ends within its list; copy or download it again" : `there is not ${what} in it`}.`,
    { where },
  );
}

interface ObjectReader {
  take(block: Uint8Array, start: number): Generator<Record<string, unknown>>;
  began(): boolean;
  ended(): boolean;
}

function objectReader(where: string, key: string | undefined): ObjectReader {
  const decoder = new TextDecoder();
  let [depth, inText, escaped, began, ended] = [0, false, false, false, false];
  /** Depth of the objects of the list. */
  const inner = key === undefined ? 1 : 2;
  /** Bytes of the object, or of the text, that is being read. */
  let kept: Uint8Array[] = [];
  let from = -1;
  let last = "";
  const keptText = (block: Uint8Array, to: number): string => {
    const text = [...kept, block.subarray(from, to)]
      .map((part, i, all) => decoder.decode(part, { stream: i < all.length - 1 }))
      .join("");
    kept = [];
    from = -1;
    return text;
  };
  return {
    began: () => began,
    ended: () => ended,
    *take(block, start) {
      if (from >= 0) from = 0;
      for (let i = 0; i < block.length && !ended; i++) {
        const byte = block[i]!;
        if (inText) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) {
            inText = false;
            if (!began) last = keptText(block, i);
          }
        } else if (byte === QUOTE) {
          inText = true;
          if (!began) from = i + 1;
        } else if (byte === OPEN || byte === LIST) {
          if (byte === LIST && depth === inner - 1 && !began && (key === undefined || last === key)) began = true;
          if (byte === OPEN && began && depth === inner) from = i;
          depth++;
        } else if (byte === CLOSE || byte === END) {
          depth--;
          if (began && byte === END && depth === inner - 1) ended = true;
          if (began && byte === CLOSE && depth === inner) yield parsed(keptText(block, i + 1), where, start + i);
        }
      }
      if (from >= 0) kept.push(block.slice(from));
    },
  };
}

function parsed(text: string, where: string, byte: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw dataError(`${where}: before byte ${byte}: not valid JSON (${(error as Error).message}).`, { where, byte });
  }
  if (isRecord(value)) return value;
  throw dataError(`${where}: before byte ${byte}: an object is needed.`, { where, byte });
}
