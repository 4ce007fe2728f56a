/**
 * @file Pickles, read by a stack machine that executes nothing: protocols 0 to 5, plain values and NumPy arrays.
 *
 * A pickle is a program that can call any function of Python. Here the functions are the few of names.ts, which make plain values;
 * any other is refused with its name. Long texts, bytes and arrays stay in the file, so that one of gigabytes opens at once.
 */
import { type ByteSource, bytesInMemory } from "../../../core/bytes.ts";
import { dataError } from "../../../core/errors.ts";
import { sizeOf } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import { type TextArray, tensorFrom } from "../npy.ts";
import { PickleInput } from "./input.ts";
import { type Persistent, PICKLE_LIMITS, type PickleLimits, PickleMachine, type PickleNames } from "./machine.ts";
import { plainNames } from "./names.ts";
import { operations } from "./operations.ts";
import { PickledArray, type PickleValue, readBytes, readText } from "./values.ts";

export interface PickleOptions {
  /** Names besides those of plain values and NumPy. */
  readonly names?: PickleNames;
  readonly persistent?: Persistent;
  readonly limits?: Partial<PickleLimits>;
}

/**
 * Reads a pickle. The result is a finite tree: nothing contains itself, and no path is longer than `limits.depth`.
 * @throws DataError with the byte for a damaged or hostile file, and for every function and class that is not on the list.
 */
export async function readPickle(
  file: ByteSource | Uint8Array,
  { names = {}, persistent, limits = {} }: PickleOptions = {},
): Promise<PickleValue> {
  const source = file instanceof Uint8Array ? bytesInMemory(file, "pickle") : file;
  const input = new PickleInput(source);
  const all = { ...PICKLE_LIMITS, ...limits };
  const machine = new PickleMachine(input, { ...plainNames, ...names }, persistent, all);
  while (machine.result === undefined) {
    if (input.low) await input.fill();
    machine.at = input.at;
    const code = input.byte();
    const operation = operations.get(code);
    machine.operation = operation?.name ?? `operation ${code}`;
    if (operation === undefined) throw machine.error("it is no pickle, or a damaged one: there is no such operation");
    if (operation.lines > 0) await input.fillLines(operation.lines);
    operation.run(machine);
  }
  if (input.at !== source.size) {
    throw dataError(
      `${source.label}: ${source.size - input.at} bytes follow the end of the pickle at byte ${input.at}; the file is damaged or holds several. Save one object: pickle.dump(data, file, protocol=4).`,
      { at: input.at, size: source.size },
    );
  }
  requireTree(machine.result.value, source.label, all.depth);
  return machine.result.value;
}

/** Reads an array of a pickle into memory, row-major. Objects must all be texts. @throws DataError if its bytes do not fit its shape. */
export async function readPickledArray(
  source: ByteSource,
  array: PickledArray,
  where: string = source.label,
): Promise<Tensor | TextArray> {
  const { dtype, shape, fortran, data } = array;
  if (dtype === undefined) throw dataError(`${where}: an array has no data; the file is no valid pickle.`, { where });
  if (!/^.O/.test(dtype.descr)) {
    return tensorFrom({ descr: dtype.descr, shape, fortran }, await readBytes(source, data, where), where);
  }
  if (!Array.isArray(data) || data.length !== sizeOf(shape)) {
    throw dataError(`${where}: an array of objects does not hold as many as its shape says; it is damaged.`, { where });
  }
  const texts: string[] = [];
  for (const [i, value] of data.entries()) texts.push(await readText(source, value, `${where}, object ${i}`));
  if (fortran && shape.filter((n) => n > 1).length > 1) {
    throw dataError(`${where}: an array of texts in Fortran order is not read; save it with numpy.ascontiguousarray.`);
  }
  return { dtype: "text", shape, data: texts };
}

/** The values directly inside a value. */
function inside(value: PickleValue): readonly PickleValue[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value.entries()].flat();
  if (value instanceof Set) return [...value];
  return value instanceof PickledArray && Array.isArray(value.data) ? value.data : undefined;
}

/** @throws DataError for a value that contains itself, or is nested too deeply. */
function requireTree(root: PickleValue, label: string, depth: number): void {
  interface Open {
    readonly value: PickleValue;
    readonly items: readonly PickleValue[];
    next: number;
    /** Nested containers inside, as far as they are known. */
    height: number;
  }
  const open: Open[] = [];
  const onPath = new Set<PickleValue>();
  const heights = new Map<PickleValue, number>();
  const requireDepth = (below: number): void => {
    if (open.length + below <= depth) return;
    throw dataError(`${label}: lists and dicts of the pickle are nested more than ${depth} deep; save plain data.`);
  };
  const enter = (value: PickleValue): void => {
    if (typeof value !== "object" || value === null) return;
    const known = heights.get(value);
    if (known !== undefined) {
      requireDepth(known);
      const parent = open.at(-1);
      if (parent !== undefined) parent.height = Math.max(parent.height, known + 1);
      return;
    }
    if (onPath.has(value)) throw dataError(`${label}: a list or dict of the pickle contains itself; it is not read.`);
    const items = inside(value);
    if (items === undefined) return;
    requireDepth(1);
    onPath.add(value);
    open.push({ value, items, next: 0, height: 1 });
  };
  enter(root);
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    if (last.next < last.items.length) {
      enter(last.items[last.next++]!);
      continue;
    }
    open.pop();
    onPath.delete(last.value);
    heights.set(last.value, last.height);
    const parent = open.at(-1);
    if (parent !== undefined) parent.height = Math.max(parent.height, last.height + 1);
  }
}
