/** @file Power spectra of the frames of a signal: what all spectrograms begin with. */
import { dataError } from "../core/errors.ts";
import { realFft } from "./fft.ts";

/** How a signal is cut into frames. */
export interface Frames {
  /** Samples a frame. */
  readonly length: number;
  /** Samples from the beginning of a frame to that of the next. */
  readonly hop: number;
  /** Size of the transform, at least `length`: a frame is followed by zeros. */
  readonly size: number;
  /** [length] */
  readonly window: Float64Array;
  /** Changes a frame [length] in place before the window is applied. */
  readonly prepare?: (frame: Float64Array) => void;
}

/** Powers by frame and bin. */
export interface Powers {
  readonly frames: number;
  /** 1 + size / 2, rounded down. */
  readonly bins: number;
  /** |X|^2 as [frames, bins]. */
  readonly data: Float64Array;
}

/** The power spectra of all whole frames. @throws DataError when the signal is shorter than a frame. */
export function powerSpectra(signal: Float64Array, { length, hop, size, window, prepare }: Frames): Powers {
  const frames = 1 + Math.floor((signal.length - length) / hop);
  if (frames < 1) {
    throw dataError(
      `the sound has ${signal.length} samples, fewer than one frame of ${length}. Leave the clip out, or append silence to it.`,
      { samples: signal.length, frame: length },
    );
  }
  const bins = Math.floor(size / 2) + 1;
  const transform = realFft(size);
  const data = new Float64Array(frames * bins);
  const padded = new Float64Array(size);
  const frame = padded.subarray(0, length);
  const spectrum = new Float64Array(2 * size);
  for (let t = 0; t < frames; t++) {
    frame.set(signal.subarray(t * hop, t * hop + length));
    prepare?.(frame);
    for (let i = 0; i < length; i++) frame[i]! *= window[i]!;
    transform(padded, spectrum);
    const row = t * bins;
    for (let k = 0; k < bins; k++) {
      const [real, imaginary] = [spectrum[2 * k]!, spectrum[2 * k + 1]!];
      data[row + k] = real * real + imaginary * imaginary;
    }
  }
  return { frames, bins, data };
}

/** The signal with `size / 2` samples added on both sides, so that frame t has its middle at sample t * hop. */
export function centred(signal: ArrayLike<number>, size: number, padding: "zeros" | "reflect"): Float64Array {
  const n = signal.length;
  const side = Math.floor(size / 2);
  const out = new Float64Array(n + 2 * side);
  if (padding === "zeros" || n === 0) {
    out.set(signal, side);
    return out;
  }
  // The edge itself is not repeated; a signal shorter than the padding is reflected again and again.
  const period = Math.max(1, 2 * (n - 1));
  for (let i = 0; i < out.length; i++) {
    const at = (((i - side) % period) + period) % period;
    out[i] = signal[at < n ? at : period - at]!;
  }
  return out;
}
