/** @file Sound of any file: .wav by our own reader, everything else, and other rates, through ffmpeg. */
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { dataError } from "../core/errors.ts";
import type { Audio } from "../core/media.ts";
import { explained } from "../core/system-errors.ts";
import { readWav } from "../data/readers/wav.ts";
import { type FfmpegOptions, ffmpegOutput, requireFfmpeg } from "./ffmpeg.ts";

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
  if (path.extname(file).toLowerCase() === ".wav") {
    const bytes = await readFile(file).catch((cause: unknown) => {
      throw explained(path.dirname(file), "read", path.basename(file), cause);
    });
    const audio = readWav(bytes, file);
    if (rate === undefined || rate === audio.rate) return audio;
  }
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
