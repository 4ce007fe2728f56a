/** @file Spectrograms against librosa, SciPy and torchaudio, and against the arrays of a real data set. */
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Tensor } from "../../src/core/tensor.ts";
import { readArray } from "../../src/data/formats/npy.ts";
import { readWav } from "../../src/data/readers/wav.ts";
import { PRESETS, spectrogram } from "../../src/signal/presets.ts";
import { filterBank, logSpectrogram, logStft, melDecibels, resampleRows } from "../../src/signal/spectrograms.ts";
import { hann, tukey } from "../../src/signal/windows.ts";
import { caught } from "../data/fixtures/reference.ts";
import { farthest, golden, numbersOf, type Packed } from "../golden/media.ts";

interface Case {
  /** The whole array, of which the file has every n-th row. */
  readonly shape?: readonly number[];
  readonly every?: number;
  readonly values: Packed;
}
const { inputs, cases } = golden<{
  inputs: Record<string, { rate: number; samples: Packed }>;
  cases: Record<string, Case>;
}>("signal");

const signalOf = (name: string): Float64Array => Float64Array.from(numbersOf(inputs[name]!.samples), (x) => x / 32768);
const named = (kind: string): [string, Case][] => Object.entries(cases).filter(([name]) => name.startsWith(`${kind} `));

/** Compares with the rows that are stored. */
function near({ shape, data }: Tensor, wanted: Case, tolerance: number): void {
  expect(shape).toEqual(wanted.shape ?? wanted.values.shape);
  const width = shape[1]!;
  const kept = Array.from(data, Number).filter((_, i) => Math.floor(i / width) % (wanted.every ?? 1) === 0);
  expect(farthest(kept, numbersOf(wanted.values))).toBeLessThan(tolerance);
}

test.each(named("stft"))("%s equals librosa", (name, wanted) => {
  const [, input, size, hop, padding] = name.split(" ");
  near(
    logStft(signalOf(input!), { size: Number(size), hop: Number(hop), padding: padding as "zeros" | "reflect" }),
    wanted,
    1e-5,
  );
});

test.each([...named("spectrogram"), ...named("standardised")])("%s equals SciPy", (name, wanted) => {
  const [kind, input] = name.split(" ");
  const options = { rate: inputs[input!]!.rate, size: 512, overlap: 353, standardised: kind === "standardised" };
  near(logSpectrogram(signalOf(input!), options), wanted, 5e-5);
});

test.each(named("fbank"))("%s equals Kaldi", (name, wanted) => {
  const input = name.split(" ")[1]!;
  const signal = signalOf(input);
  const mean = signal.reduce((sum, x) => sum + x, 0) / signal.length;
  near(
    filterBank(
      signal.map((x) => x - mean),
      { rate: inputs[input]!.rate, filters: 128 },
    ),
    wanted,
    5e-4,
  );
});

test.each(named("mel"))("%s equals librosa", (name, wanted) => {
  const input = name.split(" ")[1]!;
  near(melDecibels(signalOf(input), { rate: inputs[input]!.rate, size: 2048, hop: 512, filters: 64 }), wanted, 5e-5);
});

test("0 dB may be the peak", () => {
  const options = { rate: 16_000, size: 2048, hop: 512, filters: 64 };
  const one = melDecibels(signalOf("b"), options).data;
  const peak = melDecibels(signalOf("b"), { ...options, reference: "peak" }).data;
  expect(Math.max(...peak)).toBe(0);
  expect(
    farthest(
      one.map((x) => x - Math.max(...one)),
      peak,
    ),
  ).toBeLessThan(1e-5);
});

test.each(named("window"))("%s equals SciPy", (name, { values }) => {
  const [, kind, size, form] = name.split(" ");
  const made = kind === "hann" ? hann(Number(size), form as "periodic") : tukey(Number(size), 0.25, form as "periodic");
  expect(farthest(made, numbersOf(values))).toBeLessThan(1e-15);
});

test("rows between rows", () => {
  const rows = { dtype: "float32", shape: [3, 1], data: Float32Array.of(0, 2, 6) } as const;
  expect([...resampleRows(rows, 5).data]).toEqual([0, 1, 2, 4, 6]);
  expect([...resampleRows(rows, 1).data]).toEqual([0]);
  expect([...resampleRows({ ...rows, shape: [1, 3] }, 2).data]).toEqual([0, 2, 6, 0, 2, 6]);
});

test("presets have the shape that they state", () => {
  for (const preset of PRESETS.values()) {
    const audio = {
      rate: preset.rate,
      channels: [Float32Array.from({ length: 4 * preset.rate }, (_, i) => Math.sin(i) / 2)],
    };
    const { shape } = spectrogram(audio, preset.name);
    expect(shape).toEqual(preset.shape.map((size) => (size === "T" ? 173 : size)));
  }
});

test("a sound that is repeated equals one that repeats itself", () => {
  const once = Float32Array.from({ length: 22_050 }, (_, i) => Math.sin(i * i * 1e-5));
  const thrice = Float32Array.from({ length: 66_150 }, (_, i) => once[i % once.length]!);
  const [a, b] = [once, thrice].map((channel) => spectrogram({ rate: 22_050, channels: [channel] }, "stft-ogm").data);
  expect(a).toEqual(b);
});

test("padding of a filter bank is 0 before it is scaled", () => {
  const { data } = spectrogram({ rate: 16_000, channels: [new Float32Array(16_000).fill(0.1)] }, "fbank-ks");
  expect(data.at(-1)).toBeCloseTo(0.438, 3);
  // A constant is silence: the smallest energy.
  expect(data[0]).toBeCloseTo((Math.log(1.1920928955078125e-7) + 4.503877) / (2 * 5.141276), 5);
});

test("what cannot be is refused", () => {
  const silence = (samples: number) => ({ rate: 16_000, channels: [new Float32Array(samples)] });
  expect(caught(() => spectrogram(silence(10), "fbank-k")).message).toMatch(/did you mean "fbank-ks"/);
  expect(caught(() => spectrogram(silence(10), "mel")).message).toMatch(
    /has 16000 samples a second; mel is defined at 22050/,
  );
  expect(caught(() => spectrogram(silence(10), "fbank-ks")).message).toMatch(
    /has 10 samples, fewer than one frame of 400/,
  );
  expect(caught(() => spectrogram(silence(0), "stft-pmr")).message).toMatch(/no samples/);
  expect(caught(() => logStft([1], { size: 0, hop: 1 })).message).toMatch(/size is 0/);
  expect(caught(() => logSpectrogram([1], { rate: 1, size: 4, overlap: 4 })).message).toMatch(/hop is 0/);
});

const shared = new URL("../../../shared/data/avdigits/", import.meta.url);
test.skipIf(!existsSync(shared))("logmel reproduces the arrays of avdigits from its recordings", () => {
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, shared)));
  const stored = readArray(read("test/audio.npy"));
  const pairs = gunzipSync(read("test/pairs.csv.gz")).toString().trim().split(/\r?\n/).slice(1);
  expect(pairs.length).toBe(1200);
  let most = 0;
  for (let row = 0; row < pairs.length; row += 4) {
    const made = spectrogram(readWav(read(`raw/wav/${pairs[row]!.split(",")[0]}`)), "logmel").data;
    most = Math.max(most, farthest(made, (stored.data as Float32Array).subarray(row * 480, (row + 1) * 480)));
  }
  expect(most).toBeLessThan(1e-5);
});
