/** @file .wav: PCM of 8 to 32 bits and floats of 32 or 64, plain or extensible. Bytes in, samples out, no disk. */
import { type DmilError, dataError } from "../../core/errors.ts";
import type { Audio } from "../../core/media.ts";
import { faultAt, requireContent, text } from "./content.ts";

/** What the chunk `fmt ` says about the samples. */
interface Format {
  readonly float: boolean;
  readonly channels: number;
  readonly rate: number;
  /** Bytes of one sample of one channel. */
  readonly width: number;
}

const AGAIN = "Copy or download it again.";
const MOST_CHANNELS = 256;
/** Programs that write to a pipe declare about 2 or 4 GiB of samples, as they cannot go back to write the true number. */
const UNKNOWN_LENGTH = 0x7fff0000;
/** Some writers count the header of 44 bytes, or one of up to 64, as samples. */
const HEADER = 64;
/** Chunks that may follow an empty one of samples. */
const LATER = new Set(["LIST", "id3 ", "ID3 ", "fact", "bext", "cue ", "smpl", "iXML", "PEAK", "JUNK", "PAD ", "inst"]);
const CODECS: Readonly<Record<number, string>> = { 2: "ADPCM", 6: "A-law", 7: "mu-law", 17: "IMA ADPCM", 85: "MP3" };

/**
 * Reads a .wav file: PCM is divided by 2^(bits - 1) (8 bits are unsigned), so that samples equal those of ffmpeg and libsndfile.
 * @throws DataError for damaged or cut files, compressed samples, and samples that are no finite number.
 */
export function readWav(bytes: Uint8Array, where = "wav"): Audio {
  requireContent(bytes, where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = text(bytes, 0, 4);
  if (kind === "RF64" || kind === "RIFX") throw foreign(where, 0, `a file of kind ${kind}, which is not read`);
  if (kind !== "RIFF" || text(bytes, 8, 4) !== "WAVE") throw foreign(where, 0, "this is not a .wav file");
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = text(bytes, at, 4);
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (name === "fmt ") format = formatOf(view, start, size, where);
    if (name === "data") {
      if (format === undefined) throw faultAt(where, at, "samples begin before their format is declared", AGAIN);
      return {
        rate: format.rate,
        channels: samplesOf(view, start, lengthOf(bytes, start, size, where), format, where),
      };
    }
    at = start + size + (size % 2); // a chunk of odd size is followed by one byte of padding
  }
  throw faultAt(where, bytes.length, "the file ends before its samples begin", AGAIN);
}

function formatOf(view: DataView, start: number, size: number, where: string): Format {
  if (size < 16 || start + size > view.byteLength) throw faultAt(where, start, "the format is cut off", AGAIN);
  const declared = view.getUint16(start, true);
  // An extensible format has the real one at the beginning of an identifier of 16 bytes.
  const tag = declared === 0xfffe && size >= 40 ? view.getUint16(start + 24, true) : declared;
  if (tag !== 1 && tag !== 3) {
    throw foreign(where, start, `samples of format ${tag} (${CODECS[tag] ?? "unknown"}); PCM and floats are read`);
  }
  const channels = view.getUint16(start + 2, true);
  const rate = view.getUint32(start + 4, true);
  const block = view.getUint16(start + 12, true);
  const width = block / channels;
  if (channels === 0 || channels > MOST_CHANNELS || rate === 0) {
    throw faultAt(
      where,
      start + 2,
      `${channels} channels at ${rate} Hz; allowed are 1 to ${MOST_CHANNELS}, above 0 Hz`,
      AGAIN,
    );
  }
  if (!(tag === 3 ? [4, 8] : [1, 2, 3, 4]).includes(width)) {
    const kind = tag === 3 ? "floats (4 or 8 are read)" : "PCM (1 to 4 are read)";
    throw foreign(where, start + 12, `${block} bytes for ${channels} samples of ${kind}`);
  }
  return { float: tag === 3, channels, rate, width };
}

/** An error of a whole file that is of another kind; `foreign` tells programs that ffmpeg may read it. */
function foreign(where: string, byte: number, what: string): DmilError {
  const advice = "Convert it: ffmpeg -i FILE -c:a pcm_s16le NEW.wav";
  return dataError(`${where}: at byte ${byte}: ${what}. ${advice}`, { where, byte, foreign: true });
}

/** The bytes of samples that are there. */
function lengthOf(bytes: Uint8Array, start: number, declared: number, where: string): number {
  const there = bytes.length - start;
  if (declared >= UNKNOWN_LENGTH) return Math.min(declared, there);
  if (declared === 0) return LATER.has(text(bytes, start, 4)) ? 0 : there;
  if (declared > there + HEADER) {
    throw faultAt(
      where,
      start,
      `${declared} bytes of samples are declared but ${there} follow: the file is cut off`,
      AGAIN,
    );
  }
  return Math.min(declared, there);
}

function samplesOf(view: DataView, start: number, length: number, format: Format, where: string): Float32Array[] {
  const { channels, width, float } = format;
  const count = Math.floor(length / (channels * width));
  const sample = reader(view, width, float);
  const out = Array.from({ length: channels }, () => new Float32Array(count));
  let at = start;
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < channels; c++, at += width) {
      const value = sample(at);
      if (!Number.isFinite(value))
        throw faultAt(where, at, `sample ${i} of channel ${c} is ${value}`, "Write the file again.");
      out[c]![i] = value;
    }
  }
  return out;
}

function reader(view: DataView, width: number, float: boolean): (at: number) => number {
  if (float) return width === 4 ? (at) => view.getFloat32(at, true) : (at) => view.getFloat64(at, true);
  if (width === 1) return (at) => (view.getUint8(at) - 128) / 2 ** 7;
  if (width === 2) return (at) => view.getInt16(at, true) / 2 ** 15;
  if (width === 3) return (at) => (view.getInt8(at + 2) * 2 ** 16 + view.getUint16(at, true)) / 2 ** 23;
  return (at) => view.getInt32(at, true) / 2 ** 31;
}
