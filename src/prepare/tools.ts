/** @file What recipes read files with: bytes and tables here, sound, pictures and video by whoever prepares (a machine may lack some). */
import { runError } from "../core/errors.ts";
import type { Audio } from "../core/media.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Source } from "./source.ts";

/** The size that pictures are brought to. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 red, green and blue. */
  readonly channels: 1 | 3;
}

/** Which frames of a video. */
export interface FrameChoice {
  /** One a second: the first frame of each, as OpenCV steps, or the one nearest to its middle, as ffmpeg's `fps=1`. */
  readonly rate: "every-second-start" | "ffmpeg-fps";
  /** Which of these, by their number. */
  pick(count: number): readonly number[];
}

/** Readers of media. `where` is the file in messages. */
export interface Readers {
  /** Decoded sound of a file of any kind, also of a video. */
  sound(path: string): Promise<Audio>;
  /** The spectrogram of a file by the name of its definition: [frames, bins]. */
  audio(path: string, preset: string): Promise<Tensor<"float32">>;
  /** A picture, resized as PIL does: [height, width, channels]. */
  image(path: string, size: PictureSize): Promise<Tensor<"uint8">>;
  /** Frames of a video: [frames, height, width, channels]. */
  frames(path: string, choice: FrameChoice, size: PictureSize): Promise<Tensor<"uint8">>;
}
export type ReaderName = keyof Readers;

/** What a modality is read with. */
export interface Tools extends Readers {
  readonly source: Source;
  /** The result of `make`, which runs once for each key in this process: a table that all samples share. */
  once<T>(key: string, make: () => Promise<T>): Promise<T>;
}

/** What each reader is for, in messages. */
const WHAT: Readonly<Record<ReaderName, string>> = {
  sound: "sound",
  audio: "spectrograms",
  image: "pictures",
  frames: "frames of videos",
};

/** Tools for a source with the readers that this machine has. */
export function toolsFor(source: Source, readers: Partial<Readers>): Tools {
  const kept = new Map<string, Promise<unknown>>();
  const lacking = (name: ReaderName) => async (): Promise<never> => {
    throw runError(`${WHAT[name]} cannot be read here: ${ADVICE}`, { reader: name });
  };
  return {
    source,
    once: <T>(key: string, make: () => Promise<T>): Promise<T> => {
      const known = kept.get(key) as Promise<T> | undefined;
      if (known !== undefined) return known;
      const made = make();
      kept.set(key, made);
      return made;
    },
    sound: readers.sound ?? lacking("sound"),
    audio: readers.audio ?? lacking("audio"),
    image: readers.image ?? lacking("image"),
    frames: readers.frames ?? lacking("frames"),
  };
}

const ADVICE =
  "this installation has no reader for them. `dmil doctor` says what is missing; arrays made elsewhere can be prepared as .npy files with `dmil prepare folder`.";
