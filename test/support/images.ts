/** @file Small images and videos whose class shifts their values, so that a step has something to learn. */
import { float32 } from "../../src/core/tensor.ts";
import type { DataSplits, Dataset } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";
import { normals } from "./numbers.ts";

/** Shapes of the samples. */
export const imageShapes = { image: [5, 4], video: [2, 5, 5, 3] };

function images(name: string, seed: number, size: number): Dataset {
  const labels = Int32Array.from({ length: size }, (_, i) => i % 3);
  return {
    name,
    ids: Array.from(labels, (_, i) => `${name}${i}`),
    modalities: Object.fromEntries(
      Object.entries(imageShapes).map(([modality, shape], m) => {
        const values = normals([size, ...shape], seed + m);
        const width = values.length / size;
        const shifted = values.map((v, i) => v + labels[Math.floor(i / width)]!);
        return [modality, float32([size, ...shape], shifted)];
      }),
    ),
    ...classTarget(["x", "y", "z"], labels),
  };
}

/** So many samples of three classes in each split. */
export function imageSplits(size: number): DataSplits {
  return { train: images("train", 1, size), validation: images("validation", 3, size), test: images("test", 5, size) };
}
