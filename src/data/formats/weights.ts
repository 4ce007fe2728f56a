/** @file Files of published weights: a state dict of PyTorch or safetensors, in one file or in several with an index. */
import { type ByteSource, bytesInMemory } from "../../core/bytes.ts";
import { configError, dataError, listing } from "../../core/errors.ts";
import { type Folder, openBytes, readText } from "../../core/folder.ts";
import { sha256 } from "../../core/hash.ts";
import { isRecord } from "../../core/keys.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { PickleValue } from "./pickle/values.ts";
import { openSafetensors } from "./safetensors.ts";
import type { StoredTensor, StoredTensors } from "./stored-tensors.ts";
import { isBeforeTorch16, openTorch } from "./torch.ts";

/** The tensors of a file of weights, in memory. */
export interface Weights {
  /** Name of the file, without its folder. */
  readonly file: string;
  /** SHA-256 of the file; of an index, of the hashes of its files. */
  readonly hash: string;
  /** Tensors by the names of the file, without `module.`; float16 and bfloat16 as float32, exactly. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Entries that are no tensors. */
  readonly others: readonly string[];
  /** The entry that held the state dict, as in `{"state_dict": ...}`, if the file has more than that. */
  readonly inside?: string;
}

/** Entries under which training scripts keep the state dict, in the order in which they are looked for. */
const WRAPPERS = ["state_dict", "model_state_dict", "model", "module", "net"];
/** What DataParallel and torch.compile put before every name. */
const PREFIXES = ["module.", "_orig_mod."];

/**
 * Reads weights: .safetensors, what torch.save writes from PyTorch 1.6 on (.pt, .pth, .bin), or an index of such files (.index.json).
 * Nothing in a file is executed. @throws DataError for a damaged file, one of another format, and one with more than plain tensors.
 * @example const weights = await readWeights(disk("weights"), "resnet18.safetensors");
 */
export async function readWeights(file: Uint8Array | ByteSource): Promise<Weights>;
export async function readWeights(folder: Folder, path: string): Promise<Weights>;
export async function readWeights(from: Uint8Array | ByteSource | Folder, path?: string): Promise<Weights> {
  if (from instanceof Uint8Array) return readFile(bytesInMemory(from, "weights"));
  if (!("list" in from)) return readFile(from);
  if (path === undefined) throw configError("readWeights: a folder is given without the name of a file in it.");
  return path.endsWith(".index.json") ? readIndexed(from, path) : readFile(await openBytes(from, path));
}

async function readFile(source: ByteSource): Promise<Weights> {
  const { stored, others, inside } = await openWeights(source);
  const tensors = await readAll(stored);
  if (Object.keys(tensors).length === 0) throw dataError(`${source.label}: there are no tensors in this file.`);
  return {
    file: source.label.split(/[/\\]/).at(-1)!,
    hash: await source.hash(),
    ...withoutPrefixes(tensors, others),
    ...(inside !== undefined && { inside }),
  };
}

/** The tensors of several files, which an index lists by tensor. */
async function readIndexed(folder: Folder, path: string): Promise<Weights> {
  const where = `${folder.label}/${path}`;
  const bad = (what: string): Error =>
    dataError(`${where}: not an index of weights: ${what}. Give the index that came with the files.`, { where });
  let index: unknown;
  try {
    index = JSON.parse(await readText(folder, path));
  } catch (error) {
    if (error instanceof SyntaxError) throw bad("it is not JSON");
    throw error;
  }
  const map = isRecord(index) ? index.weight_map : undefined;
  if (!isRecord(map)) throw bad("it has no weight_map");
  const beside = path.slice(0, path.lastIndexOf("/") + 1);
  const files = [...new Set(Object.values(map))];
  const parts: Weights[] = [];
  for (const name of files) {
    if (typeof name !== "string" || !/^[^/\\]+$/.test(name)) throw bad("a file in weight_map is no name of a file");
    parts.push(await readFile(await openBytes(folder, `${beside}${name}`)));
  }
  const tensors = Object.fromEntries(parts.flatMap((part) => Object.entries(part.tensors)));
  const missing = Object.keys(map).filter((name) => !Object.hasOwn(tensors, name) && !hasPrefix(name, tensors));
  if (missing.length > 0) throw bad(`its files lack ${listing(missing)}`);
  return {
    file: path.slice(beside.length),
    hash: await sha256(new TextEncoder().encode(JSON.stringify(parts.map(({ hash }) => hash)))),
    tensors,
    others: parts.flatMap(({ others }) => others),
  };
}

