/** @file Amounts of a counted table: bias taken off, intervals from the bootstrap, nulls from shuffles and from laws without synergy. */
import {
  type BootstrapResult,
  bootstrap,
  correctedAtoms,
  type PidMeasure,
  permutationNull,
  synergyTest,
  type Table,
} from "../../info/index.ts";
import { type Amount, ATOMS, type AtomName } from "./result.ts";

/** Informations and atoms of a table. */
export interface TableAmounts {
  readonly informations: Record<"I1" | "I2" | "I12", Amount>;
  readonly atoms: Record<AtomName, Amount>;
  readonly balance: Omit<Amount, "null95" | "real">;
}

/** Resamples that keep large tables within half a minute. */
function roundsFor(cells: number): number {
  return cells <= 512 ? 200 : cells <= 1500 ? 60 : 20;
}

/**
 * Amounts under a measure of pid, in bits. BROJA's are corrected by Miller and Madow; those of other measures are centred by the
 * bootstrap. A null quantile has the same bias taken off as the value it is compared with. For S it is the largest of three: tables
 * drawn from the law with the same margins and no synergy, shuffled targets, and the bias.
 */
export function tableAmounts(table: Table, measure: PidMeasure, seed: number): TableAmounts {
  const rounds = roundsFor(table.p.length);
  const drawn = bootstrap(table, { seed, rounds, measure });
  const shuffled = permutationNull(table, { seed, rounds, measure });
  const corrected = measure === "broja" ? correctedAtoms(table, { bias: "miller-madow" }) : undefined;
  const test = measure === "broja" ? synergyTest(table, { seed, rounds }) : undefined;
  const values = { ...corrected?.informations, ...corrected } as Partial<Record<keyof typeof shuffled, number>>;
  const amount = (name: keyof typeof shuffled): Amount => {
    const { value: plugIn, centred, lower, upper } = drawn[name as keyof BootstrapResult & AtomName];
    const value = values[name] ?? centred;
    const reached =
      name === "S" && test !== undefined
        ? Math.max(test.quantile95, test.shuffled95, test.millerMadow)
        : shuffled[name].quantile95;
    const null95 = reached - (plugIn - value);
    const low = lower + value - centred;
    return { value, lower: low, upper: upper + value - centred, null95, real: low > 0 && value > null95 };
  };
  const S = amount("S");
  const R = amount("R");
  const [I1, I2, I12] = [amount("I1"), amount("I2"), amount("I12")];
  // S - R is not among the resampled numbers: its interval adds those of S and R, which is wide enough.
  const balance = { value: S.value - R.value, lower: S.lower - R.upper, upper: S.upper - R.lower };
  return {
    informations: { I1, I2, I12 },
    atoms: Object.fromEntries(
      ATOMS.map((atom) => [atom, atom === "S" ? S : atom === "R" ? R : amount(atom)]),
    ) as Record<AtomName, Amount>,
    balance,
  };
}
