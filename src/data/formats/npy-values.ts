/** @file Elements of .npy that JavaScript has no array for: floats of 16 bits and texts of fixed width. */
import { dataError } from "../../core/errors.ts";
import type { ElementType } from "./npy-element.ts";

/** Floats of 16 bits as float32, which holds every one of them exactly: IEEE's half (`f2`), or the upper half of a float32 (`V2`, bfloat16). */
export function floatsOf(bits: Uint16Array, kind: "f2" | "V2"): Float32Array {
  const out = new Float32Array(bits.length);
  const words = new Uint32Array(out.buffer);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i]!;
    if (kind === "V2") {
      words[i] = half << 16;
      continue;
    }
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 0) out[i] = (half & 0x8000 ? -1 : 1) * fraction * 2 ** -24;
    else words[i] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
  }
  return out;
}

/** Texts of fixed width, filled up with zeros: code points (`U`, in this machine's byte order) or UTF-8 (`S`). @throws DataError for others. */
export function textsOf(bytes: Uint8Array<ArrayBuffer>, { kind, itemSize }: ElementType, where: string): string[] {
  const bad = (index: number, what: string): Error =>
    dataError(`${where}: text ${index} (from 0) ${what}`, { where, index });
  const count = bytes.length / itemSize;
  if (kind === "U") {
    const points = new Uint32Array(bytes.buffer);
    const width = itemSize / 4;
    return Array.from({ length: count }, (_, i) => {
      let end = (i + 1) * width;
      while (end > i * width && points[end - 1] === 0) end--;
      const text = points.subarray(i * width, end);
      if (text.some((point) => point > 0x10ffff || (point >= 0xd800 && point < 0xe000))) {
        throw bad(i, "holds a number that is no character; the file is damaged. Write it again.");
      }
      return String.fromCodePoint(...text);
    });
  }
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return Array.from({ length: count }, (_, i) => {
    let end = (i + 1) * itemSize;
    while (end > i * itemSize && bytes[end - 1] === 0) end--;
    try {
      return decoder.decode(bytes.subarray(i * itemSize, end));
    } catch {
      throw bad(i, "is not UTF-8; save the texts with .astype(str).");
    }
  });
}
