/** @file Amounts of a counted table: bias taken off, intervals from the bootstrap, nulls from shuffles and from laws without synergy. */
import { bootstrap, correctedAtoms, type PidMeasure, permutationNull, type Table } from "../../info/index.ts";
import { synergyAgainst } from "../../info/null-tests.ts";
import { type Amount, ATOMS, type AtomName, amountOf } from "./result.ts";

/** Informations and atoms of a table. */
export interface TableAmounts {
  readonly informations: Readonly<Record<"I1" | "I2" | "I12", Amount>>;
  readonly atoms: Readonly<Record<AtomName, Amount>>;
  readonly balance: Pick<Amount, "value" | "lower" | "upper">;
}

/** Resamples: 200, and fewer where a table is so large that they would take minutes. */
function roundsFor(cells: number): number {
  return cells <= 4096 ? 200 : 60;
}

/**
 * Amounts under a measure of pid, in bits. Informations are corrected by Miller and Madow; so is R of BROJA, that of other measures
 * is centred by the bootstrap; the other atoms follow by the sum rules. A null quantile has the same bias taken off as the value it
 * is compared with. For S of BROJA it is the largest of three: tables drawn from the law with the same margins and no synergy,
 * shuffled targets, and the bias.
 */
export function tableAmounts(table: Table, measure: PidMeasure, seed: number): TableAmounts {
  const rounds = roundsFor(table.p.length);
  const drawn = bootstrap(table, { seed, rounds, measure });
  const shuffled = permutationNull(table, { seed, rounds, measure });
  const corrected = correctedAtoms(table, { bias: "miller-madow" });
  const { I1, I2, I12 } = corrected.informations;
  const R = measure === "broja" ? corrected.R : drawn.R.centred;
  const values = { I1, I2, I12, coI: I1 + I2 - I12, R, U1: I1 - R, U2: I2 - R, S: I12 - I1 - I2 + R };
  const reached = (name: keyof typeof values): number => {
    if (measure !== "broja" || name !== "S") return shuffled[name].quantile95;
    const test = synergyAgainst(table, shuffled.S.quantile95, seed, rounds);
    return Math.max(test.quantile95, test.shuffled95, test.millerMadow);
  };
  const amount = (name: keyof typeof values): Amount => {
    const { value: plugIn, centred, lower, upper } = drawn[name];
    const value = values[name];
    return amountOf(value, lower + value - centred, upper + value - centred, reached(name) - (plugIn - value));
  };
  const coI = amount("coI");
  return {
    informations: { I1: amount("I1"), I2: amount("I2"), I12: amount("I12") },
    atoms: Object.fromEntries(ATOMS.map((atom) => [atom, amount(atom)])) as Record<AtomName, Amount>,
    balance: { value: -coI.value, lower: -coI.upper, upper: -coI.lower },
  };
}
