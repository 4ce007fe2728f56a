/** @file Features on disk: a line of JSON with a checksum, then the numbers, float32 in little-endian order. */
import * as z from "zod";
import { sha256 } from "../core/hash.ts";
import { sizeOf } from "../core/shape.ts";
import { float32, type Tensor } from "../core/tensor.ts";

/** Changes when the same inputs would give other features. */
export const FORMAT = "dmil-features-1";

/** The first line. */
export interface Heading {
  readonly format: typeof FORMAT;
  /** SHA-256 of the numbers. */
  readonly checksum: string;
  readonly shape: readonly number[];
  /** For people: which array of which data, by which file. */
  readonly about: string;
}

const heading = z.object({
  format: z.literal(FORMAT),
  checksum: z.string(),
  shape: z.array(z.int().min(0)),
  about: z.string(),
});

/** Features as bytes. */
export async function encodeFeatures({ shape, data }: Tensor<"float32">, about: string): Promise<Uint8Array> {
  const numbers = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const line: Heading = { format: FORMAT, checksum: await sha256(numbers), shape, about };
  const head = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
  const bytes = new Uint8Array(head.length + numbers.length);
  bytes.set(head);
  bytes.set(numbers, head.length);
  return bytes;
}

/** The first line of a file of features; undefined if it is none. */
export function headingOf(bytes: Uint8Array): Heading | undefined {
  const end = bytes.subarray(0, 65536).indexOf(10);
  if (end < 0) return undefined;
  try {
    return heading.parse(JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))));
  } catch {
    return undefined;
  }
}

/** Features from bytes; undefined if the file is cut, changed, or of another form. */
export async function decodeFeatures(bytes: Uint8Array): Promise<Tensor<"float32"> | undefined> {
  const line = headingOf(bytes);
  if (line === undefined) return undefined;
  // A copy, because numbers of a Float32Array begin at a multiple of four bytes.
  const numbers = bytes.slice(bytes.indexOf(10) + 1);
  if (numbers.length !== 4 * sizeOf(line.shape) || (await sha256(numbers)) !== line.checksum) return undefined;
  return float32(line.shape, new Float32Array(numbers.buffer));
}
