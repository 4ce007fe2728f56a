/**
 * @file Spectrograms by the definition of the library that published work uses. Computed in float64, rounded to float32 at the end.
 *
 * A signal is [samples] of one channel.
 */
import { configError } from "../core/errors.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { applyBank, htkBank, kaldiBank, type MelBank, slaneyBank } from "./mel.ts";
import { centred, type Powers, powerSpectra } from "./power.ts";
import { hann, tukey } from "./windows.ts";

/** What is added before the logarithm of published spectrograms. */
const FLOOR = 1e-7;
/** The smallest energy in Kaldi: the distance of 1 to the next float32. */
const KALDI_FLOOR = 1.1920928955078125e-7;

/** Options of `logStft`. */
export interface StftOptions {
  /** Samples a frame, and the size of the transform. */
  readonly size: number;
  readonly hop: number;
  /** What lies beyond both ends: zeros (librosa since 0.9), or the signal reflected (before). */
  readonly padding?: "zeros" | "reflect";
}

/**
 * ln(|X| + 1e-7) [1 + size / 2, 1 + samples / hop] (frequency x time) of centred frames under a periodic Hann window.
 * Source: `librosa.stft`; the logarithm is that of OGM-GE (Peng et al., CVPR 2022). @throws ConfigError for sizes that are none.
 */
export function logStft(signal: ArrayLike<number>, { size, hop, padding = "zeros" }: StftOptions): Tensor<"float32"> {
  requireWhole({ size, hop });
  const frames = { length: size, hop, size, window: hann(size, "periodic") };
  return byFrequency(powerSpectra(centred(signal, size, padding), frames), (power) =>
    Math.log(Math.sqrt(power) + FLOOR),
  );
}

/** Options of `logSpectrogram`. */
export interface SpectrogramOptions {
  readonly rate: number;
  readonly size: number;
  /** Samples that two frames share, fewer than `size`. */
  readonly overlap: number;
  /** Minus the mean of all values, over their standard deviation (n) + 1e-9: Chen et al., ICASSP 2020 (VGGSound). */
  readonly standardised?: boolean;
}

/**
 * ln(P + 1e-7) [1 + size / 2, frames] (frequency x time), P being the power spectral density of whole frames without their mean, under a
 * periodic Tukey window of taper 0.25. Source: `scipy.signal.spectrogram` with its defaults.
 * @throws DataError when the sound is shorter than a frame, ConfigError for sizes that are none.
 */
export function logSpectrogram(signal: ArrayLike<number>, options: SpectrogramOptions): Tensor<"float32"> {
  const { rate, size, overlap, standardised = false } = options;
  requireWhole({ size, hop: size - overlap });
  const window = tukey(size, 0.25, "periodic");
  const prepare = (frame: Float64Array): void => addMean(frame, -1);
  const powers = powerSpectra(Float64Array.from(signal), { length: size, hop: size - overlap, size, window, prepare });
  const density = 1 / (rate * window.reduce((sum, w) => sum + w * w, 0));
  // One side of the spectrum stands for both; the mean has no other side, nor has the highest bin of an even size.
  const alone = (bin: number): boolean => bin === 0 || 2 * bin === size;
  const log = (power: number, bin: number): number => Math.log(power * density * (alone(bin) ? 1 : 2) + FLOOR);
  return byFrequency(powers, log, standardised);
}

/** Options of `filterBank`. */
export interface FilterBankOptions {
  readonly rate: number;
  readonly filters: number;
  /** Milliseconds of a frame and from one to the next. */
  readonly frame?: number;
  readonly shift?: number;
}

/**
 * Logarithms of mel energies [frames, filters] (time x frequency): whole frames, minus their mean, pre-emphasis 0.97, symmetric Hann window,
 * 20 Hz to half of the rate. Source: Kaldi's `compute-fbank-feats` without dither and energy, as torchaudio's `kaldi.fbank`.
 * @throws DataError when the sound is shorter than a frame.
 */
export function filterBank(signal: ArrayLike<number>, options: FilterBankOptions): Tensor<"float32"> {
  const { rate, filters, frame = 25, shift = 10 } = options;
  const length = Math.floor(rate * frame * 0.001);
  const hop = Math.floor(rate * shift * 0.001);
  requireWhole({ frame: length, hop, filters });
  let size = 1;
  while (size < length) size *= 2;
  const powers = powerSpectra(Float64Array.from(signal), {
    length,
    hop,
    size,
    window: hann(length, "symmetric"),
    prepare: emphasise,
  });
  const energies = applyBank(powers, kaldiBank({ rate, size, filters, lowest: 20, highest: rate / 2 }));
  return float32(
    [powers.frames, filters],
    energies.map((energy) => Math.log(Math.max(energy, KALDI_FLOOR))),
  );
}

