/** @file Spectrograms of published work by name. */
import { configError, dataError, hint } from "../core/errors.ts";
import type { Audio } from "../core/media.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { filterBank, logMel, logSpectrogram, logStft, melDecibels, resampleRows } from "./spectrograms.ts";

/** One spectrogram by name. */
export interface Preset {
  readonly name: string;
  /** Samples a second that the sound must have: resample it when it is read. */
  readonly rate: number;
  /** What it is and whose, in one sentence. */
  readonly what: string;
  /** The axes of the result; a size that depends on the length of the sound is a letter. */
  readonly shape: readonly (number | string)[];
  /** @throws DataError for a sound that is too short. */
  compute(audio: Audio): Tensor<"float32">;
}

const RECORDS: readonly Preset[] = [
  {
    name: "stft-ogm",
    rate: 22_050,
    what: "OGM-GE on CREMA-D: three seconds (the clip repeated), limited to [-1, 1], ln(|STFT| + 1e-7), 512 / 353.",
    shape: [257, 188],
    compute: (audio) => logStft(limited(repeated(mono(audio), 66_150)), { size: 512, hop: 353 }),
  },
  {
    name: "stft-ogm-vggsound",
    rate: 16_000,
    what: "OGM-GE on VGGSound: the middle five seconds (the clip repeated to ten where it is shorter), limited to [-1, 1], 256 / 128.",
    shape: [129, 626],
    compute(audio) {
      const sound = mono(audio);
      const whole = sound.length < 160_000 ? repeated(sound, 160_000) : sound;
      const start = Math.floor((whole.length - 80_000) / 2);
      return logStft(limited(whole.slice(start, start + 80_000)), { size: 256, hop: 128 });
    },
  },
  {
    name: "stft-pmr",
    rate: 16_000,
    what: "PMR and the authors of VGGSound: ten seconds (the clip repeated), ln(density + 1e-7), standardised by clip, 512 / 159.",
    shape: [257, 1004],
    compute: (audio) =>
      logSpectrogram(repeated(mono(audio), 160_000), { rate: 16_000, size: 512, overlap: 353, standardised: true }),
  },
  {
    name: "fbank-ks",
    rate: 16_000,
    what: "Kinetic-Sounds: Kaldi's filter bank of 128, the first 1024 frames, padded by 0, then (x + 4.503877) / (2 * 5.141276).",
    shape: [1024, 128],
    compute: kineticSounds,
  },
  {
    name: "mel",
    rate: 22_050,
    what: "librosa's mel spectrogram of 64 filters in dB, at most 80 below the peak, 2048 / 512.",
    shape: [64, "T"],
    compute: (audio) => melDecibels(mono(audio), { rate: 22_050, size: 2048, hop: 512, filters: 64 }),
  },
  {
    name: "logmel",
    rate: 8000,
    what: "avdigits: 20 mel bands of HTK from 100 to 4000 Hz, ln(power + 1e-8), resampled in time to 24 frames.",
    shape: [24, 20],
    compute: (audio) =>
      resampleRows(
        logMel(mono(audio), { rate: 8000, length: 200, hop: 80, size: 256, filters: 20, lowest: 100, highest: 4000 }),
        24,
      ),
  },
];

/** All spectrograms by name. */
export const PRESETS: ReadonlyMap<string, Preset> = new Map(RECORDS.map((preset) => [preset.name, preset]));

/** The spectrogram of a name. @throws ConfigError for a name that is none. */
export function presetOf(name: string): Preset {
  const preset = PRESETS.get(name);
  if (preset === undefined) {
    throw configError(`unknown spectrogram "${name}"${hint(name, [...PRESETS.keys()])}`, { name });
  }
  return preset;
}

/** The spectrogram of a sound. @throws ConfigError for a name that is none or another rate, DataError for a sound that is too short. */
export function spectrogram(audio: Audio, name: string): Tensor<"float32"> {
  const preset = presetOf(name);
  if (audio.rate !== preset.rate) {
    throw configError(
      `${name}: the sound has ${audio.rate} samples a second; ${name} is defined at ${preset.rate}. Resample the sound when it is read.`,
      { name, rate: audio.rate },
    );
  }
  return preset.compute(audio);
}

/** The mean of all channels [samples], in float64. */
export function mono({ channels }: Audio): Float64Array {
  const out = Float64Array.from(channels[0] ?? []);
  for (const channel of channels.slice(1)) for (let i = 0; i < out.length; i++) out[i]! += channel[i]!;
  return channels.length > 1 ? out.map((x) => x / channels.length) : out;
}

/** The sound again and again up to `count` samples; what is longer is cut. */
function repeated(signal: Float64Array, count: number): Float64Array {
  if (signal.length === 0) throw dataError("the sound has no samples. Leave the clip out.", { samples: 0 });
  return Float64Array.from({ length: count }, (_, i) => signal[i % signal.length]!);
}

function limited(signal: Float64Array): Float64Array {
  return signal.map((x) => Math.min(1, Math.max(-1, x)));
}

/** The first channel minus the mean of all, as the published script does. */
function kineticSounds(audio: Audio): Tensor<"float32"> {
  const all = mono(audio);
  const mean = all.reduce((sum, x) => sum + x, 0) / Math.max(1, all.length);
  const bank = filterBank(
    Float64Array.from(audio.channels[0] ?? [], (x) => x - mean),
    { rate: audio.rate, filters: 128 },
  );
  const out = new Float64Array(1024 * 128);
  out.set(bank.data.subarray(0, out.length));
  return float32(
    [1024, 128],
    out.map((x) => (x + 4.503877) / (2 * 5.141276)),
  );
}
