/**
 * @file Seeded augmentation of batches, as pure functions.
 *
 * What happens to a sample depends on the seed, the epoch and the sample alone: not on its batch, its neighbours or the number of workers.
 */
import { configError } from "../core/errors.ts";
import type { Picture } from "../core/media.ts";
import { type Stream, stream } from "../core/random.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { pictureAt, stack } from "./normalise.ts";
import { type Box, crop, type Kernel, resize } from "./resize.ts";

/** The samples of a batch, and what their chance is drawn from. */
export interface Draw {
  readonly seed: number;
  readonly epoch: number;
  /** The number of each row's sample in the data set. */
  readonly samples: ArrayLike<number>;
}

/** The stream of row `i` for one kind of augmentation. */
function streamOf({ seed, epoch, samples }: Draw, kind: string, i: number): Stream {
  return stream(seed, `augment ${kind} ${samples[i]}`, epoch);
}

/** Options of `randomResizedCrop`; the defaults are those of torchvision. */
export interface CropOptions {
  readonly size: number;
  /** Smallest and largest share of the area. */
  readonly scale?: readonly [number, number];
  /** Smallest and largest width over height. */
  readonly ratio?: readonly [number, number];
  readonly kernel?: Kernel;
}

/** A random part of each picture [B, H, W, C], resized to `size` x `size`. @throws ConfigError for ranges that are none. */
export function randomResizedCrop(batch: Tensor<"uint8">, options: CropOptions, draw: Draw): Tensor<"uint8"> {
  const { size, scale = [0.08, 1], ratio = [3 / 4, 4 / 3], kernel = "bilinear" } = options;
  for (const [name, [low, high]] of Object.entries({ scale, ratio })) {
    if (!(low > 0 && low <= high && high < 100)) {
      throw configError(
        `random crop: ${name} from ${low} to ${high}; allowed are two numbers above 0 and below 100, the smaller first.`,
      );
    }
  }
  return each(batch, (picture, i) => {
    const box = cropBox(picture.width, picture.height, scale, ratio, streamOf(draw, "crop", i));
    return resize(crop(picture, box), size, size, kernel);
  });
}

/** The distribution of torchvision's `RandomResizedCrop`: ten attempts, then the largest middle part of an allowed ratio. */
function cropBox(
  width: number,
  height: number,
  scale: readonly [number, number],
  ratio: readonly [number, number],
  random: Stream,
): Box {
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * between(...scale);
    const aspect = Math.exp(between(Math.log(ratio[0]), Math.log(ratio[1])));
    const w = Math.round(Math.sqrt(area * aspect));
    const h = Math.round(Math.sqrt(area / aspect));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    return { left: random.below(width - w + 1), top: random.below(height - h + 1), width: w, height: h };
  }
  const aspect = Math.min(ratio[1], Math.max(ratio[0], width / height));
  const w = Math.min(width, Math.max(1, Math.round(height * aspect)));
  const h = Math.min(height, Math.max(1, Math.round(width / aspect)));
  return { left: Math.floor((width - w) / 2), top: Math.floor((height - h) / 2), width: w, height: h };
}

/** Each picture [B, H, W, C] mirrored left to right with probability `p`. */
export function randomFlip(batch: Tensor<"uint8">, p: number, draw: Draw): Tensor<"uint8"> {
  requireShare("random flip", p);
  return each(batch, (picture, i) => {
    if (streamOf(draw, "flip", i).uniform() >= p) return picture;
    const { width, height, channels, data } = picture;
    const out = new Uint8Array(data.length);
    for (let row = 0; row < width * height; row += width) {
      for (let x = 0; x < width; x++) {
        const from = (row + width - 1 - x) * channels;
        for (let c = 0; c < channels; c++) out[(row + x) * channels + c] = data[from + c]!;
      }
    }
    return { ...picture, data: out };
  });
}

