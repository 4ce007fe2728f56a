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
    const at = (step: number): number => (row * steps + step) * width;
    const kept = Array.from({ length: steps }, (_, step) => step).filter(
      (step) => valid === undefined || valid[row * steps + step] === 1,
    );
    const chosen = pool === "first" ? [0] : pool === "last" ? [kept.at(-1) ?? steps - 1] : kept;
    const target = out.subarray(row * width, (row + 1) * width);
    for (const step of chosen) for (let d = 0; d < width; d++) target[d]! += data[at(step) + d]!;
    if (chosen.length > 1) for (let d = 0; d < width; d++) target[d]! /= chosen.length;
  }
  return out;
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
