/** @file Vectors of words as text, a word a line: GloVe, fastText and word2vec's text form. The file is streamed; only needed words are kept. */
import { type DmilError, dataError } from "../../core/errors.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { text } from "./content.ts";

/** Vectors of the words that were asked for and found. */
export interface WordVectors {
  /** In the order of the file; a word that the file has twice counts once, the first time. */
  readonly words: readonly string[];
  /** [words, width] */
  readonly vectors: Tensor<"float32">;
  /** Words that are not in the file, in the order in which they were asked for. */
  readonly missing: readonly string[];
}

const SPACE = 0x20;
const BREAK = 0x0a;
/** How zip and gzip files begin. */
const PACKED = ["PK", "\x1f\x8b"];
/** Longest line: 300 numbers take 3 kB. */
const LONGEST_LINE = 2 ** 20;

/**
 * Reads the vectors of `words`. The last `width` fields of a line are numbers, and the rest is the word, which may contain blanks.
 * @throws DataError for lines of another form, with their number.
 */
export async function readWordVectors(
  chunks: AsyncIterable<Uint8Array>,
  words: Iterable<string>,
  width: number,
  where = "vectors",
): Promise<WordVectors> {
  const wanted = new Set(words);
  const found = new Map<string, Float32Array>();
  const decoder = new TextDecoder();
  let number = 0;
  const fault = (what: string, advice: string): DmilError =>
    dataError(`${where}: line ${number}: ${what}. ${advice}`, { where, line: number });
  const take = (line: Uint8Array): void => {
    number++;
    if (number === 1 && PACKED.includes(text(line, 0, 2))) throw fault("the file is packed", "Unpack it first.");
    const end = endOf(line);
    if (end === 0 || (number === 1 && /^\d+ \d+$/.test(decoder.decode(line.subarray(0, Math.min(end, 40)))))) return; // nothing, or word2vec's head
    const start = startOfNumbers(line, end, width);
    if (start < 0) {
      throw fault(`fewer than a word and ${width} numbers`, "State the width of the vectors, or copy the file again.");
    }
    const word = decoder.decode(line.subarray(0, start - 1));
    if (!wanted.has(word) || found.has(word)) return;
    const vector = Float32Array.from(decoder.decode(line.subarray(start, end)).split(" "), Number);
    if (vector.length !== width || !vector.every(Number.isFinite)) {
      throw fault(
        `${width} numbers are needed after ${JSON.stringify(word)}`,
        "State the width of the vectors, or copy the file again.",
      );
    }
    found.set(word, vector);
  };
  for await (const line of linesOf(chunks, () => fault("it is too long", "This is not a text file of vectors.")))
    take(line);
  if (number === 0) throw dataError(`${where}: the file is empty. Copy or download it again.`, { where });
  const vectors = new Float32Array(found.size * width);
  [...found.values()].forEach((vector, i) => void vectors.set(vector, i * width));
  return {
    words: [...found.keys()],
    vectors: float32([found.size, width], vectors),
    missing: [...wanted].filter((word) => !found.has(word)),
  };
}

/** The lines of chunks, without their breaks; they share the memory of the chunks. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>, tooLong: () => DmilError): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(BREAK); end >= 0; end = chunk.indexOf(BREAK, start)) {
      const line = chunk.subarray(start, end);
      yield rest.length === 0 ? line : joined(rest, line);
      rest = new Uint8Array(0);
      start = end + 1;
    }
    rest = joined(rest, chunk.subarray(start));
    if (rest.length > LONGEST_LINE) throw tooLong();
  }
  if (rest.length > 0) yield rest;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Where a line ends without blanks and carriage return. */
function endOf(line: Uint8Array): number {
  let end = line.length;
  while (end > 0 && (line[end - 1] === SPACE || line[end - 1] === 0x0d)) end--;
  return end;
}

/** Where the last `width` fields begin; below 0 when there are fewer, or nothing before them. */
function startOfNumbers(line: Uint8Array, end: number, width: number): number {
  let at = end;
  for (let field = 0; field < width && at > 0; field++) at = line.lastIndexOf(SPACE, at - 1);
  return at > 0 ? at + 1 : -1;
}
