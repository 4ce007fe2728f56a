/**
 * @file HDF5 files, .csd and Keras' .h5 among them: groups, arrays by rows, texts and byte strings. Read from disk piece by piece.
 *
 * Compressions other than gzip, shuffle and fletcher32 are refused by name before anything is read: the library would return wrong values.
 */
import { type DmilError, dataError, hint, listing } from "../core/errors.ts";
import { formatShape, sizeOf } from "../core/shape.ts";
import { type DType, type DTypes, type Tensor, tensor } from "../core/tensor.ts";
import { requirePackage } from "./optional.ts";
import { requireReal } from "./real-file.ts";

/** An open file. Paths are as in `COVAREP/data/abc[0]/features`. */
export interface Hdf5File {
  /** Names in a group, in the order of their code points; by default those of the file itself. */
  names(group?: string): string[];
  /** Whether there is a group or an array. */
  has(path: string): boolean;
  /** The shape of an array. */
  shape(path: string): readonly number[];
  /** An array of numbers, or its rows from `rows[0]` to before `rows[1]`; yes and no become uint8 1 and 0. */
  array(path: string, rows?: readonly [number, number]): Tensor;
  /** An array of texts, row-major. */
  texts(path: string): string[];
  /** An array of byte strings of any length each, as pictures are kept. */
  bytes(path: string): Uint8Array[];
}

/** Filters by the number that HDF5 gives them. */
const FILTERS: ReadonlySet<number> = new Set([1, 2, 3]);
const MOST_BYTES = 2 ** 31 - 1;
/** Classes of types by the number that HDF5 gives them. */
const [INTEGER, FLOAT, TEXT, ENUM, SEQUENCE] = [0, 1, 3, 8, 9];

type Library = Awaited<ReturnType<typeof requirePackage<"h5wasm">>>;
type Dataset = InstanceType<Library["Dataset"]>;
type Values = ReturnType<Dataset["slice"]>;

/**
 * Opens a file, and closes it when `use` is done.
 * @throws RunError when h5wasm is not installed or the file cannot be opened, DataError for what is damaged or not read.
 */
export async function withHdf5<T>(file: string, use: (hdf5: Hdf5File) => T | Promise<T>): Promise<T> {
  await requireReal(file);
  const library = await requirePackage("h5wasm", `${file}: reading HDF5`);
  // Otherwise the library prints its errors and returns garbage.
  (await library.ready).activate_throwing_error_handler();
  const opened = guarded(file, () => new library.File(file, "r"));
  try {
    return await use(reading(library, opened, file));
  } finally {
    guarded(file, () => opened.close());
  }
}

function reading(library: Library, opened: InstanceType<Library["File"]>, file: string): Hdf5File {
  const find = (at: string) => guarded(`${file}: ${at}`, () => (at === "" ? opened : opened.get(at)));
  const namesOf = (group: string): string[] => {
    const found = find(group);
    if (found instanceof library.Group) return guarded(`${file}: ${group}`, () => found.keys()).sort(byCodePoint);
    throw missing(file, group, "group", find);
  };
  const datasetOf = (at: string): Dataset => {
    const found = find(at);
    if (!(found instanceof library.Dataset)) {
      const cut = at.lastIndexOf("/");
      const parent = cut < 0 ? "" : at.slice(0, cut);
      const near = find(parent) instanceof library.Group ? namesOf(parent) : [];
      throw missing(file, at, "array", find, near);
    }
    requireFilters(found, `${file}: ${at}`);
    return found;
  };
  const valuesOf = (dataset: Dataset, at: string, rows?: readonly [number, number]): Values =>
    guarded(`${file}: ${at}`, () => (rows === undefined ? dataset.value : dataset.slice([[rows[0], rows[1]]])));
  return {
    names: (group = "") => namesOf(group),
    has: (at) => find(at) !== null,
    shape: (at) => datasetOf(at).shape ?? [],
    array(at, rows) {
      const dataset = datasetOf(at);
      const where = `${file}: ${at}`;
      const dtype = dtypeOf(dataset, where);
      const whole = dataset.shape ?? [];
      const shape = rows === undefined ? whole : [rowsOf(whole, rows, where), ...whole.slice(1)];
      const bytes = sizeOf(shape) * new ARRAYS[dtype](0).BYTES_PER_ELEMENT;
      if (bytes > MOST_BYTES) {
        throw dataError(
          `${where}: ${formatShape(shape)} ${dtype} takes ${bytes} bytes, more than ${MOST_BYTES}. Read it by rows.`,
          { where },
        );
      }
      if (sizeOf(shape) === 0) return tensor<DType>(dtype, shape, new ARRAYS[dtype](0));
      return tensor<DType>(dtype, shape, numbersOf(valuesOf(dataset, at, rows), dtype));
    },
    texts(at) {
      const dataset = datasetOf(at);
      if (dataset.metadata.type !== TEXT) throw wrongType(`${file}: ${at}`, dataset, "texts");
      const values = valuesOf(dataset, at);
      return (Array.isArray(values) ? values.flat(8) : [values]).map((value) => utf8(String(value)));
    },
    bytes(at) {
      const dataset = datasetOf(at);
      const { type, vlen_type: inner } = dataset.metadata;
      if (type !== SEQUENCE || inner?.type !== INTEGER || inner.size !== 1)
        throw wrongType(`${file}: ${at}`, dataset, "byte strings");
      const values = valuesOf(dataset, at);
      return (Array.isArray(values) ? values : []).map((value) =>
        value instanceof Uint8Array ? value : new Uint8Array(0),
      );
    },
  };
}

