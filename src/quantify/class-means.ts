/** @file Means by class, with intervals. */
import { meanIntervals, type SampleInformation, type SampleScores } from "../info/index.ts";
import { CLASS_COLUMNS, type ClassMeans } from "./result.ts";

/** Bootstrap resamples of the rows of a class. */
const ROUNDS = 200;

/** Mean information and scores of each class that has rows; rows of a group are resampled together. */
export function classMeans(
  classes: readonly string[],
  labels: ArrayLike<number>,
  { i1, i2, i12 }: SampleInformation,
  { r, u1, u2, s }: SampleScores,
  seed: number,
  groups?: Int32Array,
): ClassMeans[] {
  return classes.flatMap((name, k): ClassMeans[] => {
    const rows: number[] = [];
    for (let i = 0; i < labels.length; i++) if (labels[i] === k) rows.push(i);
    if (rows.length === 0) return [];
    const ofClass = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
    const means = meanIntervals([i1, i2, i12, r, u1, u2, s].map(ofClass), {
      seed,
      rounds: ROUNDS,
      ...(groups === undefined ? {} : { groups: Int32Array.from(rows, (row) => groups[row]!) }),
    });
    const columns = Object.fromEntries(CLASS_COLUMNS.map((column, c) => [column, means[c]!]));
    return [{ name, samples: rows.length, ...columns } as ClassMeans];
  });
}
