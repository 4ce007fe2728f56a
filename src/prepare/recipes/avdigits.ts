/**
 * @file Spoken and written digits, paired by class: recordings of the Free Spoken Digit Dataset and pictures of MNIST. The protocol is that of
 * AV-MNIST (Vielzeuf et al., 2018), with the order of recordings and labels kept. A recording has a second label, its speaker.
 */
import * as z from "zod";
import { configError, dataError, hint } from "../../core/errors.ts";
import type { Audio } from "../../core/media.ts";
import { oneOf } from "../../core/options.ts";
import { permutation, stream } from "../../core/random.ts";
import { float32 } from "../../core/tensor.ts";
import { readIdx } from "../../data/readers/idx.ts";
import { spectrogram } from "../../signal/presets.ts";
import { rowOf } from "../lists.ts";
import { numberOption, seedOption } from "../options.ts";
import { compareByCodePoint } from "../order.ts";
import { defineRecipe, type Recipe, type Sample, type SplitFolder } from "../recipe.ts";
import { missing, type Source } from "../source.ts";

const DIGITS = Array.from({ length: 10 }, (_, k) => String(k));
const NAME = /(?:^|\/)(\d)_([a-z]+)_(\d+)\.wav$/i;
/** The pictures of MNIST that are used, the test pictures first: they are enough for all recordings. */
const PICTURES = ["t10k", "train"] as const;
/** Pictures that each recording is paired with. */
const PAIRS: Readonly<Record<SplitFolder, number>> = { train: 1, valid: 2, test: 4 };

interface Recording {
  readonly file: string;
  readonly name: string;
  readonly digit: number;
  readonly speaker: string;
  readonly number: number;
}

const options = z.strictObject({
  split: oneOf("official", "speaker")
    .default("official")
    .describe("official: recordings 0 to 4 are test, 5 to 9 valid; speaker: one speaker is test, another valid"),
  speaker: z
    .string()
    .optional()
    .describe("split by speaker: the speaker of the test split (default: the last by name)"),
  noise: numberOption("a number of decibels, for example -5")
    .optional()
    .describe("white noise in the recordings, as signal-to-noise ratio in dB (-5 in AV-MNIST's sense; default: none)"),
  seed: seedOption("seed of the pairs and of the noise"),
});

export const avdigits: Recipe = defineRecipe({
  name: "avdigits",
  summary: "spoken and written digits, paired by class; the speaker as a second label",
  licence: "recordings: CC BY-SA 4.0; MNIST: CC BY-SA 3.0",
  size: "3,000 recordings and 10,000 pictures, 40 MB",
  get: "The repository Jakobovski/free-spoken-digit-dataset, and the files t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz of MNIST, in one folder.",
  layout: [
    "<digit>_<speaker>_<n>.wav, in any folder",
    "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (or train-..., also with .gz), in any folder",
  ],
  options,
  modalities: ({ noise, seed }) => ({
    audio: {
      what: `log-mel spectrogram [24, 20]${noise === undefined ? "" : `, noise at ${noise} dB`}`,
      async read({ files: [file = ""] }, { sound }, { id }) {
        const clean = await sound(file);
        return spectrogram(noise === undefined ? clean : noisy(clean, noise, seed, id), "logmel");
      },
    },
    image: {
      what: "picture / 255 [28, 28]",
      async read({ files: [file = ""], row = 0 }, { source, once }) {
        const where = `${source.label}/${file}`;
        const pictures = await once(file, async () => readIdx(await source.read(file), where));
        const { shape, data } = rowOf(pictures, row, where);
        return float32(
          shape,
          Array.from(data as Uint8Array, (value) => value / 255),
        );
      },
    },
  }),
  async list(source, { split, speaker, seed }) {
    const { recordings, odd, doubles } = recordingsOf(source);
    if (recordings.length === 0) {
      const tried = ["recordings/0_jackson_0.wav", "0_jackson_0.wav"];
      throw missing(source, tried, { recipe: "avdigits", what: "recordings of spoken digits" });
    }
    const { images, labels, file } = await picturesOf(source);
    const splitOf = split === "official" ? official : bySpeaker(recordings, speaker);
    return {
      target: { kind: "multiclass", names: DIGITS },
      samples: paired(recordings, splitOf, images, labels, seed),
      lists: [file],
      notes: doubles > 0 ? [`${doubles} recordings are there twice; the first by name is used.`] : [],
      odd,
    };
  },
});

