/** @file From the output of a frozen network to features: steps are pooled, maps averaged. */
import { configError, dataError } from "../core/errors.ts";
import { formatShape, type Shape, sizeOf } from "../core/shape.ts";
import type { FrozenModel } from "../encoders/encoder.ts";

type Pool = FrozenModel["pool"];

/** The pooling of an output [B, ...axes] and the shape of its features. @throws ConfigError for a choice that it does not have. */
export function poolingOf(axes: Shape, wanted: Pool | undefined, where: string): { pool: Pool; features: Shape } {
  const shape = `[batch, ${axes.join(", ")}]`;
  if (axes.length <= 1) {
    if (wanted !== undefined && wanted !== "none") {
      throw configError(`${where} is ${shape}, so there are no steps to pool; remove pool ${wanted}.`);
    }
    return { pool: "none", features: axes.length === 0 ? [1] : axes };
  }
  if (wanted === "none") return { pool: "none", features: axes };
  if (axes.length === 2) return { pool: wanted ?? "mean", features: [axes[1]!] };
  if (axes.length === 3 && (wanted ?? "mean") === "mean") return { pool: "mean", features: [axes[0]!] };
  throw configError(
    `${where} is ${shape}; ${axes.length === 3 ? `maps [batch, channels, height, width] have pool mean or none, not ${wanted}` : "pool none keeps all of its numbers, and other outputs can be chosen with output"}.`,
  );
}

/**
 * Pools an output [rows, ...axes] to [rows, features]; `valid` [rows, T] marks the steps that are no padding.
 * @throws DataError if the output has other steps than the samples, so that it is not known which are padding.
 */
export function pooled(
  data: Float32Array,
  axes: Shape,
  pool: Pool,
  valid: Uint8Array | undefined,
  rows: number,
): Float32Array {
  if (pool === "none" || axes.length < 2) return data;
  if (axes.length === 3) return meanOfMaps(data, axes, rows);
  const [steps, width] = axes as [number, number];
  if (valid !== undefined && pool !== "first" && valid.length !== rows * steps) {
    throw dataError(
      `samples have ${valid.length / rows} steps with padding, and the output ${formatShape(axes)} has ${steps}, so it is not known which of them are padding. Choose pool first or none, or another output.`,
    );
  }
  const out = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const at = row * steps;
    const isValid = (step: number): boolean => valid === undefined || valid[at + step] === 1;
    let from = 0;
    let to = steps;
    if (pool === "first") to = 1;
    if (pool === "last") {
      to = steps;
      while (to > 1 && !isValid(to - 1)) to--;
      from = to - 1;
    }
    let count = 0;
    for (let step = from; step < to; step++) {
      if (pool === "mean" && !isValid(step)) continue;
      addTo(out, row * width, data, (at + step) * width, width);
      count++;
    }
    if (count > 1) for (let d = row * width; d < (row + 1) * width; d++) out[d]! /= count;
  }
  return out;
}

/** Adds `width` numbers of `data` to those of `out`. */
function addTo(out: Float32Array, to: number, data: Float32Array, from: number, width: number): void {
  for (let d = 0; d < width; d++) out[to + d]! += data[from + d]!;
}

function meanOfMaps(data: Float32Array, axes: Shape, rows: number): Float32Array {
  const channels = axes[0]!;
  const area = sizeOf(axes) / channels;
  const out = new Float32Array(rows * channels);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let at = i * area; at < (i + 1) * area; at++) sum += data[at]!;
    out[i] = sum / area;
  }
  return out;
}
