/** @file Spectra of real signals of any length: fft.js for powers of two, Bluestein's algorithm for the others. */
import FFT from "fft.js";
import { configError } from "../core/errors.ts";

/** The spectrum of `input` [size] into `out`: real and imaginary parts in turn of the bins 0 to size / 2; `out` has room for 2 * size. */
export type RealFft = (input: Float64Array, out: Float64Array) => void;

/** Largest size: ten minutes at 44.1 kHz in one frame, far above what a spectrogram has. */
const LARGEST = 2 ** 25;

/** A transform of real signals of `size` samples. Not scaled, as in NumPy. @throws ConfigError for a size that is none. */
export function realFft(size: number): RealFft {
  if (!Number.isInteger(size) || size < 1 || size > LARGEST) {
    throw configError(`FFT size: ${size} given; allowed is a whole number from 1 to ${LARGEST}.`, { size });
  }
  if (size === 1) {
    return (input, out) => {
      out[0] = input[0]!;
      out[1] = 0;
    };
  }
  if ((size & (size - 1)) !== 0) return bluestein(size);
  const fft = new FFT(size);
  return (input, out) => fft.realTransform(out, input);
}

/**
 * A transform of any size as a circular convolution with a chirp, whose size is a power of two.
 * Source: Bluestein 1970, "A linear filtering approach to the computation of discrete Fourier transform".
 */
function bluestein(size: number): RealFft {
  let padded = 2;
  while (padded < 2 * size - 1) padded *= 2;
  const fft = new FFT(padded);
  // exp(-i pi k^2 / size); k^2 modulo 2 size keeps the angle exact.
  const chirp = new Float64Array(2 * size);
  for (let k = 0; k < size; k++) {
    const angle = (Math.PI * ((k * k) % (2 * size))) / size;
    chirp[2 * k] = Math.cos(angle);
    chirp[2 * k + 1] = -Math.sin(angle);
  }
  const filter = new Float64Array(2 * padded);
  for (let k = 0; k < size; k++) {
    for (const at of k === 0 ? [0] : [k, padded - k]) {
      filter[2 * at] = chirp[2 * k]!;
      filter[2 * at + 1] = -chirp[2 * k + 1]!;
    }
  }
  const response = new Float64Array(2 * padded);
  fft.transform(response, filter);
  const work = new Float64Array(2 * padded);
  const spectrum = new Float64Array(2 * padded);
  return (input, out) => {
    work.fill(0);
    for (let k = 0; k < size; k++) {
      work[2 * k] = input[k]! * chirp[2 * k]!;
      work[2 * k + 1] = input[k]! * chirp[2 * k + 1]!;
    }
    fft.transform(spectrum, work);
    multiply(spectrum, response, padded);
    fft.inverseTransform(work, spectrum);
    out.set(work.subarray(0, 2 * (Math.floor(size / 2) + 1)));
    multiply(out, chirp, Math.floor(size / 2) + 1);
  };
}

/** `a` times `b`, complex, into `a`. */
function multiply(a: Float64Array, b: Float64Array, count: number): void {
  for (let k = 0; k < 2 * count; k += 2) {
    const real = a[k]! * b[k]! - a[k + 1]! * b[k + 1]!;
    a[k + 1] = a[k]! * b[k + 1]! + a[k + 1]! * b[k]!;
    a[k] = real;
  }
}
