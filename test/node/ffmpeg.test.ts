/** @file Sound and frames through ffmpeg, on small files that ffmpeg makes here. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readAudio } from "../../src/node/audio.ts";
import { ffmpegOutput, findFfmpeg } from "../../src/node/ffmpeg.ts";
import { readFrames } from "../../src/node/video.ts";
import { farthest, golden, numbersOf, type Packed } from "../golden/media.ts";
import { ffmpeg, wavOf, withFfmpeg } from "../support/ffmpeg.ts";

const { samples, cases } = golden<{ samples: Packed; cases: Record<string, Packed> }>("resample");
const folder = mkdtempSync(path.join(tmpdir(), "dmil-ffmpeg-"));
const at = (name: string): string => path.join(folder, name);
const sound = numbersOf(samples);

/** 75 frames of 25 a second; every value of frame n is 3n. */
beforeAll(() => {
  writeFileSync(at("tone.wav"), wavOf(8000, sound));
  if (!withFfmpeg) return;
  writeFileSync(
    at("frames"),
    Uint8Array.from({ length: 75 * 16 * 12 * 3 }, (_, i) => 3 * Math.floor(i / (16 * 12 * 3))),
  );
  const raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "16x12", "-r", "25", "-i", at("frames")];
  ffmpeg(...raw, "-c:v", "ffv1", "-pix_fmt", "bgr0", at("silent.avi"));
  ffmpeg("-i", at("tone.wav"), at("tone.flac"));
  ffmpeg("-i", at("silent.avi"), "-i", at("tone.wav"), "-c:v", "copy", "-c:a", "pcm_s16le", at("-both: 50%.avi"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a .wav of the wanted rate needs no ffmpeg", async () => {
  const audio = await readAudio(at("tone.wav"), { rate: 8000 });
  expect([...audio.channels[0]!]).toEqual(sound.map((x) => x / 32768));
});

test.skipIf(!withFfmpeg)("compressed sound keeps its rate and its samples", async () => {
  const audio = await readAudio(at("tone.flac"));
  expect(audio.rate).toBe(8000);
  expect([...audio.channels[0]!]).toEqual(sound.map((x) => x / 32768));
});

test.skipIf(!withFfmpeg)("a .wav of compressed samples goes through ffmpeg", async () => {
  ffmpeg("-i", at("tone.wav"), "-c:a", "pcm_mulaw", at("mulaw.wav"));
  const { rate, channels } = await readAudio(at("mulaw.wav"));
  expect(rate).toBe(8000);
  const exact = sound.map((x) => x / 32768);
  expect(farthest(channels[0]!, exact)).toBeGreaterThan(0);
  expect(farthest(channels[0]!, exact)).toBeLessThan(0.02);
});

test.skipIf(!withFfmpeg).each(Object.keys(cases).map(Number))(
  "%d samples a second equal librosa's soxr_hq",
  async (rate) => {
    const warnings: string[] = [];
    const audio = await readAudio(at("tone.wav"), { rate, onWarning: (message) => warnings.push(message) });
    const wanted = numbersOf(cases[rate]!);
    expect(audio.rate).toBe(rate);
    expect(Math.abs(audio.channels[0]!.length - wanted.length)).toBeLessThanOrEqual(1);
    const both = Math.min(audio.channels[0]!.length, wanted.length);
    const soxr = (await findFfmpeg())!.soxr;
    expect(farthest(audio.channels[0]!.subarray(0, both), wanted.slice(0, both))).toBeLessThan(soxr ? 1e-6 : 0.02);
    expect(warnings.length).toBe(soxr ? 0 : 1);
  },
);

test.skipIf(!withFfmpeg)("names that look like options, protocols and patterns are names", async () => {
  const file = at("-both: 50%.avi");
  expect((await readAudio(file)).channels[0]!.length).toBe(sound.length);
  expect((await readFrames(file, { choice: "ffmpeg-fps" })).length).toBe(3);
  const before = process.cwd();
  expect(path.relative(before, file).endsWith("-both: 50%.avi")).toBe(true);
  expect((await readAudio(path.relative(before, file))).channels[0]!.length).toBe(sound.length);
});

test.skipIf(!withFfmpeg)("frames are those of each choice, to the last bit", async () => {
  const firsts = await readFrames(at("silent.avi"), { choice: "every-second-start" });
  expect(firsts.map(({ width, height, channels }) => [width, height, channels])).toEqual(Array(3).fill([16, 12, 3]));
  expect(firsts.map(({ data }) => [...new Set(data)])).toEqual([[0], [75], [150]]);
  const middles = await readFrames(at("silent.avi"), { choice: "ffmpeg-fps" });
  expect(middles.map(({ data }) => new Set(data).size)).toEqual([1, 1, 1]);
  for (const [second, { data }] of middles.entries())
    expect(Math.abs(data[0]! / 3 - (second * 25 + 12.5))).toBeLessThan(1);
  expect((await readFrames(at("silent.avi"), { choice: "every-second-start", most: 2 })).length).toBe(2);
});

test.skipIf(!withFfmpeg)("what cannot be read says why", async () => {
  writeFileSync(at("text.mp4"), "no video at all");
  writeFileSync(at("pointer.mp4"), "version https://git-lfs.github.com/spec/v1\n");
  writeFileSync(at("empty.mp4"), "");
  writeFileSync(at("cut.flac"), readFileSync(at("tone.flac")).subarray(0, 20));
  const fails = (made: Promise<unknown>, message: RegExp) => expect(made).rejects.toThrow(message);
  await fails(readAudio(at("silent.avi")), /silent\.avi: it has no sound\. Leave it out\.$/);
  await fails(readFrames(at("tone.flac"), { choice: "ffmpeg-fps" }), /tone\.flac: it has no picture\. Leave it out\.$/);
  await fails(
    readFrames(at("tone.flac"), { choice: "every-second-start" }),
    /tone\.flac: it has no picture\. Leave it out\.$/,
  );
  await fails(readAudio(at("text.mp4")), /text\.mp4: ffmpeg cannot read it: .*Invalid data/);
  await fails(
    readFrames(at("text.mp4"), { choice: "every-second-start" }),
    /text\.mp4: ffprobe cannot read it: .*Invalid data/,
  );
  await fails(readAudio(at("pointer.mp4")), /git lfs pull/);
  await fails(readAudio(at("empty.mp4")), /the file is empty/);
  await fails(readAudio(at("cut.flac")), /cut\.flac: (ffmpeg cannot read it|its sound has no samples)/);
  await fails(readAudio(at("none.mp3")), /there is no file none\.mp3/);
  await fails(readAudio("http://127.0.0.1:9/a.mp3"), /there is no file a\.mp3/);
  await fails(readFrames(at("silent.avi"), { choice: "ffmpeg-fps", most: 0 }), /most is 0/);
});

test.skipIf(!withFfmpeg)("a list of other files is not followed over the network", async () => {
  writeFileSync(at("list.m3u8"), "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n");
  await expect(readAudio(at("list.m3u8"))).rejects.toThrow(/list\.m3u8: ffmpeg cannot read it/);
});

test.skipIf(!withFfmpeg)("ffmpeg is stopped when it takes too long", async () => {
  const forever = ["-re", "-f", "lavfi", "-i", "anullsrc", "-map", "1:a", "-f", "wav"];
  await expect(ffmpegOutput(at("tone.flac"), forever, { seconds: 0.5 })).rejects.toThrow(/was stopped after 0\.5 s/);
});
