/** @file The readers of sound, pictures and video for `dmil prepare`: those of this machine, on the files of one folder. */
import * as path from "node:path";
import type { Picture } from "../core/media.ts";
import type { Tensor } from "../core/tensor.ts";
import { readAudio } from "../node/audio.ts";
import { decodeImage } from "../node/images.ts";
import { readFrames } from "../node/video.ts";
import { stack } from "../pictures/normalise.ts";
import { resize } from "../pictures/resize.ts";
import type { Source } from "../prepare/source.ts";
import type { PictureSize, Readers } from "../prepare/tools.ts";
import { presetOf } from "../signal/presets.ts";

/** Readers for the files of a source in a directory. */
export function readersFor(source: Source, directory: string): Readers {
  const place = (file: string): string => path.join(directory, file);
  return {
    sound: (file) => readAudio(place(file)),
    async audio(file, preset) {
      const { rate, compute } = presetOf(preset);
      return compute(await readAudio(place(file), { rate }));
    },
    async image(file, size) {
      const picture = await decodeImage(await source.read(file), `${source.label}/${file}`, {
        channels: size.channels,
      });
      const { shape, data } = stack([resize(picture, size.width, size.height)]);
      return { dtype: "uint8", shape: shape.slice(1), data };
    },
    async frames(file, { rate, pick }, size) {
      const all = await readFrames(place(file), { choice: rate });
      return framesOf(
        pick(all.length).map((i) => all[Math.min(i, all.length - 1)]!),
        size,
      );
    },
  };
}

/** Frames of one size: [frames, height, width, channels]. */
function framesOf(pictures: readonly Picture[], { width, height, channels }: PictureSize): Tensor<"uint8"> {
  return stack(pictures.map((picture) => resize(channels === 1 ? grey(picture) : picture, width, height)));
}

/** Luma of a picture in red, green and blue, as Pillow rounds it (ITU-R 601). */
function grey({ width, height, channels, data }: Picture): Picture {
  const luma = new Uint8Array(width * height);
  for (let i = 0; i < luma.length; i++) {
    const at = i * channels;
    luma[i] = (data[at]! * 19_595 + data[at + 1]! * 38_470 + data[at + 2]! * 7471 + 0x8000) >> 16;
  }
  return { width, height, channels: 1, data: luma };
}