const ARRAYS: { readonly [D in DType]: new (length: number) => DTypes[D] } = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
};

function dtypeOf(dataset: Dataset, where: string): DType {
  const { type, size, signed } = dataset.metadata;
  if (type === FLOAT && size === 2) {
    throw dataError(`${where}: floats of 16 bits are not read. Save them as float32.`, { where });
  }
  if (type === FLOAT && (size === 4 || size === 8)) return size === 4 ? "float32" : "float64";
  if (type === ENUM && size === 1) return "uint8";
  if (type === INTEGER && [1, 2, 4, 8].includes(size)) return `${signed ? "" : "u"}int${8 * size}` as DType;
  throw wrongType(where, dataset, "numbers");
}

/** The library gives single values as they are, and yes and no as int8. */
function numbersOf(values: Values, dtype: DType): DTypes[DType] {
  const array = new ARRAYS[dtype](
    typeof values === "number" || typeof values === "bigint" ? 1 : (values as ArrayLike<number>).length,
  );
  const target: { [at: number]: number | bigint } = array;
  if (typeof values === "number" || typeof values === "bigint" || typeof values === "boolean")
    target[0] = values as number;
  else (array as Float64Array).set(values as Float64Array);
  return array;
}

function rowsOf(shape: readonly number[], [from, to]: readonly [number, number], where: string): number {
  if (Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= (shape[0] ?? 0))
    return to - from;
  throw dataError(`${where}: rows ${from} to ${to} are asked for; ${formatShape(shape)} has ${shape[0] ?? 0}.`, {
    where,
    from,
    to,
  });
}

/** @throws DataError for a compression that the library does not undo. */
function requireFilters(dataset: Dataset, where: string): void {
  const other = guarded(where, () => dataset.filters).filter(({ id }) => !FILTERS.has(id));
  if (other.length === 0) return;
  throw dataError(
    `${where}: compressed by ${listing(other.map(({ name, id }) => name || `filter ${id}`))}; gzip alone is read. Rewrite it: h5repack -f GZIP=4 FILE NEW`,
    { where },
  );
}

function wrongType(where: string, { dtype }: Dataset, wanted: string): DmilError {
  return dataError(`${where}: ${wanted} are needed, but the elements are of another type (${JSON.stringify(dtype)}).`, {
    where,
  });
}

function missing(
  file: string,
  at: string,
  what: string,
  find: (at: string) => unknown,
  near: readonly string[] = [],
): DmilError {
  const name = at.slice(at.lastIndexOf("/") + 1);
  const there = find(at) === null ? `there is no ${what} ${at}` : `${at} is no ${what}`;
  return dataError(`${file}: ${there}${near.length === 0 ? "." : hint(name, near)}`, { file, path: at });
}

/** Texts of fixed width come with a character for each byte; what is no UTF-8 stays as it is. */
function utf8(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) return text;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(text, "latin1"));
  } catch {
    return text;
  }
}

const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What the library throws, in our words: the innermost of its reasons. */
function guarded<T>(where: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const { message } = error as Error;
    const reason = [...message.matchAll(/#\d+: .*? line \d+ in \w+\(\): (.*)/g)].at(-1)?.[1] ?? message.split("\n")[0]!;
    throw dataError(`${where}: HDF5 cannot read it: ${reason}. Copy or download the file again.`, { where });
  }
}
