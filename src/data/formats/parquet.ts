/** @file .parquet: columns of numbers and texts, as pandas, polars and Spark write them. Bytes in, columns out, no disk. */
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { type DmilError, dataError, listing } from "../../core/errors.ts";

/** Columns by name; a cell is a number, a text, or undefined where there is none. */
export type TypedColumns = ReadonlyMap<string, readonly (number | string | undefined)[]>;

/** Compressions that are read. */
const READ = ["UNCOMPRESSED", "SNAPPY"];

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
  const rows = await parquetReadObjects({ file, metadata }).catch((cause: unknown) => {
    throw damaged(cause);
  });
  return new Map(columns.map(({ name }) => [name, rows.map((row) => cellOf(row[name]))]));
}

/** A cell as a number or a text: whole numbers of 64 bits and yes/no as texts, so that they may name classes. */
function cellOf(value: unknown): number | string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "number") return value;
  return value instanceof Date ? value.toISOString() : String(value);
}
