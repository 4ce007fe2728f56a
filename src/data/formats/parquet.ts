/** @file .parquet: columns of numbers and texts, as pandas, polars and Spark write them. Bytes in, columns out, no disk. */
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { type DmilError, dataError, listing } from "../../core/errors.ts";
import { requirePages } from "./parquet-pages.ts";

/** Columns by name; a cell is a number, a text, or undefined where there is none. */
export type TypedColumns = ReadonlyMap<string, readonly (number | string | undefined)[]>;

/** Supported compressions. */
const READ = ["UNCOMPRESSED", "SNAPPY"];

/** Maximum cells of a table: enough for millions of samples, and a limit where a damaged count would exhaust the memory. */
const MOST_CELLS = 2 ** 27;

/** Reads the flat columns of a .parquet file. @throws DataError for a damaged file, nested columns, and other compressions. */
export async function readParquet(bytes: Uint8Array, where = "parquet"): Promise<TypedColumns> {
  const file = bytes.slice().buffer as ArrayBuffer; // free of the memory around it
  const damaged = (cause: unknown): DmilError =>
    dataError(
      `${where}: not a Parquet file that can be read: ${cause instanceof Error ? cause.message.split("\n")[0] : String(cause)}. Write the file again, or as CSV.`,
      { where },
    );
  let metadata: ReturnType<typeof parquetMetadata>;
  try {
    metadata = parquetMetadata(file);
  } catch (cause) {
    throw damaged(cause);
  }
  const columns = metadata.schema.slice(1);
  const nested = columns.find(({ num_children }) => num_children !== undefined);
  if (nested !== undefined) {
    throw dataError(
      `${where}: the column ${JSON.stringify(nested.name)} holds lists or records; a number or a text a row is needed. Write each part as a column of its own.`,
      { where, column: nested.name },
    );
  }
  const codecs = metadata.row_groups.flatMap((group) => group.columns.map((own) => own.meta_data?.codec ?? ""));
  const codec = codecs.find((own) => own !== "" && !READ.includes(own));
  if (codec !== undefined) {
    throw dataError(
      `${where}: compressed by ${codec}; ${listing(READ)} are read. In pandas: to_parquet(FILE, compression="snappy").`,
      { where, codec },
    );
  }
  if (Number(metadata.num_rows) * columns.length > MOST_CELLS) {
    throw damaged(`${metadata.num_rows} rows of ${columns.length} columns are more than ${MOST_CELLS} cells`);
  }
  try {
    for (const { num_rows, columns: chunks } of metadata.row_groups) {
      for (const [c, { meta_data }] of chunks.entries()) {
        const optional = columns[c]?.repetition_type !== "REQUIRED";
        if (meta_data !== undefined) requirePages(file, meta_data, Number(num_rows), optional);
      }
    }
  } catch (cause) {
    throw damaged(cause);
  }
  const cells = new Map<string, (number | string | undefined)[]>();
  for (const { name } of columns) {
    const own: (number | string | undefined)[] = [];
    let rowStart = 0;
    // Sequentially: when several parts are read at once, the library leaves all errors but the first unhandled.
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      const part = { file, metadata, columns: [name], rowStart, rowEnd };
      const rows = await parquetReadObjects(part).catch((cause: unknown) => {
        throw damaged(cause);
      });
      for (const row of rows) own.push(cellOf(row[name]));
      rowStart = rowEnd;
    }
    if (own.length !== Number(metadata.num_rows)) {
      throw damaged(`the column ${name} has ${own.length} rows of ${metadata.num_rows}`);
    }
    cells.set(name, own);
  }
  return cells;
}

/** A cell as a number or a text: whole numbers of 64 bits and yes/no as texts, so that they may name classes. */
function cellOf(value: unknown): number | string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "number") return value;
  return value instanceof Date ? value.toISOString() : String(value);
}