interface Opened {
  readonly stored: StoredTensors;
  readonly others: readonly string[];
  readonly inside?: string;
}

/** Opens a file by what it begins with, whatever its name is. */
async function openWeights(source: ByteSource): Promise<Opened> {
  const first = await source.read(0, Math.min(16, source.size));
  const begins = (...bytes: number[]): boolean => bytes.every((byte, i) => first[i] === byte);
  if (begins(0x50, 0x4b)) return openStateDict(source);
  if (first[8] === 0x7b) return { stored: await openSafetensors(source), others: [] };
  const { label } = source;
  if (isBeforeTorch16(first)) {
    throw dataError(
      `${label}: this file was written by PyTorch before 1.6, in a format that is not read. Save it anew in Python: torch.save(torch.load(FILE, weights_only=True), "new.pth").`,
      { label },
    );
  }
  const other = begins(0x89, 0x48, 0x44, 0x46)
    ? " (it is HDF5, as Keras writes it)"
    : first[0] === 0x08
      ? " (it may be an ONNX model: use it as the encoder onnx:FILE)"
      : "";
  throw dataError(
    `${label}: not a file of weights${other}; .safetensors, and what torch.save writes, are read. Save the state dict: torch.save(model.state_dict(), "weights.pth").`,
    { label },
  );
}

/** The state dict of a file of torch.save, which may be an entry of a larger dict. */
async function openStateDict(source: ByteSource): Promise<Opened> {
  const { value, tensorOf } = await openTorch(source);
  const open = (dict: PickleValue | undefined): Opened | undefined => {
    if (!(dict instanceof Map)) return undefined;
    const named = [...dict].map(([key, entry]) => [String(key), tensorOf(entry)] as const);
    const stored = new Map(
      named.flatMap(([key, tensor]): [string, StoredTensor][] => (tensor === undefined ? [] : [[key, tensor]])),
    );
    return stored.size === 0
      ? undefined
      : { stored, others: named.filter(([, tensor]) => tensor === undefined).map(([key]) => key) };
  };
  const direct = open(value);
  if (direct !== undefined) return direct;
  for (const inside of WRAPPERS) {
    const opened = open(value instanceof Map ? value.get(inside) : undefined);
    if (opened !== undefined) return { ...opened, inside };
  }
  const keys = value instanceof Map ? ` (it has ${listing([...value.keys()].map(String))})` : "";
  throw dataError(
    `${source.label}: there is no state dict in this file${keys}; it is looked for at the top and under ${WRAPPERS.join(", ")}. Save it alone: torch.save(model.state_dict(), "weights.pth").`,
    { label: source.label },
  );
}

async function readAll(stored: StoredTensors): Promise<Record<string, Tensor>> {
  const tensors: [string, Tensor][] = [];
  for (const [name, tensor] of stored) tensors.push([name, await tensor.read()]);
  return Object.fromEntries(tensors);
}

function hasPrefix(name: string, tensors: Readonly<Record<string, Tensor>>): boolean {
  return PREFIXES.some((prefix) => name.startsWith(prefix) && Object.hasOwn(tensors, name.slice(prefix.length)));
}

/** Names without a prefix that all of them have. */
function withoutPrefixes(
  tensors: Readonly<Record<string, Tensor>>,
  others: readonly string[],
): Pick<Weights, "tensors" | "others"> {
  const prefix = PREFIXES.find((prefix) => Object.keys(tensors).every((name) => name.startsWith(prefix)));
  if (prefix === undefined) return { tensors, others };
  const entries = Object.entries(tensors).map(([name, tensor]) => [name.slice(prefix.length), tensor] as const);
  return withoutPrefixes(Object.fromEntries(entries), others);
}