/** Options of `melDecibels`. */
export interface MelOptions {
  readonly rate: number;
  readonly size: number;
  readonly hop: number;
  readonly filters: number;
  /** 0 dB is a power of 1, or the largest power of the sound. */
  readonly reference?: "one" | "peak";
}

/**
 * Mel spectrogram in dB [filters, 1 + samples / hop] (frequency x time), at most 80 dB below its peak; Slaney's scale, filters of area 1.
 * Source: `librosa.power_to_db(librosa.feature.melspectrogram(...))`. @throws ConfigError for sizes that are none.
 */
export function melDecibels(signal: ArrayLike<number>, options: MelOptions): Tensor<"float32"> {
  const { rate, size, hop, filters, reference = "one" } = options;
  requireWhole({ size, hop, filters });
  const powers = powerSpectra(centred(signal, size, "zeros"), {
    length: size,
    hop,
    size,
    window: hann(size, "periodic"),
  });
  const mel = throughBank(powers, slaneyBank({ rate, size, filters, lowest: 0, highest: rate / 2 }));
  const decibels = mel.data.map((power) => 10 * Math.log10(Math.max(power, 1e-10)));
  let peak = Number.NEGATIVE_INFINITY;
  for (const value of decibels) peak = Math.max(peak, value);
  const zero = reference === "peak" ? peak : 0;
  return byFrequency({ ...mel, data: decibels }, (value) => Math.max(value, peak - 80) - zero);
}

/** Options of `logMel`. */
export interface LogMelOptions {
  readonly rate: number;
  /** Samples a frame and from one to the next. */
  readonly length: number;
  readonly hop: number;
  /** Size of the transform. */
  readonly size: number;
  readonly filters: number;
  readonly lowest: number;
  readonly highest: number;
}

/**
 * ln(mel energy + 1e-8) [frames, filters] (time x frequency) of whole frames under a symmetric Hann window; HTK's scale, peaks of 1.
 * Source: the data set avdigits. @throws DataError when the sound is shorter than a frame, ConfigError for sizes that are none.
 */
export function logMel(signal: ArrayLike<number>, options: LogMelOptions): Tensor<"float32"> {
  const { length, hop, size, filters } = options;
  requireWhole({ length, hop, size, filters });
  const powers = powerSpectra(Float64Array.from(signal), { length, hop, size, window: hann(length, "symmetric") });
  const energies = applyBank(powers, htkBank(options));
  return float32(
    [powers.frames, filters],
    energies.map((energy) => Math.log(energy + 1e-8)),
  );
}

/** Rows [T, F] at `count` equal distances from the first to the last, linear between two of them: [count, F]. */
export function resampleRows({ shape, data }: Tensor<"float32">, count: number): Tensor<"float32"> {
  const [rows = 1, width = 1] = shape;
  const out = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const place = count === 1 ? 0 : (i * (rows - 1)) / (count - 1);
    const row = Math.min(Math.floor(place), Math.max(0, rows - 2));
    const next = Math.min(row + 1, rows - 1);
    for (let f = 0; f < width; f++) {
      const [a, b] = [data[row * width + f]!, data[next * width + f]!];
      out[i * width + f] = a + (b - a) * (place - row);
    }
  }
  return float32([count, width], out);
}

/** Adds the mean times `factor`. */
function addMean(frame: Float64Array, factor: number): void {
  let sum = 0;
  for (let i = 0; i < frame.length; i++) sum += frame[i]!;
  const added = (factor * sum) / frame.length;
  for (let i = 0; i < frame.length; i++) frame[i]! += added;
}

/** Removes the mean, then 0.97 of the sample before; the first has itself before it. */
function emphasise(frame: Float64Array): void {
  addMean(frame, -1);
  for (let i = frame.length - 1; i > 0; i--) frame[i]! -= 0.97 * frame[i - 1]!;
  frame[0]! -= 0.97 * frame[0]!;
}

function throughBank(powers: Powers, filters: MelBank): Powers {
  return { frames: powers.frames, bins: filters.length, data: applyBank(powers, filters) };
}

/** [frames, bins] as [bins, frames] in float32, each value changed, and all of them standardised if that is wanted. */
function byFrequency(
  { frames, bins, data }: Powers,
  change: (value: number, bin: number) => number,
  standardised = false,
): Tensor<"float32"> {
  const out = new Float64Array(data.length);
  for (let t = 0; t < frames; t++) for (let k = 0; k < bins; k++) out[k * frames + t] = change(data[t * bins + k]!, k);
  if (standardised) standardise(out);
  return float32([bins, frames], out);
}

function standardise(values: Float64Array): void {
  addMean(values, -1);
  let sum = 0;
  for (const value of values) sum += value * value;
  const scale = 1 / (Math.sqrt(sum / values.length) + 1e-9);
  for (let i = 0; i < values.length; i++) values[i]! *= scale;
}

function requireWhole(sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 1) {
      throw configError(`spectrogram: ${name} is ${size}; a whole number from 1 is needed.`, { [name]: size });
    }
  }
}
