/**
 * @file Tables that hold pictures and sound, as Hugging Face stores data sets: Parquet with a column of `{bytes, path}`.
 *
 * Read by groups of rows from anything that gives ranges of bytes, so that a table may be larger than the memory.
 */
import { type Compressors, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { compressors, decompressLz4, decompressLz4Raw } from "hyparquet-compressors";
import { DmilError, dataError } from "../../core/errors.ts";
import { requireContent, text } from "./content.ts";

/** A picture or a sound inside of a table. */
export interface MediaFile {
  /** The file itself; undefined where the table has its name alone. */
  readonly bytes: Uint8Array | undefined;
  readonly path: string | undefined;
}

/** A cell; undefined where there is none. */
export type MediaCell =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | MediaFile
  | readonly MediaCell[]
  | { readonly [field: string]: MediaCell }
  | undefined;

/** A row by the names of the columns. */
export type MediaRow = Readonly<Record<string, MediaCell>>;

/** A table whose rows are read in groups. */
export interface MediaTable {
  readonly columns: readonly string[];
  readonly rows: number;
  /** Names of the classes of columns that hold their numbers. */
  readonly classes: ReadonlyMap<string, readonly string[]>;
  /** Number of rows of each group. */
  readonly groups: readonly number[];
  /** The rows of a group. @throws DataError for damaged ones. */
  read(group: number): Promise<MediaRow[]>;
}

/** Ranges of bytes of a file, on disk or in memory. */
export interface ByteSource {
  readonly byteLength: number;
  slice(start: number, end?: number): ArrayBuffer | Promise<ArrayBuffer>;
}

/** Most bytes of a page after it is unpacked, and values in a group: a damaged count must not take the memory. */
const MOST_PAGE = 2 ** 30;
const MOST_VALUES = 2 ** 27;
/** Compressions expand by less than this; snappy by 22. */
const MOST_GROWTH = 2 ** 12;

/** The package's own LZ4 fails for a page without values. */
const decompress: Compressors = {
  ...compressors,
  LZ4: (input, length) => (length === 0 ? new Uint8Array(0) : decompressLz4(input, length)),
  LZ4_RAW: (input, length) => (length === 0 ? new Uint8Array(0) : decompressLz4Raw(input, length)),
};

/** Bytes in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  const copy = new Uint8Array(bytes).buffer; // free of the memory around it
  return { byteLength: copy.byteLength, slice: (start, end) => copy.slice(start, end) };
}

/** Opens a Parquet file; only its footer is read. @throws DataError for a file that is none. */
export async function openMediaTable(source: ByteSource, where = "parquet"): Promise<MediaTable> {
  requireContent(new Uint8Array(await source.slice(0, Math.min(1024, source.byteLength))), where);
  const damaged = (cause: unknown): DmilError => {
    if (cause instanceof DmilError) return cause;
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    return dataError(`${where}: not a Parquet file that can be read: ${reason}. Copy or download it again.`, { where });
  };
  const metadata = await parquetMetadataAsync(source).catch((cause: unknown) => {
    throw damaged(cause);
  });
  const columns = metadata.schema.length === 0 ? [] : topLevel(metadata.schema);
  const groups = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
  const starts = groups.map((_, i) => groups.slice(0, i).reduce((sum, rows) => sum + rows, 0));
  if (groups.some((rows) => !(rows >= 0 && rows <= MOST_VALUES))) throw damaged(`groups of ${groups.join(", ")} rows`);
  const features = metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
  return {
    columns,
    rows: groups.reduce((sum, rows) => sum + rows, 0),
    classes: classesOf(features),
    groups,
    async read(group) {
      const rows = groups[group];
      if (rows === undefined)
        throw dataError(`${where}: there is no group ${group} of rows; it has ${groups.length}.`, { where, group });
      try {
        for (const { meta_data } of metadata.row_groups[group]!.columns) {
          if (meta_data !== undefined) await requirePages(source, meta_data);
        }
        const rowStart = starts[group]!;
        const range = { rowStart, rowEnd: rowStart + rows };
        // Without `utf8: false` the bytes of pictures would be decoded as text.
        const found = await parquetReadObjects({
          file: source,
          metadata,
          compressors: decompress,
          utf8: false,
          ...range,
        });
        if (found.length !== rows) throw new Error(`${found.length} rows where ${rows} are declared`);
        return found.map(rowOf);
      } catch (cause) {
        throw damaged(cause);
      }
    },
  };
}

type Metadata = Awaited<ReturnType<typeof parquetMetadataAsync>>;
type Chunk = NonNullable<Metadata["row_groups"][number]["columns"][number]["meta_data"]>;

/** The names of the columns: the schema lists each with all of its parts behind it. */
function topLevel(schema: Metadata["schema"]): string[] {
  const names: string[] = [];
  const skip = (at: number, depth: number): number => {
    const { name, num_children: parts = 0 } = schema[at] ?? { name: "" };
    if (depth === 1) names.push(name);
    if (depth > 64 || at >= schema.length)
      throw dataError("parquet: its schema is damaged. Copy or download it again.");
    let next = at + 1;
    for (let i = 0; i < parts; i++) next = skip(next, depth + 1);
    return next;
  };
  skip(0, 0);
  return names;
}

/** @throws Error for a column whose pages declare more than there can be. */
async function requirePages(source: ByteSource, chunk: Chunk): Promise<void> {
  const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
  const end = start + Number(chunk.total_compressed_size);
  if (!(start >= 0 && start <= end && end <= source.byteLength)) throw new Error("a column lies outside of the file");
  if (!(chunk.num_values >= 0 && chunk.num_values <= MOST_VALUES))
    throw new Error(`a column of ${chunk.num_values} values`);
  const view = new DataView(await source.slice(start, end));
  const reader = { view, offset: 0 };
  for (let values = 0; values < chunk.num_values && reader.offset < view.byteLength; ) {
    const { compressed_page_size: packed, uncompressed_page_size: unpacked, ...header } = parquetHeader(reader);
    const count = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
    const words = header.dictionary_page_header?.num_values ?? 0;
    const fits =
      packed >= 0 && reader.offset + packed <= view.byteLength && count >= 0 && values + count <= chunk.num_values;
    const grows = unpacked >= 0 && unpacked <= Math.min(MOST_PAGE, MOST_GROWTH * (packed + 32));
    if (!fits || !grows || words < 0 || words > unpacked) throw new Error("a page declares more than there is");
    reader.offset += packed;
    values += count;
  }
}

/** The names of classes from the description that the library `datasets` writes. */
export function classesOf(description: string | undefined): ReadonlyMap<string, readonly string[]> {
  const classes = new Map<string, readonly string[]>();
  let features: unknown;
  try {
    features = description === undefined ? undefined : JSON.parse(description)?.info?.features;
  } catch {
    return classes; // the rows can be read without it
  }
  for (const [column, feature] of Object.entries((features as Record<string, unknown> | undefined) ?? {})) {
    const { _type: type, names } = (feature ?? {}) as { _type?: unknown; names?: unknown };
    if (type === "ClassLabel" && Array.isArray(names)) classes.set(column, names.map(String));
  }
  return classes;
}

/** A row with cells as our types. */
export function rowOf(row: Readonly<Record<string, unknown>>): MediaRow {
  return Object.fromEntries(Object.entries(row).map(([column, cell]) => [column, cellOf(cell)]));
}

function cellOf(cell: unknown): MediaCell {
  if (cell === null || cell === undefined) return undefined;
  if (typeof cell === "number" || typeof cell === "bigint" || typeof cell === "boolean" || typeof cell === "string")
    return cell;
  if (cell instanceof Uint8Array) return cell;
  if (cell instanceof Date) return cell.toISOString();
  if (Array.isArray(cell)) return cell.map(cellOf);
  if (ArrayBuffer.isView(cell)) return Array.from(cell as Float64Array);
  const parts = rowOf(cell as Record<string, unknown>);
  const { bytes, path } = parts;
  const isFile = Object.keys(parts).every((part) => part === "bytes" || part === "path");
  if (!isFile || !(bytes === undefined || bytes instanceof Uint8Array)) return parts;
  const name = path instanceof Uint8Array ? text(path, 0, path.length) : path;
  return { bytes, path: typeof name === "string" ? name : undefined };
}
