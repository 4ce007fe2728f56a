/**
 * @file Files of torch.save: a zip archive with a pickle, which is read without executing anything, and the numbers of each storage.
 *
 * Only tensors, and the dicts and plain values around them, are read; a pickled model or optimiser is refused with its class.
 */
import type { ByteSource } from "../../core/bytes.ts";
import { partOf } from "../../core/bytes.ts";
import { type DmilError, dataError } from "../../core/errors.ts";
import { type Shape, sizeOf, stridesOf } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { isShape, type PickleNames } from "./pickle/machine.ts";
import { named } from "./pickle/names.ts";
import { readPickle } from "./pickle/read.ts";
import { PickledName, PickledReference, type PickleValue } from "./pickle/values.ts";
import { numbersFrom, requireModestSize, type StoredTensor } from "./stored-tensors.ts";
import { listZipRanges, unzip, type ZipEntry } from "./zip.ts";

/** Element types by the class of a storage, in NumPy's writing without the order of bytes. */
const STORAGES: Readonly<Record<string, string>> = {
  FloatStorage: "f4",
  DoubleStorage: "f8",
  HalfStorage: "f2",
  BFloat16Storage: "V2",
  LongStorage: "i8",
  IntStorage: "i4",
  ShortStorage: "i2",
  CharStorage: "i1",
  ByteStorage: "u1",
  BoolStorage: "b1",
};

/** The first bytes of what torch.save wrote before 1.6: several pickles in a row, the first of which is a fixed number. */
const BEFORE_1_6 = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

class TorchStorage extends PickledReference {
  readonly kind = "storage";
  readonly code: string;
  readonly key: string;
  readonly length: number;

  constructor(code: string, key: string, length: number) {
    super();
    this.code = code;
    this.key = key;
    this.length = length;
  }
}

