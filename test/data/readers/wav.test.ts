/** @file .wav files against libsndfile, and files that are cut, wrong or unusual. */
import { expect, test } from "vitest";
import { readWav } from "../../../src/data/readers/wav.ts";
import { bytesOf, golden, numbersOf, type Packed } from "../../golden/media.ts";
import { caught } from "../fixtures/reference.ts";

const { cases } = golden<{ cases: Record<string, { bytes: string; rate: number; values: Packed }> }>("wav");
const plain = bytesOf(cases["WAV PCM_16"]!.bytes);
const samples = 23;

/** A file of chunks. */
function wav(...chunks: (readonly [string, Uint8Array, number?])[]): Uint8Array {
  const parts: number[] = [];
  for (const [name, body, declared = body.length] of chunks) {
    parts.push(...Buffer.from(name), ...new Uint8Array(Uint32Array.of(declared).buffer), ...body);
    if (body.length % 2 === 1) parts.push(0);
  }
  return Uint8Array.from([...Buffer.from("RIFF"), 0, 0, 0, 0, ...Buffer.from("WAVE"), ...parts]);
}
const format = (tag: number, channels: number, rate: number, bits: number): Uint8Array => {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint16(0, tag, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, rate, true);
  view.setUint32(8, (rate * channels * bits) / 8, true);
  view.setUint16(12, (channels * bits) / 8, true);
  view.setUint16(14, bits, true);
  return new Uint8Array(view.buffer);
};
const ramp = new Uint8Array(Int16Array.of(0, 16384, -32768, 32767).buffer);

test.each(Object.keys(cases))("%s equals libsndfile", (name) => {
  const { bytes, rate, values } = cases[name]!;
  const audio = readWav(bytesOf(bytes));
  expect(audio.rate).toBe(rate);
  expect(audio.channels.map(({ length }) => length)).toEqual([samples, samples]);
  expect(audio.channels.flatMap((channel) => [...channel])).toEqual(numbersOf(values));
});

test("a chunk of odd size is followed by a byte of padding", () => {
  const bytes = wav(["fmt ", format(1, 1, 8000, 16)], ["LIST", Uint8Array.of(1, 2, 3)], ["data", ramp]);
  expect([...readWav(bytes).channels[0]!]).toEqual([0, 0.5, -1, Math.fround(32767 / 32768)]);
});

test.each([0, 0x7ffff000, 0xffffffff, ramp.length + 44])(
  "%d bytes of samples are declared by a program that did not know their number: all that follow are read",
  (declared) => {
    const { channels } = readWav(wav(["fmt ", format(1, 1, 8000, 16)], ["data", ramp, declared]));
    expect(channels[0]!.length).toBe(4);
  },
);

test("no samples before another chunk are no samples", () => {
  const bytes = wav(["fmt ", format(1, 1, 8000, 16)], ["data", Uint8Array.of()], ["LIST", ramp]);
  expect(readWav(bytes).channels[0]!.length).toBe(0);
});

test.each([
  ["an empty file", new Uint8Array(0), /clip\.wav: the file is empty/],
  ["a pointer of Git LFS", Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"), /git lfs pull/],
  [
    "another format",
    Buffer.from("ID3 and what an mp3 has"),
    /at byte 0: this is not a \.wav file\. Convert it: ffmpeg/,
  ],
  ["mu-law", wav(["fmt ", format(7, 1, 8000, 8)], ["data", ramp]), /at byte 20: samples of format 7 \(mu-law\)/],
  ["no format", wav(["data", ramp]), /samples begin before their format/],
  ["no samples", wav(["fmt ", format(1, 1, 8000, 16)]), /ends before its samples/],
  ["no channel", wav(["fmt ", format(1, 0, 8000, 16)], ["data", ramp]), /0 channels at 8000 Hz/],
  ["no rate", wav(["fmt ", format(1, 1, 0, 16)], ["data", ramp]), /1 channels at 0 Hz/],
  ["floats of 16 bits", wav(["fmt ", format(3, 1, 8000, 16)], ["data", ramp]), /floats \(4 or 8 are read\)/],
  [
    "a cut file",
    wav(["fmt ", format(1, 1, 8000, 16)], ["data", ramp, 5000]),
    /5000 bytes of samples are declared but 8 follow/,
  ],
  [
    "a sample that is no number",
    wav(["fmt ", format(3, 1, 8000, 32)], ["data", new Uint8Array(Float32Array.of(0, Number.NaN).buffer)]),
    /at byte 48: sample 1 of channel 0 is NaN/,
  ],
])("%s is refused", (_, bytes, message) => {
  expect(caught(() => readWav(new Uint8Array(bytes), "clip.wav")).message).toMatch(message);
});

test("a file cut anywhere is read or refused, never more", () => {
  for (let length = 0; length < plain.length; length++) {
    try {
      expect(readWav(plain.slice(0, length)).channels[0]!.length).toBeLessThanOrEqual(samples);
    } catch (error) {
      expect((error as Error).name).toBe("DataError");
    }
  }
});
