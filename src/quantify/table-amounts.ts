/** @file Amounts of a table of counts: bias subtracted, intervals by bootstrap, nulls by permutation and from distributions without synergy. */
import { atLeast } from "../info/batch.ts";
import { EQUAL } from "../info/bias.ts";
import {
  type BootstrapResult,
  bootstrap,
  correctedAtoms,
  type PidMeasure,
  permutationNull,
  type Table,
} from "../info/index.ts";
import { synergyAgainst } from "../info/null-tests.ts";
import { type Amount, ATOMS, type AtomName, amountOf } from "./result.ts";

/** Information and atoms of a table. */
interface TableAmounts {
  readonly informations: Readonly<Record<"I1" | "I2" | "I12", Amount>>;
  readonly atoms: Readonly<Record<AtomName, Amount>>;
  readonly balance: Pick<Amount, "value" | "lower" | "upper">;
}

/** Number of resamples: 200, fewer for tables so large that they would take minutes. */
function roundsFor(cells: number): number {
  return cells <= 4096 ? 200 : 60;
}

/** Measures of which no atom can be negative. */
const NEVER_NEGATIVE: readonly PidMeasure[] = ["broja", "imin", "mmi"];

/**
 * Amounts under a measure of `pid`, in bits. Informations are corrected by Miller and Madow. For a nonnegative measure R is corrected in
 * proportion to its information and clipped to the range where no atom is negative, as a correction may overshoot; for a signed measure R
 * is centred by the bootstrap. The other atoms follow from the sum rules. An interval always contains its value. From a null quantile the
 * same bias is subtracted as from the value it is compared with. For S of BROJA the null is the largest of three: tables drawn from the
 * distribution with the same margins and no synergy, permuted targets, and the bias.
 */
export function tableAmounts(table: Table, measure: PidMeasure, seed: number): TableAmounts {
  const rounds = roundsFor(table.p.length);
  const drawn = bootstrap(table, { seed, rounds, measure });
  const shuffled = permutationNull(table, { seed, rounds, measure });
  const { informations } = correctedAtoms(table, { bias: "miller-madow" });
  const unsigned = NEVER_NEGATIVE.includes(measure);
  const min = unsigned ? 0 : Number.NEGATIVE_INFINITY;
  const { I1, I2, I12 } = informations;
  const floored = unsigned ? atLeast([I1, I2, I12]) : ([I1, I2, I12] as const);
  const R = redundancyOf(drawn, floored, unsigned);
  const [first, second, both] = floored;
  const values = {
    ...{ I1, I2, I12, coI: first + second - both },
    ...{ R, U1: first - R, U2: second - R, S: both - first - second + R },
  };
  const nullQuantile = (name: keyof typeof values): number => {
    if (measure !== "broja" || name !== "S") return shuffled[name].quantile95;
    const test = synergyAgainst(table, shuffled.S.quantile95, seed, rounds);
    return Math.max(test.quantile95, test.shuffled95, test.millerMadow);
  };
  const amount = (name: keyof typeof values, floor = Number.NEGATIVE_INFINITY): Amount => {
    const { value: plugIn, centred, lower, upper } = drawn[name];
    const value = Math.max(floor, values[name]);
    const null95 = Math.max(floor, nullQuantile(name) - (plugIn - value));
    const low = Math.max(floor, lower + value - centred);
    return amountOf(value, Math.min(value, low), Math.max(value, upper + value - centred), null95);
  };
  const coI = amount("coI");
  return {
    informations: { I1: amount("I1"), I2: amount("I2"), I12: amount("I12") },
    atoms: Object.fromEntries(ATOMS.map((atom) => [atom, amount(atom, min)])) as Record<AtomName, Amount>,
    balance: { value: -coI.value, lower: -coI.upper, upper: -coI.lower },
  };
}

/** R under corrected informations. An atom that is 0 in the sample is 0 after the correction. */
function redundancyOf(
  drawn: BootstrapResult,
  [I1, I2, I12]: readonly [number, number, number],
  unsigned: boolean,
): number {
  const ifZero = { I1, I2, coI: I1 + I2 - I12 };
  const sampleR = drawn.R.value;
  const zero = (["I1", "I2", "coI"] as const).find((name) => Math.abs(sampleR - drawn[name].value) <= EQUAL);
  if (!unsigned) return zero === undefined ? drawn.R.centred : ifZero[zero];
  const [plugIn, corrected] = drawn.I1.value <= drawn.I2.value ? [drawn.I1.value, I1] : [drawn.I2.value, I2];
  const R = zero === undefined ? (sampleR / plugIn) * corrected : ifZero[zero];
  return Math.min(Math.max(R, ifZero.coI), I1, I2);
}
