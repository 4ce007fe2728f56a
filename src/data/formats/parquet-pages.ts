/**
 * @file Validates the pages of a Parquet column before the library unpacks them: it trusts every count, so a damaged one would exhaust
 * the memory or never end. Declared sizes must fit in the file, and runs must contain as many values as there are rows.
 */
import { type ColumnMetaData, snappyUncompress } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";

/** Maximum expansion of a snappy page. */
const MOST_GROWTH = 32;
/** Packed values come in groups of eight. */
const FILLING = 7;
const DICTIONARY = ["PLAIN_DICTIONARY", "RLE_DICTIONARY"];

/** @throws Error for a column of a row group whose pages declare impossible sizes. */
export function requirePages(file: ArrayBuffer, chunk: ColumnMetaData, rows: number, optional: boolean): void {
  const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
  const end = start + Number(chunk.total_compressed_size);
  if (!(start >= 0 && start <= end && end <= file.byteLength)) throw new Error("a column lies outside of the file");
  const reader = { view: new DataView(file, start, end - start), offset: 0 };
  let values = 0;
  while (values < rows) {
    const header = parquetHeader(reader);
    const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: words } = header;
    const count = first?.num_values ?? second?.num_rows ?? words?.num_values ?? 0;
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    const fits = packed >= 0 && reader.offset + packed <= end - start && unpacked >= 0 && count >= 0 && count <= rows;
    if (!fits || unpacked > MOST_GROWTH * (packed + 32)) throw new Error("a page declares more than there is");
    const bytes = new Uint8Array(file, start + reader.offset, packed);
    reader.offset += packed;
    if (first === undefined && second === undefined) continue;
    values += count;
    if (second !== undefined && second.num_values !== count) throw new Error("a flat column has lists");
    // The second form packs values alone, and keeps levels, which say where a value is missing, apart from them.
    const levels = second?.definition_levels_byte_length ?? 0;
    if (!(levels >= 0 && levels <= packed)) throw new Error("a page declares more than there is");
    const isPacked = chunk.codec === "SNAPPY" && second?.is_compressed !== false;
    const page = isPacked ? unpackedOf(bytes.subarray(levels), unpacked - levels) : bytes.subarray(levels);
    const encoding = (first ?? second)!.encoding;
    if (second !== undefined) requireRuns(bytes.subarray(0, levels), 1, levels === 0 ? 0 : count);
    const from = first !== undefined && optional ? levelsEnd(page, count) : 0;
    requireValues(page.subarray(from), encoding, count);
  }
  if (values !== rows) throw new Error(`a column has ${values} values for ${rows} rows`);
}

function unpackedOf(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(Math.max(0, length));
  if (out.length > 0) snappyUncompress(bytes, out);
  return out;
}

/** Where the levels end that a page of the first form begins with: their length, then their runs. */
function levelsEnd(page: Uint8Array, count: number): number {
  const end = lengthAt(page);
  requireRuns(page.subarray(4, end), 1, count);
  return end;
}

/** Where a block ends that begins with its length. */
function lengthAt(page: Uint8Array): number {
  if (page.length < 4) throw new Error("a page ends too early");
  const end = 4 + new DataView(page.buffer, page.byteOffset).getUint32(0, true);
  if (end > page.length) throw new Error("a page declares more than there is");
  return end;
}

/** Values in runs; in other encodings each value has bytes of its own, which end. */
function requireValues(values: Uint8Array, encoding: string, count: number): void {
  if (DICTIONARY.includes(encoding)) {
    const width = values[0] ?? 0;
    if (width > 32) throw new Error(`positions of ${width} bits`);
    if (width > 0) requireRuns(values.subarray(1), width, count, true);
  } else if (encoding === "RLE") requireRuns(values.subarray(4, lengthAt(values)), 1, count, true);
  else if (encoding !== "PLAIN" && encoding !== "BYTE_STREAM_SPLIT")
    throw new Error(`values are encoded as ${encoding}`);
}

/** Runs hold `count` values, or no more where some may be missing. */
function requireRuns(bytes: Uint8Array, width: number, count: number, orFewer = false): void {
  let at = 0;
  let seen = 0;
  while (at < bytes.length && seen < count) {
    let head = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) throw new Error("a run has no length");
      head += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const length = head % 2 === 1 ? 8 * Math.floor(head / 2) : head / 2;
    if (length === 0 || seen + length > count + FILLING) throw new Error("a run is longer than its column");
    at += head % 2 === 1 ? (length / 8) * width : Math.ceil(width / 8);
    seen += length;
  }
  if (!orFewer && seen < count) throw new Error("runs end before their column");
}
