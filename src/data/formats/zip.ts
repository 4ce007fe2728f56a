/**
 * @file The part of ZIP that .npz and PyTorch need: list the entries by the central directory, unpack one at a time.
 *
 * Archives are not trusted: sizes are limited before memory is allocated, unpacking stops at the declared size, and length and CRC-32
 * must match. Not read: encryption, several disks; ZIP64 (entries above 4 GiB) only by ranges.
 */
import { Inflate } from "fflate";
import type { ByteSource } from "../../core/bytes.ts";
import { DmilError, dataError } from "../../core/errors.ts";

/** Limits of an archive. */
export interface ZipLimits {
  readonly maxEntries: number;
  /** Maximum bytes of all entries together, unpacked. */
  readonly maxBytes: number;
  /** All entries together may unpack to `freeBytes`, and beyond that to `maxRatio` times the size of the archive. */
  readonly maxRatio: number;
  readonly freeBytes: number;
}

/**
 * Room for real files: measurements pack by less than 20 to 1, padded sequences and modalities that mostly lack by 10 to 20, texts as sparse
 * weights (1 % are not 0) by 60. Counts and one-hot rows reach 200 to 900, zeros 1000, as a bomb does; those fit into the free bytes.
 */
export const ZIP_LIMITS: ZipLimits = { maxEntries: 4096, maxBytes: 2 ** 31 - 1, maxRatio: 100, freeBytes: 2 ** 28 };

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where the packed bytes begin. */
  readonly start: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** The maximum compression of deflate: 258 bytes in 2 bits. */
const DEFLATE_BOUND = 1032;

/** The entries of an archive, sizes and positions checked. @throws DataError when it is damaged, hostile or too large. */
export function listZip(bytes: Uint8Array, where: string, limits: ZipLimits = ZIP_LIMITS): ZipEntry[] {
  const view = viewOf(bytes);
  const damaged = (what: string): DmilError =>
    dataError(`${where}: damaged archive: ${what}. Write the file again with numpy.savez.`, { where });
  const end = findEnd(view);
  if (end < 0) throw damaged("it has no end record, so it is cut off or not a zip file");
  const { count, size, start } = endRecord(view, end, damaged);
  if (start + size !== end) {
    throw damaged("its directory is not where it says (ZIP64, above 4 GiB or 65535 entries, is not read)");
  }
  const archive = { where, damaged, limits, length: bytes.length, directory: start };
  const records = directoryRecords(bytes.subarray(start, end), count, archive);
  const entries = records.map(({ local, ...record }) => ({
    ...record,
    start: local + dataOffset(bytes.subarray(local, local + 30), record.name, damaged),
  }));
  rejectOverlaps(entries, archive);
  return entries;
}

/** What the checks of an archive need. */
interface Archive {
  readonly where: string;
  readonly damaged: (what: string) => DmilError;
  readonly limits: ZipLimits;
  /** Bytes of the whole file. */
  readonly length: number;
  /** Where the directory begins. */
  readonly directory: number;
}

/** An entry as the directory has it; `local` is where its own header begins. */
type DirectoryRecord = Omit<ZipEntry, "start"> & { readonly local: number };

