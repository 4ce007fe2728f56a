/** @file The memory of a training step: named regions (stretches of float32 numbers), which the kernels and onnxruntime access in place. */
import { hint, internalError, runError } from "../core/errors.ts";

/** One fixed memory cut into regions. It never grows, so views on it stay valid. */
interface Arena {
  readonly memory: WebAssembly.Memory;
  /** Allocated bytes: the free start, the regions and the gaps between them. */
  readonly bytes: number;
  /** The region's numbers, the same array at every call. @throws InternalError when there is no such region. */
  view(name: string): Float32Array<ArrayBuffer>;
  /** Where the region starts, in bytes from the start of the memory. @throws InternalError when there is no such region. */
  offset(name: string): number;
}

/** Bytes at the start that no region uses, so that 0 is never a pointer; kernels keep their scratch there. */
const START = 1024;
/** Regions start at a cache line. */
const ALIGNMENT = 64;
const PAGE = 65536;
const LIMIT = 2 ** 32;

/**
 * Lays out regions of `length` numbers in the order given and makes the memory, filled with zeros.
 * @throws RunError when they need more than 4 GiB or the system cannot give that much; InternalError for a bad or repeated region.
 */
export function createArena(regions: readonly { readonly name: string; readonly length: number }[]): Arena {
  const places = new Map<string, { offset: number; length: number }>();
  let bytes = START;
  for (const { name, length } of regions) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw internalError(`createArena: region "${name}" has length ${length}; a length is a whole number, 0 or more.`);
    }
    if (places.has(name)) throw internalError(`createArena: two regions are named "${name}".`, { name });
    places.set(name, { offset: bytes, length });
    bytes += Math.ceil((4 * length) / ALIGNMENT) * ALIGNMENT;
  }
  const memory = makeMemory(bytes);
  const views = new Map<string, Float32Array<ArrayBuffer>>();
  for (const [name, { offset, length }] of places) {
    views.set(name, new Float32Array(memory.buffer as ArrayBuffer, offset, length));
  }
  const find = (name: string): Float32Array<ArrayBuffer> => {
    const view = views.get(name);
    if (view === undefined) throw internalError(`arena: no region is named "${name}"${hint(name, [...views.keys()])}`);
    return view;
  };
  return { memory, bytes, view: find, offset: (name) => find(name).byteOffset };
}

function makeMemory(bytes: number): WebAssembly.Memory {
  const gib = (bytes / 2 ** 30).toFixed(2);
  const advice = "Use a smaller model, an optimiser with fewer moments (sgd), or a smaller batch.";
  if (bytes > LIMIT) {
    throw runError(
      `createArena: the model, its gradients, moments, noise and batch need ${gib} GiB (${bytes} bytes); ` +
        `the limit is 4 GiB. ${advice}`,
      { bytes, limit: LIMIT },
    );
  }
  const pages = Math.ceil(bytes / PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    throw runError(
      `createArena: the system refused ${gib} GiB (${bytes} bytes) of memory (${String(cause)}). ` +
        `Close other programs, or do this: ${advice}`,
      { bytes },
    );
  }
}
