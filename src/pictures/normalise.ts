/** @file Pictures of 8 bits as the numbers that an encoder reads, and as batches. */
import { configError, shapeError } from "../core/errors.ts";
import type { Picture } from "../core/media.ts";
import { float32, type Tensor, tensor } from "../core/tensor.ts";

/** Mean and standard deviation by channel, of values in [0, 1]. */
export interface ColourStatistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Of ImageNet, as all published weights of torchvision expect. */
export const IMAGENET: ColourStatistics = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

/** (x / 255 - mean) / deviation of [..., channels], every step rounded to float32 as torchvision does. @throws ConfigError when the channels differ. */
export function normalise(
  { shape, data }: Tensor<"uint8">,
  { mean, deviation }: ColourStatistics = IMAGENET,
): Tensor<"float32"> {
  const channels = shape.at(-1) ?? 1;
  if (mean.length !== channels || deviation.length !== channels) {
    throw configError(
      `normalisation: ${mean.length} means and ${deviation.length} deviations for ${channels} channels; one of each is needed for a channel.`,
      { channels },
    );
  }
  const { fround } = Math;
  // A picture has 256 values a channel, so each is computed once.
  const values = mean.map((m, c) => {
    const value = (x: number): number => fround(fround(fround(x / 255) - fround(m)) / fround(deviation[c]!));
    return Float32Array.from({ length: 256 }, (_, x) => value(x));
  });
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i += channels) {
    for (let c = 0; c < channels; c++) out[i + c] = values[c]![data[i + c]!]!;
  }
  return float32(shape, out);
}

/** Pictures of one size as an array [pictures, height, width, channels]. @throws ShapeError when sizes differ. */
export function stack(pictures: readonly Picture[]): Tensor<"uint8"> {
  const { height, width, channels } = pictures[0] ?? { height: 0, width: 0, channels: 0 };
  const size = height * width * channels;
  const data = new Uint8Array(pictures.length * size);
  for (const [i, picture] of pictures.entries()) {
    if (picture.height !== height || picture.width !== width || picture.channels !== channels) {
      throw shapeError(
        `picture ${i} has ${picture.height} x ${picture.width} x ${picture.channels} values, the first ${height} x ${width} x ${channels}. Resize them to one size.`,
        { picture: i },
      );
    }
    data.set(picture.data, i * size);
  }
  return tensor("uint8", [pictures.length, height, width, channels], data);
}

/** Picture `i` of [pictures, height, width, channels]; it shares the memory of the array. */
export function pictureAt({ shape, data }: Tensor<"uint8">, i: number): Picture {
  const [, height = 0, width = 0, channels = 0] = shape;
  const size = height * width * channels;
  return { width, height, channels, data: data.subarray(i * size, (i + 1) * size) };
}