/** Recordings by name; of two files with one name the first counts. */
function recordingsOf({ files }: Source): { recordings: Recording[]; odd: string[]; doubles: number } {
  const found = new Map<string, Recording>();
  const odd: string[] = [];
  let doubles = 0;
  for (const file of files) {
    if (!/\.wav$/i.test(file)) continue;
    const [, digit, speaker = "", number] = NAME.exec(file) ?? [];
    if (digit === undefined) {
      odd.push(file);
      continue;
    }
    const name = `${digit}_${speaker.toLowerCase()}_${Number(number)}`;
    if (found.has(name)) doubles++;
    else found.set(name, { file, name, digit: Number(digit), speaker: speaker.toLowerCase(), number: Number(number) });
  }
  const recordings = [...found.values()].sort((a, b) => compareByCodePoint(a.name, b.name));
  return { recordings, odd, doubles };
}

/** The file of pictures, and the digits of its rows. */
async function picturesOf(source: Source): Promise<{ images: string; labels: number[]; file: string }> {
  const named = (name: string): string | undefined =>
    source.files.find((path) => [name, `${name}.gz`].includes(path.slice(path.lastIndexOf("/") + 1)));
  for (const part of PICTURES) {
    const images = named(`${part}-images-idx3-ubyte`);
    const file = named(`${part}-labels-idx1-ubyte`);
    if (images === undefined || file === undefined) continue;
    const labels = readIdx(await source.read(file), `${source.label}/${file}`);
    return { images, file, labels: Array.from(labels.data as Uint8Array) };
  }
  const tried = ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "train-images-idx3-ubyte.gz"];
  throw missing(source, tried, { recipe: "avdigits", what: "pictures of MNIST with their labels" });
}

function official({ number }: Recording): SplitFolder {
  return number < 5 ? "test" : number < 10 ? "valid" : "train";
}

/** One speaker for each of test and valid. @throws ConfigError for a speaker that is not there. */
function bySpeaker(
  recordings: readonly Recording[],
  wanted: string | undefined,
): (recording: Recording) => SplitFolder {
  const speakers = [...new Set(recordings.map(({ speaker }) => speaker))].sort(compareByCodePoint);
  const test = wanted ?? speakers.at(-1)!;
  if (!speakers.includes(test)) throw configError(`avdigits.speaker: unknown speaker "${test}"${hint(test, speakers)}`);
  if (speakers.length < 3) {
    throw dataError(`avdigits: ${speakers.length} speakers (${speakers.join(", ")}); a split by speaker needs three.`);
  }
  const valid = speakers.filter((speaker) => speaker !== test).at(-1)!;
  return ({ speaker }) => (speaker === test ? "test" : speaker === valid ? "valid" : "train");
}

/** Each recording with pictures of its digit; no picture occurs twice. @throws DataError if there are too few. */
function paired(
  recordings: readonly Recording[],
  splitOf: (recording: Recording) => SplitFolder,
  images: string,
  labels: readonly number[],
  seed: number,
): Sample[] {
  const rows = DIGITS.map((_, digit) => labels.flatMap((label, row) => (label === digit ? [row] : [])));
  const queues = rows.map((own, digit) =>
    Array.from(permutation(own.length, seed, "avdigits-pairs", digit), (i) => own[i]!),
  );
  return recordings.flatMap((recording): Sample[] => {
    const { digit, speaker, name, file } = recording;
    const split = splitOf(recording);
    return Array.from({ length: PAIRS[split] }, () => {
      const row = queues[digit]!.pop();
      if (row === undefined) {
        throw dataError(
          `avdigits: ${images} has ${rows[digit]!.length} pictures of the digit ${digit}, too few for its recordings.`,
        );
      }
      return {
        id: `${name}+${String(row).padStart(5, "0")}`,
        split,
        group: speaker,
        target: digit,
        others: { speaker },
        parts: { audio: { files: [file] }, image: { files: [images], row } },
      };
    });
  });
}

/** The recording with white noise; the noise of a sample depends on the seed and its id. */
function noisy({ rate, channels }: Audio, decibels: number, seed: number, id: string): Audio {
  const draw = stream(seed, `avdigits-noise ${id}`);
  return {
    rate,
    channels: channels.map((channel) => {
      const power = channel.reduce((sum, value) => sum + value * value, 0) / Math.max(1, channel.length);
      const scale = Math.sqrt(power / 10 ** (decibels / 10));
      return channel.map((value) => value + scale * draw.normal());
    }),
  };
}
