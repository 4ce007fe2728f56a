/** @file Samples as the inputs of a frozen network: the type and shape that it reads, masks of valid steps, token types, positions. */
import { dataError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { featureCount } from "../data/dataset.ts";
import { FEEDS, type Feed, type FeedType } from "../runtime/any-model.ts";
import type { FeedPlan, Role } from "./inputs.ts";

/** The feeds of some samples, and where their steps are valid: [rows, T] with 1 or 0, undefined if nothing is padding. */
export interface Fed {
  readonly feeds: Readonly<Record<string, Feed>>;
  readonly valid: Uint8Array | undefined;
}

/**
 * Feeds the samples at `rows`. @throws DataError for numbers that are not finite, except in steps of [T, F] that are NaN throughout, which
 * are padding; and for token ids that are not whole numbers.
 */
export function feedsOf(plan: FeedPlan, samples: Tensor<"float32">, rows: ArrayLike<number>): Fed {
  const width = featureCount(samples);
  const ids = plan.type === "int32" || plan.type === "int64";
  let values = gathered(samples.data, rows, width);
  let valid: Uint8Array | undefined;
  if (ids || !allFinite(values)) {
    values = values.slice();
    if (plan.steps !== undefined) valid = validSteps(values, plan.steps, rows, ids);
    requireNumbers(values, width, rows, ids);
  }
  const { steps = 0 } = plan;
  const extras = plan.extras.map(({ name, type, role }): [string, Feed] => {
    const numbers = Float32Array.from({ length: rows.length * steps }, (_, i) => extra(role, i, steps, valid));
    return [name, feed(type, [rows.length, steps], numbers)];
  });
  const ordered = moved(values, samples.shape.slice(1), plan.layout);
  return {
    feeds: {
      [plan.name]: feed(plan.type, [rows.length, ...plan.shape], ordered),
      ...Object.fromEntries(extras),
    },
    valid: valid?.includes(0) ? valid : undefined,
  };
}

/** The rows of an array, as a view of it where they follow each other. */
function gathered(data: Float32Array, rows: ArrayLike<number>, width: number): Float32Array<ArrayBuffer> {
  const first = rows[0]!;
  if (Array.from(rows).every((row, i) => row === first + i) && data.buffer instanceof ArrayBuffer) {
    return new Float32Array(data.buffer, data.byteOffset + 4 * first * width, rows.length * width);
  }
  const values = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    values.set(data.subarray(rows[i]! * width, (rows[i]! + 1) * width), i * width);
  }
  return values;
}

/** The bits of the exponent of a float32, which are all set in NaN and infinities. */
const EXPONENT = 0x7f800000;

/** Whether all numbers are finite; a loop without calls, because it runs over every number that is encoded. */
export function allFinite(values: Float32Array): boolean {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & EXPONENT) === EXPONENT) return false;
  return true;
}

function extra(role: Role, index: number, steps: number, valid: Uint8Array | undefined): number {
  if (role === "positions") return index % steps;
  return role === "types" ? 0 : (valid?.[index] ?? 1);
}

/** Where steps are valid, [rows, T]; padding becomes 0 in place. */
function validSteps(values: Float32Array, steps: number, rows: ArrayLike<number>, ids: boolean): Uint8Array {
  const count = rows.length * steps;
  const width = values.length / count;
  const valid = new Uint8Array(count);
  for (let at = 0; at < count; at++) {
    const step = values.subarray(at * width, (at + 1) * width);
    if (step.every(Number.isNaN)) step.fill(0);
    else valid[at] = ids && step[0] === 0 ? 0 : 1;
  }
  return valid;
}

function requireNumbers(values: Float32Array, width: number, rows: ArrayLike<number>, ids: boolean): void {
  const bad = values.findIndex((value) => (ids ? !Number.isInteger(value) : !Number.isFinite(value)));
  if (bad < 0) return;
  const row = rows[Math.floor(bad / width)]!;
  throw dataError(
    `row ${row} (from 0), number ${bad % width}, is ${values[bad]}; ${ids ? "the encoder reads token ids, which are whole numbers" : "finite numbers are needed"}.`,
    { row },
  );
}

/** Moves channels: [H, W, C] to [C, H, W] for `channels-last`, the other way for `channels-first`. */
function moved(
  values: Float32Array<ArrayBuffer>,
  sample: readonly number[],
  layout: FeedPlan["layout"],
): Float32Array<ArrayBuffer> {
  if (layout === "as-is" || sample.length < 2) return values;
  const size = sizeOf(sample);
  const channels = layout === "channels-last" ? sample.at(-1)! : sample[0]!;
  // One transpose of [outer, inner] for each sample.
  const [outer, inner] = layout === "channels-last" ? [size / channels, channels] : [channels, size / channels];
  const out = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += size) {
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) out[start + i * outer + o] = values[start + o * inner + i]!;
    }
  }
  return out;
}

function feed(type: FeedType, shape: readonly number[], values: Float32Array<ArrayBuffer>): Feed {
  if (type === "float32") return { type, shape, data: values };
  return { type, shape, data: type === "int64" ? BigInt64Array.from(values, BigInt) : FEEDS[type].from(values) };
}
