/** @file Means by class, with how sure they are. */
import { meanIntervals, type SampleInformation, type SampleScores } from "../../info/index.ts";
import { CLASS_COLUMNS, type ClassMeans } from "./result.ts";

/** Resamples of a class's rows. */
const ROUNDS = 200;

/** Informations and scores of the rows of each class that has any; rows of a group are drawn together. */
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
    const own = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
    const found = meanIntervals([i1, i2, i12, r, u1, u2, s].map(own), {
      seed,
      rounds: ROUNDS,
      ...(groups === undefined ? {} : { groups: Int32Array.from(rows, (row) => groups[row]!) }),
    });
    const columns = Object.fromEntries(CLASS_COLUMNS.map((column, c) => [column, found[c]!]));
    return [{ name, samples: rows.length, ...columns } as ClassMeans];
  });
}
