/**
 * @file Sources with more features than training rows, such as gene expression: n rows span at most n dimensions, so their coordinates in
 * the row space contain all that a model can learn from them.
 *
 * A layer trained with an L2 penalty gets no weight orthogonal to its training rows, so components of other rows orthogonal to the row
 * space would never be used. Distances within the row space are preserved.
 */
import { float32, type Tensor } from "../core/tensor.ts";
import { type Dataset, featureCount, takeRows } from "../data/dataset.ts";
import { rowSpace } from "../info/index.ts";
import { fitTransforms, transformed } from "../modalities/index.ts";

/** Maximum rows for which the products of all pairs cost less than they save. */
const MAX_ROWS = 2000;

/**
 * The dataset with every source that has more features than `train` has rows standardised on those rows and projected to the space that
 * they span; other sources are unchanged. The space depends on the features of `train` only.
 */
export function inRowSpace(dataset: Dataset, train: readonly number[]): Dataset {
  const rows = dataset.size;
  const isWide = (values: Tensor<"float32">): boolean => featureCount(values) > train.length;
  const wide = Object.entries(dataset.modalities).filter(([, values]) => isWide(values));
  if (wide.length === 0 || rows > MAX_ROWS) return dataset;
  const chosen = { ...dataset, modalities: Object.fromEntries(wide) };
  const standardised = transformed(chosen, fitTransforms(takeRows(chosen, train)));
  const reduced = Object.entries(standardised).map(([name, values]): [string, Tensor<"float32">] => {
    const { shape, data } = rowSpace({ shape: [rows, featureCount(values)], data: values.data }, train);
    return [name, float32(shape, data)];
  });
  // The order of the modalities is the order of the sources.
  return { ...dataset, modalities: { ...dataset.modalities, ...Object.fromEntries(reduced) } };
}
