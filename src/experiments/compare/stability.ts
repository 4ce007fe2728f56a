/** @file Do the components hold over training runs? Seeds of one method set side by side, test sample by test sample. */
import { permutation } from "../../core/random.ts";
import { cohenKappa, correlation, order, ranks } from "../../info/statistics/agreement.ts";
import { meanOf } from "../../info/statistics/paired.ts";
import { sumOf } from "../../info/sum.ts";
import { type Estimate, halfWidth, meanInterval } from "../../interactions/uncertainty.ts";
import type { SampleBits } from "../../runs/sample-bits.ts";
import type { SweepEntry } from "../entry.ts";

/** Intervals of this section hold the truth with so much confidence. */
const CONFIDENCE = 0.95;

/** How far the seeds of a method agree on the test samples they share. A type is the component with the most label-free bits. */
export interface Stability {
  /** Runs that were compared, on all splits. */
  readonly runs: number;
  /** Test samples of a split. */
  readonly samples: number;
  /** Share of samples to which two seeds give one type. */
  readonly sameType: Estimate;
  /** Cohen's kappa of the types. */
  readonly kappa: Estimate;
  /** By component: Spearman's rank correlation of its bits over samples. */
  readonly ranks: Readonly<Record<string, Estimate>>;
  /** By component: mean bits, for other seeds and other samples alike. */
  readonly bits: Readonly<Record<string, Estimate>>;
}

/**
 * Agreement of the runs of a method in one setting: means over all pairs of seeds that speak of the same samples. `overlap` as in
 * `meanOf`. Undefined where no two runs share their samples.
 */
export function stabilityOf(
  runs: readonly SweepEntry[],
  bitsOf: (run: SweepEntry) => SampleBits | undefined,
  overlap = 0,
): Stability | undefined {
  const groups = new Map<string, SampleBits[]>();
  for (const run of runs) {
    const own = bitsOf(run);
    if (own === undefined) continue;
    const key = JSON.stringify([run.split, own.samples, own.components]);
    groups.set(key, [...(groups.get(key) ?? []), own]);
  }
  const shared = [...groups.values()].filter((group) => group.length > 1);
  if (shared.length === 0) return undefined;
  const { components } = shared[0]![0]!;
  const over = (read: (group: readonly SampleBits[]) => Estimate): Estimate => overSplits(shared.map(read), overlap);
  const byComponent = (read: (columns: readonly Float32Array[]) => Estimate): Record<string, Estimate> =>
    Object.fromEntries(components.map((name, c) => [name, over((group) => read(group.map(({ atoms }) => atoms[c]!)))]));
  const typed = shared.map((group) => group.map(typesOf));
  const ofTypes = (compare: (a: Uint8Array, b: Uint8Array) => number, least: number): Estimate =>
    overSplits(
      typed.map((group) =>
        pairwise(group, (types, rows) => Uint8Array.from(rows, (row) => types[row]!), compare, least),
      ),
      overlap,
    );
  return {
    runs: shared.reduce((sum, group) => sum + group.length, 0),
    samples: shared[0]![0]!.atoms[0]!.length,
    sameType: ofTypes((a, b) => a.reduce((n, type, i) => n + Number(type === b[i]), 0) / a.length, 0),
    kappa: ofTypes((a, b) => cohenKappa(a, b, components.length), -1),
    ranks: byComponent((columns) => rankAgreement(columns)),
    bits: byComponent((columns) => meanInterval(columns, CONFIDENCE)),
  };
}

/** Several splits: their mean, with Student's interval over them. */
function overSplits(found: readonly Estimate[], overlap: number): Estimate {
  if (found.length === 1) return found[0]!;
  const {
    mean: value,
    lower,
    upper,
  } = meanOf(
    found.map((own) => own.value),
    overlap,
  );
  return { value, lower, upper };
}

/** The component with the most bits, by sample; the first among equals. */
function typesOf({ atoms }: SampleBits): Uint8Array {
  return Uint8Array.from(atoms[0]!, (_, i) => {
    let best = 0;
    for (let c = 1; c < atoms.length; c++) if (atoms[c]![i]! > atoms[best]![i]!) best = c;
    return best;
  });
}

function rankAgreement(columns: readonly Float32Array[]): Estimate {
  const orders = new Map(columns.map((values) => [values, order(values)]));
  const among = (values: Float32Array, rows: Uint32Array): Float64Array => {
    const kept = new Uint8Array(values.length);
    for (const row of rows) kept[row] = 1;
    return ranks(
      values,
      orders.get(values)!.filter((row) => kept[row] === 1),
    );
  };
  return pairwise(columns, among, correlation, -1);
}

/** So many groups of samples are left out in turn. */
const GROUPS = 20;

/**
 * Mean of a figure over all pairs of raters, with Student's interval by the jackknife: over raters (from three on; of two none can be left
 * out) and over groups of samples. `least` and 1 bound the figure. Pairs of which it is not defined do not count. Source: Arvesen 1969 for
 * means over pairs.
 */
function pairwise<R extends ArrayLike<number>, S>(
  raters: readonly R[],
  /** A rater's part of the figure on some rows. */
  on: (rater: R, rows: Uint32Array) => S,
  compare: (a: S, b: S) => number,
  least: number,
): Estimate {
  const n = raters[0]!.length;
  const shuffled = permutation(n, 0, "jackknife groups");
  const groups = Math.min(GROUPS, n);
  const figures = (rows: Uint32Array): number[][] => {
    const parts = raters.map((rater) => on(rater, rows));
    return parts.map((a, i) => parts.slice(0, i).map((b) => compare(a, b)));
  };
  const whole = figures(Uint32Array.from({ length: n }, (_, i) => i));
  const value = meanKnown(whole.flat());
  const without = Array.from({ length: groups }, (_, g) => {
    const rows = shuffled.filter((_, i) => i % groups !== g);
    return rows.length === 0 ? Number.NaN : meanKnown(figures(rows).flat());
  });
  const withoutRater = raters.map((_, r) =>
    meanKnown(whole.flatMap((row, i) => (i === r ? [] : row.filter((_, j) => j !== r)))),
  );
  const parts = [without, ...(raters.length > 2 ? [withoutRater] : [])].map((left) => {
    const known = left.filter((own) => !Number.isNaN(own));
    const centre = sumOf(known) / known.length;
    const spread = sumOf(known.map((own) => (own - centre) ** 2));
    const freedom = known.length - 1;
    return { variance: freedom < 1 ? Number.NaN : (spread * freedom) / known.length, freedom };
  });
  const half = halfWidth(parts, CONFIDENCE);
  return { value, lower: Math.max(least, value - half), upper: Math.min(1, value + half) };
}

function meanKnown(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return sumOf(known) / known.length;
}
