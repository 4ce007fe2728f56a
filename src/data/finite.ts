/** @file Which numbers of a modality may be NaN: those of missing samples, and those after the end of a sequence. */
import { dataError } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import { type DataSplits, type Dataset, featureCount, SPLITS, type SplitName } from "./dataset.ts";
import { lengthRange, lengthsOf, paddingProblem, sequenceSize } from "./sequences.ts";

/** The shortest and the longest sample of all splits. @throws DataError if samples are padded, but none of train. */
export function lengthsOfSplits(
  splits: DataSplits,
  name: string,
  where: (split: SplitName) => string,
): readonly [number, number] | undefined {
  const ranges = SPLITS.flatMap((split) => {
    const mask = ownValue(splits[split].present, name);
    const lengths = lengthsOf(splits[split].modalities[name]!, mask);
    if (lengths === undefined) return [];
    return [{ split, range: lengthRange(lengths, mask) }];
  });
  const [first] = ranges;
  if (first === undefined) return undefined;
  if (first.split !== "train") {
    throw dataError(
      `${where(first.split)}: the shortest sample ends after step ${first.range[0]} (from 1; NaN follows), but all training samples have ${splits.train.modalities[name]!.shape[1]} steps, so no model could learn what padding is. Put such samples into train, or give all samples the same number of steps.`,
      { modality: name, split: first.split },
    );
  }
  return [Math.min(...ranges.map(({ range }) => range[0])), Math.max(...ranges.map(({ range }) => range[1]))];
}

/**
 * @throws DataError for numbers that are not finite, except for those of missing samples and NaN after the end of a sequence.
 */
export function checkFinite(data: Pick<Dataset, "modalities" | "present">, modality: string, where: string): void {
  const { data: values, shape } = data.modalities[modality]!;
  const width = featureCount({ shape });
  const mask = ownValue(data.present, modality);
  const lengths = lengthsOf({ data: values, shape }, mask);
  let bad = 0;
  let first = -1;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]!)) continue;
    const row = Math.floor(i / width);
    if (mask?.[row] === 0) continue;
    if (lengths !== undefined && lengths[row]! > 0 && i % width >= (lengths[row]! * width) / shape[1]!) continue;
    bad++;
    if (first < 0) first = i;
  }
  if (bad === 0) return;
  const padding =
    sequenceSize(shape) && Number.isNaN(values[first]!)
      ? paddingProblem({ data: values, shape }, Math.floor(first / width))
      : undefined;
  if (padding !== undefined) {
    throw dataError(`${where}: ${padding}.`, { bad, row: Math.floor(first / width) });
  }
  const [row, column] = [Math.floor(first / width), first % width];
  throw dataError(
    `${where}: ${bad} of ${values.length} numbers are NaN or infinite as float32, the first (${values[first]}) at row ${row}, column ${column} (from 0). Remove these samples, fill the gaps, or, where a modality is missing as a whole, say so in dataset.json with "missing": "nan".`,
    { bad, row, column },
  );
}
