/** @file The readers of sound, pictures and video that this machine has, for `dmil prepare`. */
import { dataError } from "../core/errors.ts";
import type { Audio } from "../core/media.ts";
import { readWav } from "../data/readers/wav.ts";
import type { Source } from "../prepare/source.ts";
import type { Readers } from "../prepare/tools.ts";
import { presetOf } from "../signal/presets.ts";

/** Readers for the files of a source. */
export function readersFor(source: Source): Partial<Readers> {
  const sound = async (path: string): Promise<Audio> => readWav(await source.read(path), `${source.label}/${path}`);
  return {
    sound,
    async audio(path, preset) {
      const { rate, compute } = presetOf(preset);
      const audio = await sound(path);
      if (audio.rate !== rate) {
        throw dataError(
          `${source.label}/${path}: ${audio.rate} samples a second, ${preset} is defined at ${rate}. Convert it: ffmpeg -i FILE -ar ${rate} NEW.wav`,
          { path },
        );
      }
      return compute(audio);
    },
  };
}