/** Options of `randomMask`. */
export interface MaskOptions {
  /** The masked axis of a sample: 1 or 2 of [B, 1st, 2nd, ...]; which of them is time depends on the spectrogram. */
  readonly axis: 1 | 2;
  /** A mask has 0 to `widest` positions. */
  readonly widest: number;
  readonly masks?: number;
  /** What masked values become. */
  readonly value?: number;
}

/**
 * Each spectrogram [B, F, T] or [B, T, F] with masks of positions along one axis (time or frequency), of random width and place.
 * Source: Park et al., Interspeech 2019 (SpecAugment). @throws ConfigError for a width or number that is none.
 */
export function randomMask(batch: Tensor<"float32">, options: MaskOptions, draw: Draw): Tensor<"float32"> {
  const { axis, widest, masks = 1, value = 0 } = options;
  const { shape, data } = batch;
  const [rows = 0, first = 1] = shape;
  const length = shape[axis] ?? 1;
  const size = data.length / Math.max(1, rows);
  if (!Number.isInteger(widest) || widest < 0 || widest > length || !Number.isInteger(masks) || masks < 0) {
    throw configError(
      `random mask: ${masks} masks of up to ${widest} positions on an axis of ${length}; allowed are whole numbers, the width at most ${length}.`,
    );
  }
  const out = data.slice();
  const inner = axis === 1 ? size / first : size / (first * length);
  for (let i = 0; i < rows; i++) {
    const random = streamOf(draw, `mask ${axis}`, i);
    for (let m = 0; m < masks; m++) {
      const width = random.below(widest + 1);
      const start = random.below(length - width + 1);
      for (let block = 0; block < size; block += inner * length) {
        const from = i * size + block + start * inner;
        out.fill(value, from, from + width * inner);
      }
    }
  }
  return float32(shape, out);
}

/** What `mixup` mixes: row i becomes `share[i]` of itself and the rest of row `partner[i]`. */
export interface Mixture {
  readonly partner: Uint32Array;
  readonly share: Float64Array;
}

/**
 * Draws the mixture of a batch: shares from Beta(alpha, alpha), partners from the same batch. All modalities and the target use one mixture.
 * Source: Zhang et al., ICLR 2018 (mixup). @throws ConfigError for an alpha that is none.
 */
export function drawMixture(alpha: number, draw: Draw): Mixture {
  if (!(alpha > 0 && alpha <= 1000))
    throw configError(`mixup: alpha is ${alpha}; allowed is a number above 0, up to 1000.`);
  const rows = draw.samples.length;
  const partner = new Uint32Array(rows);
  const share = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const random = streamOf(draw, "mixup", i);
    const [a, b] = [gamma(alpha, random), gamma(alpha, random)];
    share[i] = a + b === 0 ? 1 : a / (a + b);
    partner[i] = random.below(rows);
  }
  return { partner, share };
}

/** Rows [B, ...] mixed: inputs of any modality, or a target as numbers [B, K]. */
export function mixup({ shape, data }: Tensor<"float32">, { partner, share }: Mixture): Tensor<"float32"> {
  const size = data.length / Math.max(1, partner.length);
  const out = new Float32Array(data.length);
  for (let i = 0; i < partner.length; i++) {
    const [own, other] = [i * size, partner[i]! * size];
    for (let j = 0; j < size; j++) out[own + j] = share[i]! * data[own + j]! + (1 - share[i]!) * data[other + j]!;
  }
  return float32(shape, out);
}

/** A draw of Gamma(shape, 1). Source: Marsaglia and Tsang 2000; below 1 by their power of a uniform draw. */
function gamma(shape: number, random: Stream): number {
  if (shape < 1) return gamma(shape + 1, random) * random.uniform() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  while (true) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

function each(batch: Tensor<"uint8">, change: (picture: Picture, i: number) => Picture): Tensor<"uint8"> {
  return stack(Array.from({ length: batch.shape[0] ?? 0 }, (_, i) => change(pictureAt(batch, i), i)));
}

function requireShare(what: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw configError(`${what}: the probability is ${p}; allowed is a number from 0 to 1.`);
}
