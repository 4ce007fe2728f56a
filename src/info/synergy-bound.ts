/** @file Theorem 1 of DMIL on tables: a lower bound on the information of a representation, by interaction type. */
import { conditionalEntropy, conditionalMutualInformation, mutualInformation } from "./entropy.ts";
import { type Table, type TableInput, tableOfRank } from "./table.ts";

/** Both sides of the bound, in bits. */
export interface SynergyBound {
  /** I(Z; Y), the left side. */
  readonly IZY: number;
  /** I(Z; Y | C), the mean information of Z within a type. */
  readonly IZYgivenC: number;
  /** H(C | Z), the uncertainty of the type given Z. */
  readonly HCgivenZ: number;
  /** I(Y; C). */
  readonly IYC: number;
  /** I(Z; Y | C) - H(C | Z) + I(Y; C), the right side; the bound is trivial when it is negative. */
  readonly lower: number;
  /** H(C | Z, Y): the difference of the two sides, never below 0. */
  readonly slack: number;
}

/**
 * The terms of I(Z; Y) >= I(Z; Y | C) - H(C | Z) + I(Y; C) for a table [z, c, y]: representation, interaction type, target.
 * It holds for any joint distribution, as I(C; Y | Z) = H(C | Z) - H(C | Z, Y). Source: DMIL (CVPR 2026), Theorem 1.
 *
 * @throws ShapeError, DataError for a table that jointTable refuses.
 * @example synergyBound(encode(mixture({ weights }).joint, [0, 1], ([x1]) => x1))  // Z keeps x1 alone
 */
export function synergyBound(input: TableInput): SynergyBound {
  const table: Table = tableOfRank(input, 3, "synergyBound", "[z, c, y]");
  const IZY = mutualInformation(table, [0], [2]);
  const IZYgivenC = conditionalMutualInformation(table, [0], [2], [1]);
  const HCgivenZ = conditionalEntropy(table, [1], [0]);
  const IYC = mutualInformation(table, [2], [1]);
  const slack = conditionalEntropy(table, [1], [0, 2]);
  return { IZY, IZYgivenC, HCgivenZ, IYC, lower: IZYgivenC - HCgivenZ + IYC, slack };
}
