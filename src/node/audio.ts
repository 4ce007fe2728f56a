/** @file Sound of any file: .wav by our own reader, everything else, and other rates, through ffmpeg. */
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { DmilError, dataError } from "../core/errors.ts";
import type { Audio } from "../core/media.ts";
import { explained } from "../core/system-errors.ts";
import { readWav } from "../data/readers/wav.ts";
import { type FfmpegOptions, ffmpegOutput, findFfmpeg, requireFfmpeg } from "./ffmpeg.ts";

/** Options of `readAudio`. */
export interface AudioOptions extends FfmpegOptions {
  /** Samples a second of the result; by default those of the file. */
  readonly rate?: number;
}

/**
 * The first stream of sound of a file, all of its channels. Resampled by soxr it equals librosa's (`soxr_hq`).
 * @throws DataError for damaged files and files without sound, RunError when ffmpeg is needed and there is none.
 */
export async function readAudio(file: string, options: AudioOptions = {}): Promise<Audio> {
  const { rate, onWarning } = options;
  const own = path.extname(file).toLowerCase() === ".wav" ? await ownAudio(file) : undefined;
  if (own !== undefined && (rate === undefined || rate === own.rate)) return own;
  const { soxr } = await requireFfmpeg(file);
  if (rate !== undefined && !soxr) {
    onWarning?.(
      `${file}: this ffmpeg has no soxr, so samples differ from librosa's by up to 2 %. Install a build with --enable-libsoxr.`,
    );
  }
  const resampled = rate === undefined ? [] : ["-af", `aresample=${rate}${soxr ? ":resampler=soxr:precision=20" : ""}`];
  // A .wav has the rate and the number of channels in its header, so that nothing need be asked before.
  const wav = await ffmpegOutput(file, ["-map", "0:a:0", ...resampled, "-c:a", "pcm_f32le", "-f", "wav"], options);
  const audio = readWav(wav, file);
  if (audio.channels[0]!.length === 0) throw dataError(`${file}: its sound has no samples. Leave it out.`, { file });
  return audio;
}

/** A .wav by our own reader; undefined for one that only ffmpeg can read, as with compressed samples. */
async function ownAudio(file: string): Promise<Audio | undefined> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw explained(path.dirname(file), "read", path.basename(file), cause);
  });
  try {
    return readWav(bytes, file);
  } catch (error) {
    if (error instanceof DmilError && error.fields.foreign === true && (await findFfmpeg()) !== undefined)
      return undefined;
    throw error;
  }
}
