/** @file The system's ffmpeg for tests: what needs it is skipped, and said so, where there is none. */
import { execFileSync } from "node:child_process";
import { findFfmpeg } from "../../src/node/ffmpeg.ts";

/** Whether there is an ffmpeg; tests that need it use `test.skipIf(!withFfmpeg)`. */
export const withFfmpeg: boolean = (await findFfmpeg()) !== undefined;
if (!withFfmpeg) console.warn("ffmpeg is not installed: the tests that need it are skipped.");

/** Makes a small file. */
export function ffmpeg(...args: readonly string[]): void {
  execFileSync("ffmpeg", ["-nostdin", "-loglevel", "error", "-y", ...args]);
}

/** A .wav file of one channel of 16 bits. */
export function wavOf(rate: number, samples: ArrayLike<number>): Uint8Array {
  const body = new Uint8Array(Int16Array.from(samples).buffer);
  const view = new DataView(new ArrayBuffer(44));
  const put = (at: number, word: string): void =>
    [...word].forEach((sign, i) => void view.setUint8(at + i, sign.charCodeAt(0)));
  put(0, "RIFF");
  view.setUint32(4, 36 + body.length, true);
  put(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  put(36, "data");
  view.setUint32(40, body.length, true);
  return Uint8Array.from([...new Uint8Array(view.buffer), ...body]);
}
