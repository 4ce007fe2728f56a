/** @file Banks of triangular filters on mel scales. "Mel" names several scales and several triangles: each function names its own. */
import { configError } from "../core/errors.ts";
import type { Powers } from "./power.ts";

/** Filters over the bins of a power spectrum; each is zero outside its own bins. */
export type MelBank = readonly { readonly first: number; readonly weights: Float64Array }[];

/** A scale of frequencies in mel and its inverse. */
interface Scale {
  readonly mel: (hertz: number) => number;
  readonly hertz: (mel: number) => number;
}

/** 2595 log10(1 + f / 700), as in HTK. */
const HTK: Scale = {
  mel: (hertz) => 2595 * Math.log10(1 + hertz / 700),
  hertz: (mel) => 700 * (10 ** (mel / 2595) - 1),
};

/** Linear below 1000 Hz and logarithmic above, as in Slaney's Auditory Toolbox (1998) and, by default, in librosa. */
const SLANEY: Scale = {
  mel: (hertz) => (hertz < 1000 ? (3 * hertz) / 200 : 15 + (27 * Math.log(hertz / 1000)) / Math.log(6.4)),
  hertz: (mel) => (mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27)),
};

/** 1127 ln(1 + f / 700), as in Kaldi. */
const KALDI: Scale = {
  mel: (hertz) => 1127 * Math.log(1 + hertz / 700),
  hertz: (mel) => 700 * (Math.exp(mel / 1127) - 1),
};

/** Where the filters lie. */
export interface Band {
  /** Samples a second. */
  readonly rate: number;
  /** Size of the transform. */
  readonly size: number;
  /** Number of filters. */
  readonly filters: number;
  /** The first filter begins, and the last ends, at these frequencies in Hz. */
  readonly lowest: number;
  readonly highest: number;
}

/** Triangles in Hz between points of the scale of HTK, with peaks of 1. */
export function htkBank(band: Band): MelBank {
  return bank(
    band,
    HTK,
    (hertz) => hertz,
    () => 1,
  );
}

/** Triangles in Hz between points of Slaney's scale, each of area 1 (in Hz): `librosa.filters.mel` with its defaults. */
export function slaneyBank(band: Band): MelBank {
  return bank(
    band,
    SLANEY,
    (hertz) => hertz,
    (low, high) => 2 / (high - low),
  );
}

/** Triangles in mel of Kaldi, with peaks of 1; the last bin of the spectrum is in no filter. */
export function kaldiBank(band: Band): MelBank {
  return bank(band, KALDI, KALDI.mel, () => 1).map(({ first, weights }) => ({
    first,
    weights: weights.subarray(0, Math.max(0, Math.floor(band.size / 2) - first)),
  }));
}

/** Energies [frames, filters] of a power spectrogram. */
export function applyBank({ frames, bins, data }: Powers, filters: MelBank): Float64Array {
  const out = new Float64Array(frames * filters.length);
  for (let t = 0; t < frames; t++) {
    for (let f = 0; f < filters.length; f++) {
      const { first, weights } = filters[f]!;
      const start = t * bins + first;
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * data[start + k]!;
      out[t * filters.length + f] = sum;
    }
  }
  return out;
}

/** Filters between points at equal distances in mel; `axis` is where they are triangles, `peak` how high they are. */
function bank(
  band: Band,
  scale: Scale,
  axis: (hertz: number) => number,
  peak: (low: number, high: number) => number,
): MelBank {
  const { rate, size, filters, lowest, highest } = band;
  if (!(lowest >= 0 && lowest < highest && highest <= rate / 2)) {
    throw configError(
      `mel bands from ${lowest} to ${highest} Hz at ${rate} samples a second; they must lie between 0 and ${rate / 2} Hz. Change their limits, or resample the sound.`,
      { lowest, highest, rate },
    );
  }
  const from = scale.mel(lowest);
  const step = (scale.mel(highest) - from) / (filters + 1);
  const points = Array.from({ length: filters + 2 }, (_, i) => scale.hertz(from + i * step));
  const bins = Float64Array.from({ length: Math.floor(size / 2) + 1 }, (_, k) => axis((k * rate) / size));
  return Array.from({ length: filters }, (_, f) => {
    const [low, middle, high] = [points[f]!, points[f + 1]!, points[f + 2]!];
    const [left, centre, right] = [axis(low), axis(middle), axis(high)];
    const height = peak(low, high);
    const weights = bins.map(
      (x) => height * Math.max(0, Math.min((x - left) / (centre - left), (right - x) / (right - centre))),
    );
    const first = weights.findIndex((w) => w > 0);
    if (first < 0) return { first: 0, weights: new Float64Array(0) }; // narrower than the distance of two bins
    return { first, weights: weights.slice(first, weights.findLastIndex((w) => w > 0) + 1) };
  });
}
