/** @file The functions and classes that a pickle may name, and what calling them means here. Whatever is not on this list is refused. */
import { tensorFrom } from "../npy.ts";
import { isShape, type PickleNames } from "./machine.ts";
import { latin1Bytes, PickledArray, PickledDtype, PickledName, type PickleValue, Span } from "./values.ts";

type Call = (args: readonly PickleValue[]) => PickleValue;

/** Entries `module name` for several modules; one without a call is a type that is only named. */
export function named(modules: readonly string[], calls: Readonly<Record<string, Call | undefined>>): PickleNames {
  return Object.fromEntries(
    modules.flatMap((module) =>
      Object.entries(calls).map(([name, call]) => [`${module} ${name}`, new PickledName(`${module}.${name}`, call)]),
    ),
  );
}

/** Bytes that protocol 2 stores as text. */
const encode: Call = ([text, encoding]) => {
  if (encoding !== undefined && !/^latin-?1$/.test(String(encoding))) throw new TypeError("only latin1 is read");
  if (typeof text === "string") return latin1Bytes(text, "bytes stored as text");
  if (text instanceof Span && text.form === "text") return new Span(text.start, text.length, "latin1");
  throw new TypeError("a text is needed");
};

/** Bytes, or nothing. Those of protocol 2 are a text with its encoding. */
const bytesOf: Call = (args) => {
  const [value] = args;
  if (value === undefined) return new Uint8Array(0);
  if (args.length === 2) return encode(args);
  if (value instanceof Uint8Array || (value instanceof Span && value.form !== "text")) return value;
  throw new TypeError("bytes are needed");
};

const listOf: Call = ([items = []]) => {
  if (items instanceof Set) return [...items];
  if (Array.isArray(items)) return [...items];
  throw new TypeError("a list is needed");
};

const setOf: Call = ([items = []]) => {
  if (Array.isArray(items)) return new Set(items);
  throw new TypeError("a list is needed");
};

/** A dict from nothing, or from pairs. */
const dictOf: Call = ([items = []]) => {
  const pairs = Array.isArray(items) ? items : undefined;
  if (pairs === undefined || !pairs.every((pair): pair is PickleValue[] => Array.isArray(pair) && pair.length === 2)) {
    throw new TypeError("a list of pairs is needed");
  }
  return new Map(pairs.map(([key, value]) => [key!, value!]));
};

const dtype: Call = ([code]) => {
  if (typeof code !== "string" || !/^[A-Za-z]\d{0,9}$/.test(code)) throw new TypeError("a code such as f4 is needed");
  return new PickledDtype(`${/^([SO]|[biu]1$)/.test(code) ? "|" : "<"}${code}`);
};

/** A number or text of NumPy. */
const scalar: Call = ([type, data]) => {
  const bytes = typeof data === "string" ? latin1Bytes(data, "a NumPy scalar") : data;
  if (!(type instanceof PickledDtype) || !(bytes instanceof Uint8Array))
    throw new TypeError("dtype and bytes are needed");
  const [value] = tensorFrom({ descr: type.descr, fortran: false, shape: [] }, bytes, "a NumPy scalar").data;
  if (value === undefined) throw new TypeError("a value is needed");
  return typeof value === "bigint" && BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))
    ? Number(value)
    : value;
};

/** Protocol 5 writes arrays as bytes, type, shape and order. */
const fromBuffer: Call = ([data, type, shape, order]) => {
  if (!(type instanceof PickledDtype) || !isShape(shape)) throw new TypeError("dtype and shape are needed");
  if (!(data instanceof Uint8Array || data instanceof Span)) throw new TypeError("bytes are needed");
  return Object.assign(new PickledArray(), { shape, dtype: type, fortran: order === "F", data });
};

/** An empty array, whose state follows. Subclasses of ndarray, such as masked arrays, are not on the list. */
const reconstruct: Call = ([type]) => {
  if (!(type instanceof PickledName) || type.name !== "numpy.ndarray") throw new TypeError("numpy.ndarray is needed");
  return new PickledArray();
};

/** Names of plain Python and of NumPy 1 and 2. */
export const plainNames: PickleNames = {
  ...named(["builtins", "__builtin__"], {
    set: setOf,
    frozenset: setOf,
    list: listOf,
    bytes: bytesOf,
    bytearray: bytesOf,
    dict: dictOf,
    int: undefined,
    float: undefined,
    str: undefined,
  }),
  ...named(["collections"], { OrderedDict: dictOf, defaultdict: () => new Map() }),
  ...named(["_codecs"], { encode }),
  ...named(["numpy"], { ndarray: undefined, dtype }),
  ...named(["numpy.core.multiarray", "numpy._core.multiarray"], { _reconstruct: reconstruct, scalar }),
  ...named(["numpy.core.numeric", "numpy._core.numeric"], { _frombuffer: fromBuffer }),
};
