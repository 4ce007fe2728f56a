/** @file A model's predictions with modalities removed: replaced by zeros, by training means, or by the values of other samples. */
import { configError, dataError, hint } from "../../core/errors.ts";
import { stream } from "../../core/random.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Answering } from "./model.ts";
import { logsOf } from "./probabilities.ts";
import { setMasks, setName, wholeMask } from "./sets.ts";

/** The values that replace a removed modality. */
export const REMOVALS = ["draws", "means", "zeros"] as const;
export type Removal = (typeof REMOVALS)[number];

/** Features of samples by modality, [N, ...]. */
export type Features = Readonly<Record<string, Tensor<"float32">>>;

export interface RemovalOptions {
  readonly remove: Removal;
  /** Number of draws per sample, for "draws"; 16. */
  readonly draws?: number;
  readonly seed: number;
}

/** Parses the name of a removal. @throws ConfigError for any other. */
export function removalOf(word: string): Removal {
  const removal = REMOVALS.find((name) => name === word);
  if (removal !== undefined) return removal;
  throw configError(`--remove ${word} is not known${hint(word, REMOVALS)}`, { word });
}

/**
 * Log-probabilities [N, K] by set of modalities, the others removed. "draws": the removed modalities are taken from one training sample,
 * drawn by the seed, and the probabilities are averaged over draws (marginal imputation); "means": from the means over the training
 * samples; "zeros": 0. @throws DataError for features or predictions that are not finite, and for invalid probabilities.
 */
export async function withoutModalities(
  model: Answering,
  data: Features,
  training: Features,
  classes: number,
  { remove, draws = 16, seed }: RemovalOptions,
): Promise<Record<string, Float64Array>> {
  const modalities = Object.keys(data);
  const n = data[modalities[0]!]!.shape[0]!;
  const rows = training[modalities[0]!]!.shape[0]!;
  for (const [name, { data: values }] of Object.entries(data)) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) continue;
    throw dataError(
      `${name}, sample ${Math.floor(bad / (values.length / n))} (from 0) contains ${values[bad]}; the model needs finite features.`,
    );
  }
  const rounds = remove === "draws" ? draws : 1;
  const fillers = Object.fromEntries(modalities.map((name) => [name, fillersOf(training[name]!, remove)]));
  const drawn = Array.from({ length: rounds }, (_, round) => {
    const draw = stream(seed, "bits.draws", round);
    return Uint32Array.from({ length: n }, () => (remove === "draws" ? draw.below(rows) : 0));
  });
  const sets: Record<string, Float64Array> = {};
  for (const mask of setMasks(modalities)) {
    const sum = new Float64Array(n * classes);
    const times = mask === wholeMask(modalities) ? 1 : rounds;
    for (let round = 0; round < times; round++) {
      const features = Object.fromEntries(
        modalities.map((name, m) => [
          name,
          mask & (1 << m) ? data[name]!.data : filled(fillers[name]!, drawn[round]!, n),
        ]),
      );
      const values = await model.predict(features, n);
      const place = (row: number): string =>
        `the model's prediction for sample ${row} (from 0) from ${setName(modalities, mask)}`;
      const { logs } = logsOf(values, classes, model.logits, place);
      logs.forEach((log, i) => {
        sum[i]! += Math.exp(log) / times;
      });
    }
    sets[setName(modalities, mask)] = logsOf(sum, classes, false, () => setName(modalities, mask)).logs;
  }
  return sets;
}

/** Rows [R, width], one of which replaces a removed modality. */
interface Fillers {
  readonly data: Float32Array;
  readonly width: number;
}

function fillersOf({ data, shape }: Tensor<"float32">, remove: Removal): Fillers {
  const rows = shape[0]!;
  const width = data.length / rows;
  if (remove === "draws") return { data, width };
  const mean = new Float64Array(width);
  if (remove === "means") {
    data.forEach((value, i) => {
      mean[i % width]! += value / rows;
    });
  }
  return { data: Float32Array.from(mean), width };
}

function filled({ data, width }: Fillers, rows: Uint32Array, n: number): Float32Array {
  const out = new Float32Array(n * width);
  for (let i = 0; i < n; i++) out.set(data.subarray(rows[i]! * width, (rows[i]! + 1) * width), i * width);
  return out;
}
