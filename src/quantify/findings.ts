/** @file One plain sentence per finding. */
import { decimals } from "../core/decimals.ts";
import { type Amount, ATOMS, type AtomName, MIN_BITS, type Quantified } from "./result.ts";

/** Three decimals, and no minus zero. */
export function bits(value: number): string {
  return decimals(value, 3);
}

/** The name of an atom in sentences. */
export function atomLabel(atom: AtomName, [first, second]: readonly [string, string]): string {
  if (atom === "R") return "redundancy";
  return atom === "S" ? "synergy" : `unique information of ${atom === "U1" ? first : second}`;
}

/** Findings of one result, in the order of its measures. */
export function findingsOf(result: Omit<Quantified, "findings">): string[] {
  const { sources, informations, entropy, measures, balance, target } = result;
  const share = entropy > 0 ? ` of H(${target}) = ${bits(entropy)}` : "";
  const out = measures.flatMap(({ measure, atoms }) =>
    ATOMS.map(
      (atom) => `${measure}: ${atom} = ${shown(atoms[atom])}: ${verdict(atoms[atom], atomLabel(atom, sources))}.`,
    ),
  );
  const more =
    balance.lower >= MIN_BITS
      ? "more synergy than redundancy"
      : balance.upper <= -MIN_BITS
        ? "more redundancy than synergy"
        : "";
  const nothing = `no information about ${target} is shown, so there is nothing to split: the parts below are noise.`;
  return [
    `${sources.join(" and ")} together give ${bits(informations.I12.value)} bit${share}; ${sources[0]} alone ${bits(informations.I1.value)}, ${sources[1]} alone ${bits(informations.I2.value)}.`,
    ...(Object.values(informations).some(({ real }) => real) ? [] : [nothing]),
    `S - R = ${bits(balance.value)} bit [${bits(balance.lower)}, ${bits(balance.upper)}]: ${more === "" ? "neither synergy nor redundancy is shown to be larger" : `${more}, whichever measure splits them`}.`,
    ...out,
  ];
}

function shown({ value, lower, upper, null95 }: Amount): string {
  return `${bits(value)} bit [${bits(lower)}, ${bits(upper)}], null 95 % ${bits(null95)}`;
}

function verdict({ real, value, lower, upper, null95 }: Amount, label: string): string {
  if (real) return `${label} is real`;
  if (upper <= -MIN_BITS) return `below 0, as a signed measure allows; no ${label}`;
  if (lower >= MIN_BITS && value > null95) {
    return `only balances parts below 0, as it belongs to a source without information that is shown; no ${label}`;
  }
  return `no ${label} is shown`;
}
