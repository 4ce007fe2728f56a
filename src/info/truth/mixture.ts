/** @file Mixtures of interaction types: every sample is redundant, unique to one source, or synergistic, with a known type. */
import { configError } from "../../core/errors.ts";
import { conditionalEntropy } from "../entropy.ts";
import { checkChoice, checkKeys, checkWhole } from "../options.ts";
import { type SampleOptions, sampleRows } from "../sample.ts";
import type { Atoms } from "../sources.ts";
import { jointTable, marginal, type Table } from "../table.ts";

/** Which sources also carry the type of the sample: both, the first alone, none. */
export type Cue = "both" | "first" | "hidden";

/** The types in their order: symbol c of a joint table is TYPES[c]. */
export const TYPES: readonly (keyof Atoms)[] = ["R", "U1", "U2", "S"];

/** Options of a mixture. */
export interface TypeMixtureOptions {
  /** Shares of the four types, in any unit: they are divided by their sum. */
  readonly weights: Atoms;
  readonly cue: Cue;
  /** Symbols m of each part; 2. Everything then comes in log2 m bits. */
  readonly symbols?: number;
}

/** A mixture as exact tables with its known atoms. */
export interface TypeMixture {
  /** [x1, x2, y]; a source with the cue has symbol c m + part. */
  readonly table: Table;
  /** [x1, x2, c, y]. */
  readonly joint: Table;
  /** The weights, summing to 1. */
  readonly weights: Atoms;
  /** log2 m: what each sample holds, in bits, all of it in the atom of its type. */
  readonly bits: number;
  /** Whether x1, x2 and y together determine the type. */
  readonly typeIsDetermined: boolean;
  /**
   * BROJA atoms of the pooled table in bits, where a closed form is known (cue "both"). They are not the weights: what is
   * unique to source 1 in some samples and to source 2 in others counts as redundant plus synergistic.
   */
  readonly pooled?: Atoms;
}

/**
 * Exact tables [x1, x2, y] and their atoms in bits, of a mixture of redundant (x1 = x2 = y), unique (y = x_k, the other part
 * independent) and synergistic (y = x1 + x2 mod m) samples. Source: ours.
 *
 * @throws ConfigError for unknown options, or weights that are negative or sum to 0.
 * @example mixture({ weights: { R: 1, U1: 1, U2: 1, S: 1 }, cue: "both" }).pooled  // { R: 0.5, U1: 0, U2: 0, S: 0.5 }
 */
export function mixture(options: TypeMixtureOptions): TypeMixture {
  checkKeys("mixture", options, ["weights", "cue", "symbols"]);
  checkKeys("mixture.weights", options.weights, TYPES);
  const cue = checkChoice<Cue>("mixture", "cue", options.cue, ["both", "first", "hidden"]);
  const m = checkWhole("mixture", "symbols", options.symbols ?? 2, 2);
  const shares = TYPES.map((type) => options.weights[type]);
  const total = shares.reduce((sum, weight) => sum + weight, 0);
  if (shares.some((weight) => !(weight >= 0)) || !(total > 0 && total < Number.POSITIVE_INFINITY)) {
    throw configError(`mixture: weights ${shares.join(", ")} must be numbers of 0 or more with a sum above 0.`, {
      shares,
    });
  }
  const n1 = cue === "hidden" ? m : 4 * m;
  const n2 = cue === "both" ? 4 * m : m;
  const data = new Float64Array(n1 * n2 * 4 * m);
  for (let c = 0; c < 4; c++) {
    for (let a = 0; a < m; a++) {
      for (let b = 0; b < m; b++) {
        const part2 = c === 0 ? a : b;
        const y = [a, a, b, (a + b) % m][c]!;
        const x1 = cue === "hidden" ? a : c * m + a;
        const x2 = cue === "both" ? c * m + part2 : part2;
        data[((x1 * n2 + x2) * 4 + c) * m + y]! += shares[c]! / (m * m);
      }
    }
  }
  const joint = jointTable({ shape: [n1, n2, 4, m], data });
  const [R, U1, U2, S] = shares.map((weight) => weight / total) as [number, number, number, number];
  const bits = Math.log2(m);
  return {
    table: marginal(joint, [0, 1, 3]),
    joint,
    weights: { R, U1, U2, S },
    bits,
    typeIsDetermined: conditionalEntropy(joint, [2], [0, 1, 3]) < 1e-12,
    ...(cue === "both" ? { pooled: pooledAtoms(R + U1, R + U2, bits) } : {}),
  };
}

/** Samples of a mixture with their types: columns x1, x2, c (an index into TYPES) and y. */
export interface MixtureRows {
  readonly x1: Uint32Array;
  readonly x2: Uint32Array;
  readonly c: Uint32Array;
  readonly y: Uint32Array;
}

/**
 * Rows drawn from a mixture, [N] a column, in the seed's own stream.
 * @throws ConfigError when rows or seed is not a whole number.
 * @example mixtureRows(mixture({ weights, cue: "both" }), { rows: 1000, seed: 0 }).c
 */
export function mixtureRows({ joint }: TypeMixture, options: SampleOptions): MixtureRows {
  const [x1, x2, c, y] = sampleRows(joint, options) as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  return { x1, x2, c, y };
}

/** With a visible cue, I_k = share_k bits and couplings may mix types: R is the smaller share, S the remainder. */
function pooledAtoms(share1: number, share2: number, bits: number): Atoms {
  const R = Math.min(share1, share2);
  const S = 1 - Math.max(share1, share2);
  return { R: R * bits, U1: (share1 - R) * bits, U2: (share2 - R) * bits, S: S * bits };
}
