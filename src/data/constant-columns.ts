/** @file Features that are constant in the training data. */
import { listing } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { featureCount } from "./dataset.ts";

/** The features (indices in row-major order within a sample) that do not vary over the samples that have the modality. */
export function findConstant(values: Float32Array, width: number, mask: Uint8Array | undefined): number[] {
  const varies = new Uint8Array(width);
  const first = width * Math.max(mask?.indexOf(1) ?? 0, 0);
  for (let start = first + width; start < values.length; start += width) {
    if (mask?.[start / width] === 0) continue;
    for (let f = 0; f < width; f++) if (values[start + f] !== values[first + f]) varies[f] = 1;
  }
  const constant: number[] = [];
  for (let f = 0; f < width; f++) if (varies[f] === 0) constant.push(f);
  return constant;
}

export function constantWarning(where: string, columns: readonly number[], shape: Shape): string {
  const of = featureCount({ shape });
  return `${where}: ${columns.length} of ${of} columns are constant in train (${listing(columns.map(String), 5)}); they carry no information, and standardising gives them scale 1.`;
}
