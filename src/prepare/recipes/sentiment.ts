/**
 * @file CMU-MOSI and CMU-MOSEI as pickles of features: those of MulT (Tsai et al., ACL 2019) and of MMSA (Yu et al., AAAI 2021).
 * Sequences are padded in front in the former, behind in the latter; here always behind, with their lengths.
 */
import * as z from "zod";
import type { ByteSource } from "../../core/bytes.ts";
import { dataError, listing } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { allowing } from "../../core/options.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { requireNumbers, tensorFrom } from "../../data/formats/npy.ts";
import { elementType } from "../../data/formats/npy-element.ts";
import { readPickle, readPickledArray } from "../../data/formats/pickle/read.ts";
import { entryOf, PickledArray, type PickleValue, readText, Span } from "../../data/formats/pickle/values.ts";
import {
  defineRecipe,
  FOLDERS,
  type Listing,
  type Modality,
  type Recipe,
  type Sample,
  type SplitFolder,
} from "../recipe.ts";
import { requireFile, type Source } from "../source.ts";
import type { Tools } from "../tools.ts";

const MODALITIES = ["text", "audio", "vision"] as const;

/** How a sentiment from -3 to 3 becomes a target; undefined leaves the sample out. Papers differ, so that there is no default. */
interface Convention {
  readonly what: string;
  readonly target: Listing["target"];
  of(sentiment: number): number | number[] | undefined;
}
const SIGNS = { kind: "multiclass", names: ["negative", "positive"] } as const;
const SEVEN = { kind: "ordinal", names: ["-3", "-2", "-1", "0", "1", "2", "3"] } as const;
const clipped = (value: number): number => Math.min(3, Math.max(-3, value)) + 3;
const CONVENTIONS: Readonly<Record<string, Convention>> = {
  regression: { what: "the number", target: { kind: "regression", names: ["sentiment"] }, of: (y) => [y] },
  "zero-positive": {
    what: "0 and above is positive (BalanceBenchmark, Has0)",
    target: SIGNS,
    of: (y) => Number(y >= 0),
  },
  "zero-negative": { what: "above 0 is positive (MultiBench)", target: SIGNS, of: (y) => Number(y > 0) },
  "non-zero": { what: "without samples of 0 (Non0)", target: SIGNS, of: (y) => (y === 0 ? undefined : Number(y > 0)) },
  "seven-even": {
    what: "seven steps, halves to the even one (MulT, MMSA)",
    target: SEVEN,
    of: (y) => clipped(halfToEven(y)),
  },
  "seven-away": {
    what: "seven steps, away from 0 (CMU SDK)",
    target: SEVEN,
    of: (y) => clipped(Math.sign(y) * Math.ceil(Math.abs(y))),
  },
};

