/** @file tokenizer.json, the file of Hugging Face's tokenizers: texts as numbers of one length, as their library cuts and pads them. */
import { Tokenizer } from "@huggingface/tokenizers";
import { configError, dataError } from "../../core/errors.ts";
import { requireContent } from "./content.ts";

/** Texts as numbers. */
export interface Tokens {
  /** [texts, length], padded at the end. */
  readonly ids: Int32Array;
  /** [texts, length]: 1 for tokens of the text, 0 for padding. */
  readonly mask: Int32Array;
  /** Texts that were cut, by their position. */
  readonly cut: readonly number[];
}

/** A tokenizer. */
export interface TextTokenizer {
  /** Number of tokens: ids are below it. */
  readonly size: number;
  /** Id of the token that fills. */
  readonly padding: number;
  /** The ids of texts; special tokens stay when a text is cut. @throws ConfigError when `length` has no room for the special tokens. */
  encode(texts: readonly string[], length: number): Tokens;
}

/** Names of the token that fills, in files that do not say which it is. */
const PADDING = ["[PAD]", "<pad>", "<|endoftext|>"];

/** Reads tokenizer.json. @throws DataError for a file that is none. */
export function readTokenizer(bytes: Uint8Array, where = "tokenizer.json"): TextTokenizer {
  requireContent(bytes, where);
  const fault = (what: string) =>
    dataError(
      `${where}: ${what}. It must be the tokenizer.json of a "fast" tokenizer; in Python: tokenizer.save_pretrained(FOLDER).`,
      { where },
    );
  let file: { readonly model?: unknown; readonly padding?: { readonly pad_id?: unknown } | null };
  let tokenizer: Tokenizer;
  try {
    file = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw fault(`not JSON: ${(error as Error).message}`);
  }
  if (typeof file !== "object" || file === null || typeof file.model !== "object") throw fault("it has no model");
  try {
    tokenizer = new Tokenizer(file, {});
    tokenizer.encode("a");
  } catch (error) {
    throw fault(`it cannot be used: ${(error as Error).message.split("\n")[0]}`);
  }
  const named = PADDING.map((name) => tokenizer.token_to_id(name)).find((id) => id !== undefined);
  const stated = file.padding?.pad_id;
  const padding = typeof stated === "number" ? stated : (named ?? 0);
  const size = [...tokenizer.get_vocab(true).values()].reduce((most, id) => Math.max(most, id), -1) + 1;
  return { size, padding, encode: (texts, length) => encode(tokenizer, texts, length, padding, where) };
}

function encode(
  tokenizer: Tokenizer,
  texts: readonly string[],
  length: number,
  padding: number,
  where: string,
): Tokens {
  const special = tokenizer.encode("").ids.length;
  if (!Number.isInteger(length) || length <= special) {
    throw configError(
      `${where}: a length of ${length} has no room for a text beside ${special} special tokens; use ${special + 1} or more.`,
      { length },
    );
  }
  const ids = new Int32Array(texts.length * length).fill(padding);
  const mask = new Int32Array(ids.length);
  const cut: number[] = [];
  for (const [i, text] of texts.entries()) {
    const own = shortened(tokenizer, text, length);
    if (own.cut) cut.push(i);
    ids.set(own.ids, i * length);
    mask.fill(1, i * length, i * length + own.ids.length);
  }
  return { ids, mask, cut };
}

/** The ids of a text; of one that is too long the end of the text is left out, not the special tokens behind it. */
function shortened(tokenizer: Tokenizer, text: string, length: number): { ids: readonly number[]; cut: boolean } {
  const whole: readonly number[] = tokenizer.encode(text).ids;
  if (whole.length <= length) return { ids: whole, cut: false };
  const bare: readonly number[] = tokenizer.encode(text, { add_special_tokens: false }).ids;
  const special = whole.length - bare.length;
  let before = 0;
  while (before < special && !bare.every((id, i) => whole[before + i] === id)) before++;
  const ids = [...whole.slice(0, before + length - special), ...whole.slice(before + bare.length)];
  return { ids, cut: true };
}
