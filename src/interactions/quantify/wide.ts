/**
 * @file Sources with more features than rows to learn from, as genes have: n rows span n directions at most, so coordinates in their
 * space say all that a model can learn from them.
 *
 * A layer that is fitted with a penalty on the squares of its weights never gains a weight across the rows it is fitted on, so what
 * other rows hold across that space is never read. Distances within it are kept.
 */
import { float32, type Tensor } from "../../core/tensor.ts";
import { type Dataset, featureCount, takeRows } from "../../data/dataset.ts";
import { fitStandardiser, standardise } from "../../data/standardise.ts";
import { rowSpace } from "../../info/index.ts";

/** Rows up to which products of all pairs cost less than they save. */
const MOST_ROWS = 2000;

/**
 * The dataset with each source of more features than the rows `train` standardised on those rows and given by its coordinates in
 * the space they span; other sources as they are. Nothing but features of `train` decides the space.
 */
export function inRowSpace(dataset: Dataset, train: readonly number[]): Dataset {
  const rows = dataset.labels.length;
  const isWide = (values: Tensor<"float32">): boolean => featureCount(values) > train.length;
  const wide = Object.entries(dataset.modalities).filter(([, values]) => isWide(values));
  if (wide.length === 0 || rows > MOST_ROWS) return dataset;
  const chosen = { ...dataset, modalities: Object.fromEntries(wide) };
  const { modalities } = standardise(chosen, fitStandardiser(takeRows(chosen, train)));
  const reduced = Object.entries(modalities).map(([name, values]): [string, Tensor<"float32">] => {
    const { shape, data } = rowSpace(values, train);
    return [name, float32(shape, data)];
  });
  // The order of the modalities is the order of the sources.
  return { ...dataset, modalities: { ...dataset.modalities, ...Object.fromEntries(reduced) } };
}