/** The directory by the record at the end of the file. */
function endRecord(view: DataView, end: number, damaged: Archive["damaged"]) {
  const count = view.getUint16(end + 10, true);
  if (view.getUint16(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count) throw damaged("it spans disks");
  return { count, size: view.getUint32(end + 12, true), start: view.getUint32(end + 16, true) };
}

/** The records of a directory, which must fill it. */
function directoryRecords(bytes: Uint8Array, count: number, archive: Archive): DirectoryRecord[] {
  const { where, damaged, limits } = archive;
  const view = viewOf(bytes);
  if (count > limits.maxEntries) {
    throw dataError(`${where}: ${count} entries; at most ${limits.maxEntries} are read.`, { where, count });
  }
  const records: DirectoryRecord[] = [];
  const names = new Set<string>();
  let total = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== CENTRAL)
      throw damaged(`directory record ${i} is broken`);
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const crc = view.getUint32(at + 16, true);
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > bytes.length) throw damaged(`directory record ${i} is cut off`);
    const { size, packedSize, local } = placeOf(view, at, at + 46 + nameLength, extraLength);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    at = next;
    if (name.endsWith("/") && size === 0) continue; // a folder
    const label = `${where}: entry ${JSON.stringify(name)}`;
    if (names.has(name)) throw dataError(`${label} occurs twice; every array needs its own name.`, { where, name });
    names.add(name);
    if ((flags & 1) !== 0) throw dataError(`${label} is encrypted; write it without a password.`, { where, name });
    if (method !== 0 && method !== 8) {
      throw dataError(`${label} is packed by method ${method}; read are stored (0) and deflate (8).`, { where, name });
    }
    total += size;
    checkSizes({ label, size, packedSize, deflated: method === 8, total }, limits);
    records.push({ name, deflated: method === 8, crc, packedSize, size, local });
  }
  if (at !== bytes.length) throw damaged("there are unknown bytes in its directory");
  if (total > limits.freeBytes + limits.maxRatio * archive.length) {
    throw dataError(
      `${where}: its entries declare ${total} bytes from an archive of ${archive.length}, more than ${limits.maxRatio} to 1, as a zip bomb does. If you trust it, save the arrays as single .npy files.`,
      { where, total, packed: archive.length },
    );
  }
  return records;
}

/** Sizes and position of an entry; those that do not fit into 32 bits are in a field of ZIP64 (header 1), in this order. */
function placeOf(view: DataView, at: number, extra: number, extraLength: number) {
  const wide: number[] = [];
  for (let field = extra; field + 4 <= extra + extraLength; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== 1) continue;
    const end = Math.min(field + 4 + view.getUint16(field + 2, true), extra + extraLength);
    for (let i = field + 4; i + 8 <= end; i += 8) wide.push(Number(view.getBigUint64(i, true)));
  }
  const whole = (value: number): number => (value === 0xffffffff ? (wide.shift() ?? value) : value);
  const size = whole(view.getUint32(at + 24, true));
  const packedSize = whole(view.getUint32(at + 20, true));
  return { size, packedSize, local: whole(view.getUint32(at + 42, true)) };
}

const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;

/**
 * The entries of an archive that is read by ranges, ZIP64 included, as PyTorch writes it. `advice` ends messages about damage.
 * @throws as `listZip`.
 */
