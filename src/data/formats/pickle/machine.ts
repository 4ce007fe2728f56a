/** @file The stack machine of a pickle: its stack, marks and memo, bounded, and how it fails. */
import { type DmilError, dataError } from "../../../core/errors.ts";
import type { PickleInput } from "./input.ts";
import { PickledArray, PickledDtype, PickledName, type PickleValue } from "./values.ts";

/** Limits of a pickle; real files stay far below them. */
export interface PickleLimits {
  /** Values of all kinds that are put on the stack. */
  readonly objects: number;
  /** Lists, tuples, dicts, sets and arrays. */
  readonly containers: number;
  readonly memo: number;
  /** Nested containers, from the outermost to the innermost. */
  readonly depth: number;
}

/** Lists of single numbers are the largest of what people pickle: 80 million numbers and 2 million lists for 10,000 videos with 80 features a word. */
export const PICKLE_LIMITS: PickleLimits = { objects: 2 ** 28, containers: 2 ** 22, memo: 2 ** 23, depth: 100 };

/** A function or class by `module name` that a pickle may name. */
export type PickleNames = Readonly<Record<string, PickledName>>;

/** Gives the value of a persistent id, by which PyTorch refers to storages. @throws DataError for an id of another kind. */
export type Persistent = (id: PickleValue) => PickleValue;

export class PickleMachine {
  readonly input: PickleInput;
  readonly names: PickleNames;
  readonly persistent: Persistent | undefined;
  readonly limits: PickleLimits;
  /** Where the current operation begins, and its name. */
  at = 0;
  operation = "";
  /** The result, once the pickle has stopped. */
  result: { readonly value: PickleValue } | undefined;
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #objects = 0;
  #containers = 0;

  constructor(input: PickleInput, names: PickleNames, persistent: Persistent | undefined, limits: PickleLimits) {
    this.input = input;
    this.names = names;
    this.persistent = persistent;
    this.limits = limits;
  }

  /** An error with the place in the file. */
  error(what: string, fields: Readonly<Record<string, unknown>> = {}): DmilError {
    return dataError(`${this.input.source.label}: ${what} (at byte ${this.at}, ${this.operation}).`, {
      at: this.at,
      ...fields,
    });
  }

  push(value: PickleValue): void {
    if (++this.#objects > this.limits.objects) throw this.#tooMany("values", this.limits.objects);
    if (typeof value === "object" && value !== null && ++this.#containers > this.limits.containers) {
      throw this.#tooMany("lists, dicts and other objects", this.limits.containers);
    }
    this.#stack.push(value);
  }

  #tooMany(what: string, most: number): DmilError {
    return this.error(`more than ${most} ${what}; save numbers as NumPy arrays instead of lists`, { most });
  }

  #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }

  pop(): PickleValue {
    if (this.#stack.length <= this.#floor()) throw this.error("the stack is empty; the file is no valid pickle");
    return this.#stack.pop()!;
  }

  top(): PickleValue {
    if (this.#stack.length <= this.#floor()) throw this.error("the stack is empty; the file is no valid pickle");
    return this.#stack.at(-1)!;
  }

  mark(): void {
    if (this.#marks.length >= 4 * this.limits.depth)
      throw this.error("too many nested marks; the file is no plain data");
    this.#marks.push(this.#stack.length);
  }

  /** The values above the last mark, which is removed. */
  popMark(): PickleValue[] {
    const start = this.#marks.pop();
    if (start === undefined) throw this.error("there is no mark; the file is no valid pickle");
    return this.#stack.splice(start);
  }

  /** Removes the top, or the mark if nothing is above it. */
  drop(): void {
    if (this.#marks.length > 0 && this.#stack.length === this.#floor()) this.#marks.pop();
    else this.pop();
  }

  put(index: number): void {
    if (this.#memo.size >= this.limits.memo) throw this.#tooMany("remembered values", this.limits.memo);
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.error(`value ${index} is used before it is given; the file is no valid pickle`);
    // Not `push`: the value is counted already, and is not copied.
    if (++this.#objects > this.limits.objects) throw this.#tooMany("values", this.limits.objects);
    this.#stack.push(value);
  }

  /** Pushes a function or class by name. @throws DataError if it is not on the list: nothing is imported or run. */
  global(module: string, name: string): void {
    const known = Object.hasOwn(this.names, `${module} ${name}`) ? this.names[`${module} ${name}`] : undefined;
    if (known === undefined) {
      throw this.error(
        `it needs ${module}.${name}, which is not read: nothing in a file is ever run, and only plain values, arrays and tensors are known. ${adviceFor(module)}`,
        { module, name },
      );
    }
    this.push(known);
  }

  call(callable: PickleValue, args: PickleValue): void {
    if (!(callable instanceof PickledName) || callable.call === undefined || !Array.isArray(args)) {
      const what = callable instanceof PickledName ? callable.name : "what is not a function";
      throw this.error(`it calls ${what}, which is not read`);
    }
    try {
      this.push(callable.call(args));
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) {
        throw this.error(`bad arguments of ${callable.name}: ${error.message}`);
      }
      throw error;
    }
  }

  /** Sets the state of a new object. */
  build(object: PickleValue, state: PickleValue): void {
    if (object instanceof PickledArray) this.#buildArray(object, state);
    else if (object instanceof PickledDtype) this.#buildDtype(object, state);
    // Attributes of an OrderedDict, as the version numbers of a state dict, are no part of its entries.
    else if (!(object instanceof Map)) throw this.error("it sets the state of an object that is not read");
  }

  #buildArray(array: PickledArray, state: PickleValue): void {
    const [version, shape, dtype, fortran, data] = Array.isArray(state) && state.length === 5 ? state : [];
    if (version !== 1 || !isShape(shape) || !(dtype instanceof PickledDtype) || data === undefined) {
      throw this.error("the state of a NumPy array is not (1, shape, dtype, order, data); the file is no valid pickle");
    }
    Object.assign(array, { shape, dtype, fortran: fortran === true || fortran === 1, data });
  }

  #buildDtype(dtype: PickledDtype, state: PickleValue): void {
    const [, order, subtype, names, fields] = Array.isArray(state) ? state : [];
    if (typeof order !== "string" || !/^[<>|=]$/.test(order)) {
      throw this.error("the state of a NumPy dtype has no byte order; the file is no valid pickle");
    }
    if (subtype !== null || names !== null || fields !== null) {
      throw this.error("NumPy arrays of records are not read; save each field as an array of its own");
    }
    dtype.descr = order + dtype.descr.slice(1);
  }
}

/** Sizes of axes. */
export function isShape(value: PickleValue | undefined): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= 64 &&
    value.every((n) => typeof n === "number" && Number.isSafeInteger(n) && n >= 0)
  );
}

/** What to do about a class that is not read. */
function adviceFor(module: string): string {
  if (/^pandas\b/.test(module)) {
    return "Save tables of pandas as arrays (table.to_numpy()) or as CSV (table.to_csv(FILE))";
  }
  if (/^torch/.test(module)) {
    return "Save weights as a state dict (torch.save(model.state_dict(), FILE)), other tensors as arrays (tensor.numpy())";
  }
  if (/^scipy\b/.test(module)) return "Save sparse matrices as arrays (matrix.toarray())";
  return "If you trust the file, open it in Python and save only its arrays, lists, texts and numbers";
}
