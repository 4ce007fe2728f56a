/** @file Frames of a video as pictures, with the values that OpenCV reads. */
import { configError, dataError } from "../core/errors.ts";
import type { Picture } from "../core/media.ts";
import { type FfmpegOptions, ffmpegOutput, probe, requireFfmpeg } from "./ffmpeg.ts";

/** Which frames are taken. */
export type FrameChoice = "every-second-start" | "ffmpeg-fps";

/** Options of `readFrames`. */
export interface FrameOptions extends FfmpegOptions {
  /**
   * `every-second-start`: frames 0, s, 2s, ..., s being the whole frames of a second (29 at 29.97), as OGM-GE takes them;
   * `ffmpeg-fps`: those that ffmpeg's filter `fps=1` takes, nearest to the middle of each second, as most data sets are distributed.
   */
  readonly choice: FrameChoice;
  /** Largest number of frames. */
  readonly most?: number;
}

/** The chosen frames, in order. @throws DataError for damaged files and files without a picture, RunError when there is no ffmpeg. */
export async function readFrames(file: string, options: FrameOptions): Promise<Picture[]> {
  const { choice, most } = options;
  if (most !== undefined && !(Number.isInteger(most) && most > 0)) {
    throw configError(`frames: most is ${most}; allowed is a whole number from 1.`, { most });
  }
  const { version } = await requireFfmpeg(file);
  const filter = await CHOICES[choice](file);
  // Passed through as they are: neither doubled nor dropped to fit a rate. The option was renamed in 5.1.
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  const old = major > 0 && (major < 5 || (major === 5 && minor < 1));
  const through = old ? ["-vsync", "0"] : ["-fps_mode", "passthrough"];
  const limit = most === undefined ? [] : ["-frames:v", String(most)];
  // Every picture of this form has its size before it, so that nothing need be asked before.
  const form = ["-c:v", "ppm", "-pix_fmt", "rgb24", "-f", "image2pipe"];
  const bytes = await ffmpegOutput(file, ["-map", "0:v:0", "-vf", filter, ...through, ...limit, ...form], options);
  const frames = picturesOf(bytes, file);
  if (frames.length === 0) throw dataError(`${file}: its video has no frames. Leave it out.`, { file });
  return frames;
}

/** The filter of each choice. */
const CHOICES: { readonly [C in FrameChoice]: (file: string) => Promise<string> } = {
  "every-second-start": async (file) => `select='not(mod(n,${Math.max(1, Math.floor(await frameRate(file)))}))'`,
  "ffmpeg-fps": async () => "fps=1",
};

/** Frames a second: the base rate; the average where that is implausible, as ffmpeg itself (and so OpenCV) guesses. */
async function frameRate(file: string): Promise<number> {
  const { r_frame_rate = "", avg_frame_rate = "" } = await probe(file, "v:0", ["r_frame_rate", "avg_frame_rate"]);
  const [base, average] = [ratio(r_frame_rate), ratio(avg_frame_rate)];
  const rate = average > 0 && average < 70 && base > 210 ? average : base;
  if (!(rate > 0 && Number.isFinite(rate)))
    throw dataError(`${file}: its frames have no rate. Use the choice ffmpeg-fps.`, { file });
  return rate;
}

/** "30000/1001" as a number. */
function ratio(text: string): number {
  const [over = 0, under = 1] = text.split("/").map(Number);
  return over / under;
}

/** Pictures one after the other: "P6", width, height and 255, each before a break of line, then the values. */
function picturesOf(bytes: Uint8Array, file: string): Picture[] {
  const pictures: Picture[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = /^P6\n(\d+) (\d+)\n255\n/.exec(String.fromCharCode(...bytes.subarray(at, at + 32)));
    const [width, height] = [Number(head?.[1]), Number(head?.[2])];
    const start = at + (head?.[0].length ?? 0);
    const end = start + width * height * 3;
    if (head === null || end > bytes.length)
      throw dataError(`${file}: ffmpeg gave no whole picture. Try again.`, { file });
    pictures.push({ width, height, channels: 3, data: new Uint8Array(bytes.subarray(start, end)) });
    at = end;
  }
  return pictures;
}
