/** @file Entropies and mutual informations of tables, any axes against any others. */
import { shapeError } from "../core/errors.ts";
import { formatShape } from "../core/shape.ts";
import { checkKeys, inUnit, type UnitOption } from "./options.ts";
import { Sum } from "./sum.ts";
import { jointTable, marginal, type Table, type TableInput, tableOfRank } from "./table.ts";

/** Which axes of a table form a variable; several axes form one tuple. */
export type Axes = readonly number[];

/**
 * H(A) = -sum p log p of the named axes, all of them by default; in bits, or `unit: "nats"`. Source: Shannon 1948.
 * @example entropy([[1, 1], [1, 1]])  // 2
 */
export function entropy(input: TableInput, axes?: Axes, options: UnitOption = {}): number {
  checkKeys("entropy", options, ["unit"]);
  const table = jointTable(input);
  return inUnit(nats(axes === undefined ? table.p : marginal(table, axes).p), options);
}

/**
 * H(A | B) = H(A, B) - H(B); in bits, or `unit: "nats"`. Source: Shannon 1948.
 * @example conditionalEntropy([[1, 0], [0, 1]], [0], [1])  // 0
 */
export function conditionalEntropy(input: TableInput, axes: Axes, given: Axes, options: UnitOption = {}): number {
  checkKeys("conditionalEntropy", options, ["unit"]);
  const table = jointTable(input);
  checkApart("conditionalEntropy", [axes, given]);
  const joint = marginal(table, [...axes, ...given]);
  const whole = marginal(joint, range(axes.length, given.length));
  const inner = whole.p.length;
  const sum = new Sum();
  for (let i = 0; i < joint.p.length; i++) {
    const p = joint.p[i]!;
    if (p > 0) sum.add(p * Math.log(whole.p[i % inner]! / p));
  }
  return inUnit(Math.max(0, sum.value), options);
}

/**
 * I(A; B) = sum p log(p / (p_A p_B)), 0 or more; in bits, or `unit: "nats"`. Axes 0 and 1 by default.
 * Summed as a divergence, not as a difference of entropies, which would cancel small values. Source: Shannon 1948.
 * @example mutualInformation([[1, 0], [0, 1]])  // 1
 * @example mutualInformation(table, [0, 1], [2])  // I(X1, X2; Y)
 */
export function mutualInformation(input: TableInput, a: Axes = [0], b: Axes = [1], options: UnitOption = {}): number {
  checkKeys("mutualInformation", options, ["unit"]);
  checkApart("mutualInformation", [a, b]);
  return inUnit(conditional(jointTable(input), a, b, []), options);
}

/**
 * I(A; B | C) = sum p log(p(a,b,c) p(c) / (p(a,c) p(b,c))), 0 or more; in bits, or `unit: "nats"`.
 * Source: Shannon 1948.
 * @example conditionalMutualInformation(xor, [0], [2], [1])  // I(X1; Y | X2) = 1
 */
export function conditionalMutualInformation(
  input: TableInput,
  a: Axes,
  b: Axes,
  given: Axes,
  options: UnitOption = {},
): number {
  checkKeys("conditionalMutualInformation", options, ["unit"]);
  checkApart("conditionalMutualInformation", [a, b, given]);
  return inUnit(conditional(jointTable(input), a, b, given), options);
}

/** Information of two sources about a target, jointly and separately. */
export interface InformationTerms {
  /** I(X1; Y). */
  readonly I1: number;
  /** I(X2; Y). */
  readonly I2: number;
  /** I(X1, X2; Y). */
  readonly I12: number;
  /** I(X1; Y | X2). */
  readonly I1given2: number;
  /** I(X2; Y | X1). */
  readonly I2given1: number;
  /** I(X1; X2). */
  readonly Isources: number;
  /** Co-information I1 + I2 - I12: redundancy minus synergy, for every decomposition. */
  readonly coI: number;
}

/**
 * The seven information terms of a table [x1, x2, y]; in bits, or `unit: "nats"`. Source: Shannon 1948; McGill 1954 (coI).
 * @example informationTerms(xor)  // { I1: 0, I2: 0, I12: 1, I1given2: 1, I2given1: 1, Isources: 0, coI: -1 }
 */
export function informationTerms(input: TableInput, options: UnitOption = {}): InformationTerms {
  checkKeys("informationTerms", options, ["unit"]);
  const table = tableOfRank(input, 3, "informationTerms", "[x1, x2, y]");
  const of = (a: Axes, b: Axes, given: Axes): number => inUnit(conditional(table, a, b, given), options);
  const I1 = of([0], [2], []);
  const I2 = of([1], [2], []);
  const I12 = of([0, 1], [2], []);
  return {
    I1,
    I2,
    I12,
    I1given2: of([0], [2], [1]),
    I2given1: of([1], [2], [0]),
    Isources: of([0], [1], []),
    coI: I1 + I2 - I12,
  };
}

/** -sum p log p in nats. */
export function nats(p: ArrayLike<number>): number {
  const sum = new Sum();
  for (let i = 0; i < p.length; i++) if (p[i]! > 0) sum.add(-p[i]! * Math.log(p[i]!));
  return Math.max(0, sum.value);
}

/** I(A; B | C) in nats. */
function conditional(table: Table, a: Axes, b: Axes, given: Axes): number {
  const joint = marginal(table, [...a, ...b, ...given]);
  const pa = marginal(joint, [...range(0, a.length), ...range(a.length + b.length, given.length)]).p;
  const pb = marginal(joint, range(a.length, b.length + given.length)).p;
  const pc = given.length === 0 ? [1] : marginal(joint, range(a.length + b.length, given.length)).p;
  const sizeC = pc.length;
  const sizeBC = pb.length;
  const sum = new Sum();
  for (let i = 0; i < joint.p.length; i++) {
    const p = joint.p[i]!;
    if (p === 0) continue;
    const c = i % sizeC;
    const ac = Math.floor(i / sizeBC) * sizeC + c;
    sum.add(p * Math.log((p / pa[ac]!) * (pc[c]! / pb[i % sizeBC]!)));
  }
  return Math.max(0, sum.value);
}

function range(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}

function checkApart(where: string, groups: readonly Axes[]): void {
  const all = groups.flat();
  if (groups.some((group, i) => group.length === 0 && i < 2) || new Set(all).size !== all.length) {
    throw shapeError(
      `${where}: axes ${groups.map(formatShape).join(", ")}; each variable needs an axis and no axis may be in two.`,
      { groups },
    );
  }
}
