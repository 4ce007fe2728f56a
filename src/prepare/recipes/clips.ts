/** @file What data sets of clips share: sound and frames by the name of the clip, wherever they lie below the source. */
import type * as z from "zod";
import { dataError } from "../../core/errors.ts";
import { oneOf } from "../../core/options.ts";
import { sizeOf } from "../../core/shape.ts";
import { type DType, type DTypes, type Tensor, tensor } from "../../core/tensor.ts";
import { presetOption, wholeOption } from "../options.ts";
import { compareByCodePoint } from "../order.ts";
import type { Modality, Part } from "../recipe.ts";
import { requireFile, type Source } from "../source.ts";
import type { PictureSize, Tools } from "../tools.ts";

/** Endings of files by what they hold. */
export const SOUND: readonly string[] = ["wav", "mp3", "flac", "ogg", "opus", "m4a", "aac"];
export const PICTURES: readonly string[] = ["jpg", "jpeg", "png", "webp", "gif"];
export const VIDEO: readonly string[] = ["mp4", "avi", "mkv", "mov", "webm", "flv"];

/** The ending of a file in lower case. */
export function endingOf(file: string): string {
  return file.slice(file.lastIndexOf(".") + 1).toLowerCase();
}

/** The name of a file without folder and ending. */
export function stemOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
}

/** Files of a source by the name of their clip. */
export interface ClipFiles {
  /** Sound: a file of sound, otherwise the video. */
  sound(names: readonly string[]): Part;
  /** Frames: a folder of pictures called like the clip, otherwise the video. */
  frames(names: readonly string[]): Part;
  /** Files of media whose clip is not in `known`. */
  odd(known: ReadonlySet<string>): string[];
}

/** Finds clips by name, without letter case; `is` leaves files out, such as those of another modality. */
export function clipFiles(source: Source, is: (file: string) => boolean = () => true): ClipFiles {
  const sounds = new Map<string, string>();
  const videos = new Map<string, string>();
  const folders = new Map<string, string[]>();
  for (const file of source.files) {
    if (!is(file)) continue;
    const ending = endingOf(file);
    const key = stemOf(file).toLowerCase();
    if (SOUND.includes(ending)) sounds.set(key, better(sounds.get(key), file));
    else if (VIDEO.includes(ending)) videos.set(key, videos.get(key) ?? file);
    else if (PICTURES.includes(ending)) {
      const folder = clipFolder(file);
      const own = folders.get(folder);
      if (own === undefined) folders.set(folder, [file]);
      else own.push(file);
    }
  }
  const first = <T>(map: ReadonlyMap<string, T>, names: readonly string[]): T | undefined => {
    for (const name of names) {
      const found = map.get(name.toLowerCase());
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const tried = (names: readonly string[], ...endings: string[]): string[] =>
    endings.flatMap((ending) => names.map((name) => `${name}${ending}`));
  return {
    sound(names) {
      const file = first(sounds, names) ?? first(videos, names);
      return { files: file === undefined ? [] : [file], tried: tried(names, ".wav", ".mp4") };
    },
    frames(names) {
      const video = first(videos, names);
      const files = first(folders, names) ?? (video === undefined ? [] : [video]);
      return { files, tried: tried(names, "/*.jpg", ".mp4") };
    },
    odd(known) {
      const isKnown = (name: string): boolean => known.has(name.toLowerCase());
      return [
        ...[...sounds, ...videos].flatMap(([name, file]) => (isKnown(name) ? [] : [file])),
        ...[...folders].flatMap(([name, files]) => (isKnown(name) ? [] : [files[0]!])),
      ].sort(compareByCodePoint);
    },
  };
}

/** wav before other sound: copies in mp3 are sometimes empty. */
function better(before: string | undefined, file: string): string {
  return before === undefined || (endingOf(before) !== "wav" && endingOf(file) === "wav") ? file : before;
}

/** The folder of a picture; some programs keep the ending of the video in its name. */
function clipFolder(file: string): string {
  const folder = file.slice(0, Math.max(0, file.lastIndexOf("/")));
  const name = folder.slice(folder.lastIndexOf("/") + 1).toLowerCase();
  return VIDEO.includes(endingOf(name)) ? name.replace(/\.[^.]*$/, "") : name;
}

/** The list of this name, wherever it lies. @throws DataError as `requireFile`. */
export function findList(source: Source, tried: readonly [string, ...string[]], recipe: string, what: string): string {
  for (const path of tried) {
    const found = source.has(path) ? path : source.files.find((file) => file.endsWith(`/${path}`));
    if (found !== undefined) return found;
  }
  return requireFile(source, tried, { recipe, what });
}

/** Options of clips. */
export interface ClipOptions {
  readonly audio: string;
  readonly frames: number;
  readonly pick: "middle" | "start";
  readonly size: number;
}

/** The schemas of these options. */
export function clipOptions(
  audio: string,
  frames: number,
): { readonly [K in keyof ClipOptions]: z.ZodType<ClipOptions[K]> } {
  return {
    audio: presetOption(audio),
    frames: wholeOption(1, frames).describe("frames of a clip"),
    pick: oneOf("middle", "start").default("middle").describe("which frame of each of so many parts of the clip"),
    size: wholeOption(1, 224).describe("height and width of a frame; 64 is far quicker to train on"),
  };
}

/** Sound and frames of clips. */
export function clipModalities(
  { audio, frames, pick, size }: ClipOptions,
  video: string,
): Readonly<Record<string, Modality>> {
  const picture = { width: size, height: size, channels: 3 } as const;
  return {
    audio: { what: `spectrogram ${audio}`, read: ({ files }, tools) => tools.audio(files[0]!, audio) },
    [video]: {
      what: `${frames} frames, one a second, of each part the ${pick} [${frames}, ${size}, ${size}, 3]`,
      read: ({ files }, tools) =>
        readPictures(files, pick === "middle" ? middles(frames) : starts(frames), picture, tools),
    },
  };
}

/** The middle of each of `parts` equal parts. */
export function middles(parts: number): (count: number) => number[] {
  return (count) => Array.from({ length: parts }, (_, i) => Math.floor(((i + 0.5) * count) / parts));
}

/** The first of each of `parts` equal parts; of fewer frames than parts, the first as often as needed. */
export function starts(parts: number): (count: number) => number[] {
  return (count) => Array.from({ length: parts }, (_, i) => i * Math.floor(count / parts));
}

/** Some pictures of a clip, of its folder of pictures or of its video: [count, height, width, channels]. */
export async function readPictures(
  files: readonly string[],
  pick: (count: number) => readonly number[],
  size: PictureSize,
  { image, frames }: Tools,
): Promise<Tensor> {
  const [first = ""] = files;
  if (VIDEO.includes(endingOf(first))) return frames(first, { rate: "every-second-start", pick }, size);
  const arrays: Tensor[] = [];
  for (const i of pick(files.length)) arrays.push(await image(files[i]!, size));
  return stack(arrays);
}

/** Arrays of one shape as one, with a first axis for them. */
export function stack(arrays: readonly Tensor[]): Tensor {
  const [{ dtype, shape, data }] = arrays as readonly [Tensor, ...Tensor[]];
  const out = new (data.constructor as new (length: number) => DTypes[DType])(arrays.length * sizeOf(shape));
  arrays.forEach((own, i) => {
    if (own.data.length !== data.length) throw dataError("the pictures of a sample have different sizes.");
    out.set(own.data as never, i * data.length);
  });
  return tensor(dtype, [arrays.length, ...shape], out as never);
}