function halfToEven(value: number): number {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

const words = Object.keys(CONVENTIONS);
const options = z.strictObject({
  target: z
    .enum(words as [string, ...string[]], { error: allowing(`one of ${words.join(", ")}`) })
    .describe(words.map((word) => `${word}: ${CONVENTIONS[word]!.what}`).join("; ")),
  file: z.string().optional().describe("the pickle below SOURCE (default: the first that is found of those above)"),
});

function sentiment(
  name: string,
  summary: string,
  size: string,
  published: Readonly<Record<SplitFolder, number>>,
): Recipe {
  const set = name.toUpperCase();
  const data = name === "mosi" ? "mosi_data" : "mosei_senti_data";
  const known = [
    `${data}_noalign.pkl`,
    `${data}.pkl`,
    `${set}/Processed/unaligned_50.pkl`,
    `${set}/Processed/aligned_50.pkl`,
  ];
  const names = [...known, "unaligned_50.pkl", "aligned_50.pkl"];
  return defineRecipe({
    name,
    summary,
    licence: "for research; see the page of CMU-MultimodalSDK",
    size,
    get: `A pickle that the README of yaohungt/Multimodal-Transformer (MulT) or of thuiar/MMSA links to. Truncated downloads are frequent: they are reported with the byte.`,
    layout: names.slice(0, 4),
    options,
    modalities: () => Object.fromEntries(MODALITIES.map((modality) => [modality, sequence(modality)])),
    async list(source, { target: word, file: given }) {
      const found = names.map((path) => source.files.find((file) => file === path || file.endsWith(`/${path}`)));
      const first = given ?? found.find((path) => path !== undefined);
      const file =
        first ?? requireFile(source, [names[0]!, ...names.slice(1)], { recipe: name, what: `a pickle of ${set}` });
      requireFile(source, [file], { recipe: name, what: `the pickle ${file}` });
      const bytes = await byteSource(source, file);
      const root = await readPickle(bytes);
      const convention = CONVENTIONS[word]!;
      const samples: Sample[] = [];
      const notes: string[] = [];
      for (const split of FOLDERS) {
        const own = await splitOf(bytes, root, split);
        if (own.sentiments.length !== published[split]) {
          notes.push(`${split} has ${own.sentiments.length} samples, that of MMSA ${published[split]}.`);
        }
        own.sentiments.forEach((value, row) => {
          const target = convention.of(value);
          if (target === undefined) return;
          const parts = own.modalities.map((modality) => [modality, { files: [file], row }] as const);
          const id = `${split}-${String(row).padStart(5, "0")}-${own.videos[row]}`;
          samples.push({ id, split, group: own.videos[row]!, target, parts: Object.fromEntries(parts) });
        });
      }
      return { target: convention.target, samples, lists: [], notes, odd: [] };
    },
  });
}

/** One split of a pickle. */
interface PickledSplit {
  readonly sentiments: readonly number[];
  readonly videos: readonly string[];
  readonly modalities: readonly string[];
}

async function splitOf(bytes: ByteSource, root: PickleValue, split: SplitFolder): Promise<PickledSplit> {
  const own = entryOf(root, split);
  const keys = own instanceof Map ? [...own.keys()].map(String) : [];
  const where = `${bytes.label}: ${split}`;
  const labels = entryOf(own, "regression_labels") ?? entryOf(own, "labels");
  const ids = entryOf(own, "id");
  if (labels === undefined || ids === undefined) {
    throw dataError(
      `${where}: there are no labels or ids in it; found: ${listing(keys) || "nothing"}. Needed is a pickle of MulT or MMSA.`,
      { where },
    );
  }
  const sentiments = (await numbersIn(bytes, labels, `${where} labels`)).map(Number);
  const texts = await textsIn(bytes, ids, `${where} id`);
  const width = texts.length / sentiments.length;
  if (!Number.isInteger(width) || sentiments.some(Number.isNaN)) {
    throw dataError(`${where}: ${sentiments.length} labels and ${texts.length} ids do not belong together.`, { where });
  }
  // MMSA writes the video and the clip into one text, MulT the video, its start and its end into three.
  const videos = sentiments.map((_, row) => texts[row * width]!.split("$_$")[0]!);
  return { sentiments, videos, modalities: MODALITIES.filter((modality) => keys.includes(modality)) };
}

/** Numbers of an array, or of a list: some programs of MMSA write lists. */
async function numbersIn(bytes: ByteSource, value: PickleValue, where: string): Promise<number[]> {
  if (value instanceof PickledArray) {
    const { data } = requireNumbers(await readPickledArray(bytes, value, where), where);
    return Array.from(data as ArrayLike<number | bigint>, Number);
  }
  if (!Array.isArray(value)) throw dataError(`${where}: an array or a list of numbers is needed.`, { where });
  const parts: number[] = [];
  for (const item of value) parts.push(...(typeof item === "number" ? [item] : await numbersIn(bytes, item, where)));
  return parts;
}

async function textsIn(bytes: ByteSource, value: PickleValue, where: string): Promise<string[]> {
  if (value instanceof PickledArray) {
    const array = await readPickledArray(bytes, value, where);
    return Array.from<string | number | bigint, string>(array.data, String);
  }
  if (!Array.isArray(value))
    return [value instanceof Uint8Array ? new TextDecoder().decode(value) : await readText(bytes, value, where)];
  const parts: string[] = [];
  for (const item of value)
    parts.push(...(typeof item === "number" ? [String(item)] : await textsIn(bytes, item, where)));
  return parts;
}

/** A sequence of a pickle: its steps without padding; infinite and missing numbers become 0, as in the code of the papers. */
function sequence(name: (typeof MODALITIES)[number]): Modality {
  return {
    what: `${name}, features as published [steps, features]`,
    sequence: true,
    async read({ files: [file = ""], row = 0 }, tools, { split }) {
      const { bytes, root } = await tools.once(file, async () => {
        const opened = await byteSource(tools.source, file);
        return { bytes: opened, root: await readPickle(opened) };
      });
      const own = entryOf(root, split);
      const where = `${bytes.label}: ${split} ${name}`;
      const steps = await rowIn(bytes, entryOf(own, name), row, tools, where);
      const lengths = entryOf(own, `${name}_lengths`);
      const known =
        lengths === undefined
          ? undefined
          : (await tools.once(`${where} lengths`, () => numbersIn(bytes, lengths, where)))[row];
      return withoutPadding(steps, known);
    },
  };
}

/** One row of an array [N, T, F]; only its bytes are read where they lie together. */
async function rowIn(
  bytes: ByteSource,
  array: PickleValue | undefined,
  row: number,
  tools: Tools,
  where: string,
): Promise<Tensor> {
  if (!(array instanceof PickledArray) || array.shape.length !== 3 || array.dtype === undefined) {
    throw dataError(`${where}: an array [samples, steps, features] is needed.`, { where });
  }
  const { data, fortran, shape, dtype } = array;
  const [, steps = 0, features = 0] = shape;
  if (data instanceof Span && data.form === "bytes" && !fortran) {
    const width = steps * features * elementType(dtype.descr, where).itemSize;
    const start = data.start + row * width;
    const layout = { descr: dtype.descr, fortran: false, shape: [steps, features] };
    return requireNumbers(tensorFrom(layout, await bytes.read(start, start + width), where), where);
  }
  const whole = await tools.once(where, async () => requireNumbers(await readPickledArray(bytes, array, where), where));
  const width = steps * features;
  return { ...whole, shape: [steps, features], data: whole.data.subarray(row * width, (row + 1) * width) } as Tensor;
}

/** The steps of a sequence without those of zeros in front and behind, or the first `known` ones; at least one. */
function withoutPadding({ shape, data }: Tensor, known: number | undefined): Tensor {
  const [steps = 0, width = 0] = shape;
  const values = Float32Array.from(data as ArrayLike<number>, (value) => (Number.isFinite(value) ? value : 0));
  const isZero = (step: number): boolean =>
    values.subarray(step * width, (step + 1) * width).every((value) => value === 0);
  let [first, end] = [0, known ?? steps];
  if (known === undefined) {
    while (first < steps && isZero(first)) first++;
    while (end > first && isZero(end - 1)) end--;
  }
  if (end <= first) [first, end] = [0, 1];
  return float32([end - first, width], values.slice(first * width, end * width));
}

async function byteSource(source: Source, path: string): Promise<ByteSource> {
  return {
    label: `${source.label}/${path}`,
    size: await source.size(path),
    read: (start, end) => source.range(path, start, end - start),
    hash: async () => sha256(await source.read(path)),
  };
}

export const mosi: Recipe = sentiment(
  "mosi",
  "sentiment of opinions in videos: text, audio, vision (CMU-MOSI)",
  "2,199 segments, 0.1 to 0.5 GB",
  {
    train: 1284,
    valid: 229,
    test: 686,
  },
);

export const mosei: Recipe = sentiment(
  "mosei",
  "sentiment of opinions in videos: text, audio, vision (CMU-MOSEI)",
  "22,856 segments, 1 to 10 GB",
  {
    train: 16_326,
    valid: 1871,
    test: 4659,
  },
);