export async function listZipRanges(
  source: ByteSource,
  advice: string,
  limits: ZipLimits = ZIP_LIMITS,
): Promise<ZipEntry[]> {
  const { label: where, size: length } = source;
  const damaged = (what: string): DmilError => dataError(`${where}: damaged archive: ${what}. ${advice}`, { where });
  const tailStart = Math.max(0, length - 22 - 65535 - 20);
  const tail = viewOf(await source.read(tailStart, length));
  const end = findEnd(tail);
  if (end < 0) throw damaged("it has no end record, so it is cut off or not a zip file");
  let { count, size, start } = endRecord(tail, end, damaged);
  if (end >= 20 && tail.getUint32(end - 20, true) === LOCATOR_64) {
    const at = Number(tail.getBigUint64(end - 12, true));
    if (at + 56 > length) throw damaged("its end record is not where it says");
    const wide = viewOf(await source.read(at, at + 56));
    if (wide.getUint32(0, true) !== END_64) throw damaged("its end record is not where it says");
    [count, size, start] = [32, 40, 48].map((field) => Number(wide.getBigUint64(field, true))) as [
      number,
      number,
      number,
    ];
  }
  if (start + size > tailStart + end) throw damaged("its directory is not where it says");
  const archive = { where, damaged, limits, length, directory: start };
  const entries: ZipEntry[] = [];
  for (const { local, ...record } of directoryRecords(await source.read(start, start + size), count, archive)) {
    if (local + 30 > length)
      throw damaged(`entry ${JSON.stringify(record.name)} does not begin where the directory says`);
    const header = await source.read(local, local + 30);
    entries.push({ ...record, start: local + dataOffset(header, record.name, damaged) });
  }
  rejectOverlaps(entries, archive);
  return entries;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The unpacked bytes of an entry. @throws DataError when they do not match the directory. */
export function unzip(bytes: Uint8Array, entry: ZipEntry, where: string): Uint8Array {
  const packed = bytes.subarray(entry.start, entry.start + entry.packedSize);
  const out = new Uint8Array(entry.size);
  let length = 0;
  const take = (chunk: Uint8Array): void => {
    if (length + chunk.length > out.length) {
      throw dataError(
        `${where}: unpacks to more than the ${entry.size} bytes it declares; the archive lies or is damaged.`,
        {
          where,
          declared: entry.size,
        },
      );
    }
    out.set(chunk, length);
    length += chunk.length;
  };
  if (entry.deflated) inflate(packed, take, where);
  else take(packed);
  if (length !== entry.size || crc32(out) !== entry.crc) {
    throw dataError(
      `${where}: unpacks to ${length} bytes with another checksum or size than declared (${entry.size} bytes); the archive is damaged. Write it again.`,
      { where, declared: entry.size, length },
    );
  }
  return out;
}

/** Feeds small pieces, so that a bomb is noticed after one piece. */
function inflate(packed: Uint8Array, take: (chunk: Uint8Array) => void, where: string): void {
  const piece = 65536;
  try {
    const inflater = new Inflate(take);
    for (let at = 0; at < packed.length || at === 0; at += piece) {
      inflater.push(packed.subarray(at, at + piece), at + piece >= packed.length);
    }
  } catch (error) {
    if (error instanceof DmilError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw dataError(`${where}: the packed bytes are damaged (${reason}); write the archive again.`, { where });
  }
}

/** The end record lies at the very end, before a comment of the stated length. */
function findEnd(view: DataView): number {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 65535); at--) {
    if (view.getUint32(at, true) === END && at + 22 + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return -1;
}

interface Sizes {
  readonly label: string;
  readonly size: number;
  readonly packedSize: number;
  readonly deflated: boolean;
  readonly total: number;
}

function checkSizes({ label, size, packedSize, deflated, total }: Sizes, limits: ZipLimits): void {
  const fields = { size, packedSize };
  if (total > limits.maxBytes) {
    throw dataError(
      `${label} would bring the archive to ${total} bytes unpacked; at most ${limits.maxBytes} are read. Save the arrays as single .npy files.`,
      fields,
    );
  }
  if (deflated ? size > DEFLATE_BOUND * packedSize + 64 : size !== packedSize) {
    throw dataError(
      `${label} declares ${size} bytes from ${packedSize} packed ones, which cannot be; the archive lies.`,
      fields,
    );
  }
}

/** Where the packed bytes of an entry begin, from its own header on. */
function dataOffset(header: Uint8Array, name: string, damaged: Archive["damaged"]): number {
  const view = viewOf(header);
  if (header.length < 30 || view.getUint32(0, true) !== LOCAL) {
    throw damaged(`entry ${JSON.stringify(name)} does not begin where the directory says`);
  }
  return 30 + view.getUint16(26, true) + view.getUint16(28, true);
}

/** @throws DataError for overlapping entries, by which a small archive could unpack to any size. */
function rejectOverlaps(entries: readonly ZipEntry[], { directory, damaged }: Archive): void {
  const sorted = [...entries].sort((a, b) => a.start - b.start);
  sorted.forEach((entry, i) => {
    const next = sorted[i + 1];
    const limit = next === undefined ? directory : next.start - 30;
    if (entry.start + entry.packedSize > limit) {
      throw damaged(`entry ${JSON.stringify(entry.name)} reaches into what follows it`);
    }
  });
}

/** CRC-32 of ISO 3309, as zip uses it. */
export function crc32(bytes: Uint8Array): number {
  const table = new Int32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    table[n] = c;
  }
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}
