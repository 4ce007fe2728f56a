/** @file The bytes of a pickle from front to back, through a window that is refilled; long strings are passed over without being read. */
import type { ByteSource } from "../../../core/bytes.ts";
import { dataError } from "../../../core/errors.ts";

/** Bytes that an operation may need at once: its sizes, and a short string. */
const AHEAD = 8192;
const WINDOW = 2 ** 20;
/** Longest line of protocol 0, in which numbers and texts are lines. */
const MAX_LINE = 2 ** 26;

export class PickleInput {
  readonly source: ByteSource;
  /** Position in the file. */
  at = 0;
  #window: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#window.buffer);
  #start = 0;

  constructor(source: ByteSource) {
    this.source = source;
  }

  /** Whether `fill` must be called before the next operation. */
  get low(): boolean {
    const end = this.#start + this.#window.length;
    return (this.at + AHEAD > end || this.at < this.#start) && end < this.source.size;
  }

  async fill(size: number = WINDOW): Promise<void> {
    if (this.at > this.source.size) throw this.#cutOff(this.at);
    this.#window = await this.source.read(this.at, Math.min(this.source.size, this.at + size));
    this.#view = new DataView(this.#window.buffer, this.#window.byteOffset, this.#window.length);
    this.#start = this.at;
  }

  /** Fills the window until it has whole lines. @throws DataError for a line that does not end. */
  async fillLines(count: number): Promise<void> {
    for (let size = WINDOW; !this.#hasLines(count); size *= 2) {
      if (this.#start + this.#window.length >= this.source.size) throw this.#cutOff(this.source.size);
      if (size > MAX_LINE) {
        throw dataError(
          `${this.source.label}: a line of more than ${MAX_LINE / 2} bytes at byte ${this.at}; the file is damaged, or arrays are saved with protocol 0. Save them anew: pickle.dump(data, file, protocol=4).`,
          { at: this.at },
        );
      }
      await this.fill(2 * size);
    }
  }

  #hasLines(count: number): boolean {
    let at = this.at - this.#start;
    for (let i = 0; i < count; i++) {
      const end = this.#window.indexOf(10, at);
      if (end < 0) return false;
      at = end + 1;
    }
    return true;
  }

  /** The next bytes, which stay valid until the window is refilled. */
  take(count: number): Uint8Array {
    const from = this.at - this.#start;
    if (count > this.#window.length - from) throw this.#cutOff(this.at + count);
    this.at += count;
    return this.#window.subarray(from, from + count);
  }

  line(): Uint8Array {
    const line = this.take(this.#window.indexOf(10, this.at - this.#start) - (this.at - this.#start));
    this.at++;
    return line;
  }

  /** Passes over bytes, which must be in the file, and returns where they begin. */
  skip(count: number): number {
    const start = this.at;
    if (count > this.source.size - start) throw this.#cutOff(start + count);
    this.at += count;
    return start;
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  uint16(): number {
    return this.#number(2, (view, at) => view.getUint16(at, true));
  }

  uint32(): number {
    return this.#number(4, (view, at) => view.getUint32(at, true));
  }

  int32(): number {
    return this.#number(4, (view, at) => view.getInt32(at, true));
  }

  /** A length of eight bytes; one beyond 2^53 is larger than any file and is found to be so. */
  uint64(): number {
    return this.#number(8, (view, at) => Number(view.getBigUint64(at, true)));
  }

  /** Big-endian, unlike all other numbers of a pickle. */
  float64(): number {
    return this.#number(8, (view, at) => view.getFloat64(at, false));
  }

  #number(size: number, read: (view: DataView, at: number) => number): number {
    const at = this.at - this.#start;
    if (size > this.#window.length - at) throw this.#cutOff(this.at + size);
    this.at += size;
    return read(this.#view, at);
  }

  #cutOff(needed: number): Error {
    const { label, size } = this.source;
    return dataError(
      `${label}: the pickle is cut off: it has ${size} bytes and needs at least ${needed}. Copy or download the file again.`,
      { size, needed },
    );
  }
}