class TorchTensor extends PickledReference {
  readonly kind = "tensor";
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: Shape, strides: readonly number[]) {
    super();
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** The contents of a file of torch.save: its value, and its tensors where they occur. */
export interface TorchFile {
  readonly value: PickleValue;
  /** The tensor of a value; undefined for any other value. */
  tensorOf(value: PickleValue): StoredTensor | undefined;
}

/** Whether a file, by its first bytes, is of torch.save before 1.6. */
export function isBeforeTorch16(first: Uint8Array): boolean {
  return BEFORE_1_6.every((byte, i) => first[i] === byte);
}

/** Opens a file of torch.save from 1.6 on; numbers are not read yet. @throws DataError for a damaged file, and for what is no plain data. */
export async function openTorch(source: ByteSource): Promise<TorchFile> {
  const { label } = source;
  const again = "Copy or download the file again, or save it anew with torch.save.";
  const entries = new Map((await listZipRanges(source, again, LIMITS)).map((entry) => [entry.name, entry]));
  const [pickle] = [...entries.keys()].filter((name) => /^[^/]*\/data\.pkl$/.test(name));
  if (pickle === undefined) {
    throw dataError(`${label}: a zip archive that torch.save did not write (it has no data.pkl). ${again}`, { label });
  }
  const root = pickle.slice(0, -"data.pkl".length);
  if (entries.has(`${root}constants.pkl`)) {
    throw dataError(
      `${label}: a TorchScript model, which is a program and is not read. Save its weights: torch.save(torch.jit.load(FILE).state_dict(), "weights.pth").`,
      { label },
    );
  }
  const contents = async (name: string): Promise<Uint8Array> => {
    const entry = entries.get(name);
    if (entry === undefined) throw dataError(`${label}: there is no entry ${name}. ${again}`, { name });
    const { start, packedSize } = entry;
    return unzip(await source.read(start, start + packedSize), { ...entry, start: 0 }, `${label}: ${name}`);
  };
  const { value, shared } = await unpickled(source, entries.get(pickle)!, contents);
  const order = entries.has(`${root}byteorder`)
    ? new TextDecoder().decode(await contents(`${root}byteorder`))
    : "little";
  requireModestSize(shared.bytes, source.size, label);
  let last: { readonly key: string; readonly bytes: Uint8Array } | undefined;
  const storageOf = async ({ key, code, length }: TorchStorage): Promise<Uint8Array> => {
    if (last?.key === key) return last.bytes;
    const bytes = await contents(`${root}data/${key}`);
    if (bytes.length < length * itemSize(code)) {
      throw dataError(
        `${label}: storage ${key} has ${bytes.length} bytes, not the ${length * itemSize(code)} of its tensors. ${again}`,
      );
    }
    last = { key, bytes };
    return bytes;
  };
  return {
    value,
    tensorOf(found) {
      if (!(found instanceof TorchTensor)) return undefined;
      const { code } = found.storage;
      const descr = `${itemSize(code) === 1 ? "|" : order.startsWith("big") ? ">" : "<"}${code}`;
      return {
        shape: found.shape,
        descr,
        read: async () => gathered(found, descr, await storageOf(found.storage), label),
      };
    },
  };
}

const LIMITS = { maxEntries: 2 ** 20, maxBytes: 2 ** 42, maxRatio: 100, freeBytes: 2 ** 28 };
/** A deflated pickle is unpacked in memory; torch.save stores it. */
async function unpickled(source: ByteSource, entry: ZipEntry, contents: (name: string) => Promise<Uint8Array>) {
  const label = `${source.label}: ${entry.name}`;
  const shared = { bytes: 0 };
  const pickle = entry.deflated ? await contents(entry.name) : partOf(source, entry.start, entry.size, label);
  const persistent = (id: PickleValue): PickleValue => storageFrom(id, label);
  const value = await readPickle(pickle, { names: torchNames(shared), persistent });
  return { value, shared };
}

/** Names of tensors; `shared.bytes` sums the bytes of all of them. */
function torchNames(shared: { bytes: number }): PickleNames {
  const rebuild = ([storage, offset, shape, strides]: readonly PickleValue[]): PickleValue => {
    const inside = storage instanceof TorchStorage && isShape(shape) && isShape(strides) && isShape([offset ?? null]);
    if (!inside || strides.length !== shape.length) throw new TypeError("storage, offset, size and stride are needed");
    const start = Number(offset);
    const size = sizeOf(shape);
    const last = shape.reduce((at, n, axis) => at + (n - 1) * strides[axis]!, start);
    if (size > 0 && (last >= storage.length || size > storage.length)) {
      throw new TypeError(`a tensor of [${shape.join(", ")}] does not lie in its storage of ${storage.length} numbers`);
    }
    shared.bytes += size * itemSize(storage.code);
    return new TorchTensor(storage, start, shape, strides);
  };
  const parameter = ([tensor]: readonly PickleValue[]): PickleValue => {
    if (tensor instanceof TorchTensor) return tensor;
    throw new TypeError("a tensor is needed");
  };
  return {
    ...named(["torch._utils"], { _rebuild_tensor_v2: rebuild, _rebuild_parameter: parameter }),
    ...named(["torch"], Object.fromEntries(Object.keys(STORAGES).map((name) => [name, undefined]))),
  };
}

function itemSize(code: string): number {
  return Number(code.slice(1));
}

/** The storage of a persistent id: ("storage", class, key, device, number of elements). */
function storageFrom(id: PickleValue, label: string): TorchStorage {
  const [word, type, key, , length] = Array.isArray(id) ? id : [];
  const code = type instanceof PickledName ? STORAGES[type.name.replace(/^torch\./, "")] : undefined;
  const bad = (what: string): DmilError =>
    dataError(`${label}: ${what}. Save the weights anew with torch.save.`, { label });
  if (word !== "storage" || typeof key !== "string" || !/^\d+$/.test(key))
    throw bad("a reference is no storage of a tensor");
  if (code === undefined) throw bad("a storage has an element type that is not read");
  if (typeof length !== "number" || !isShape([length])) throw bad("a storage has no length");
  return new TorchStorage(code, key, length);
}

/** The numbers of a tensor, row-major; its storage may hold them in any order. */
function gathered({ shape, strides, offset }: TorchTensor, descr: string, storage: Uint8Array, label: string): Tensor {
  const size = itemSize(descr.slice(1));
  const count = sizeOf(shape);
  const plain = stridesOf(shape);
  if (shape.every((n, axis) => n === 1 || strides[axis] === plain[axis])) {
    return numbersFrom(descr, shape, storage.subarray(offset * size, (offset + count) * size), label);
  }
  const bytes = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    let at = offset;
    for (let axis = 0; axis < shape.length; axis++)
      at += (Math.floor(i / plain[axis]!) % shape[axis]!) * strides[axis]!;
    for (let byte = 0; byte < size; byte++) bytes[i * size + byte] = storage[at * size + byte]!;
  }
  return numbersFrom(descr, shape, bytes, label);
}
