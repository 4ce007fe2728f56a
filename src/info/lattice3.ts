/** @file Three sources: the 18 antichains of {1, 2, 3}, and the I_min and I_± decompositions on them. */

import { specific } from "./measures/imin.ts";
import { checkChoice, checkKeys, NATS_PER_BIT } from "./options.ts";
import { Sum } from "./sum.ts";
import { marginal, type Table, type TableInput, tableOfRank } from "./table.ts";

/** Measures with an accepted three-source lattice. */
export type Pid3Measure = "imin" | "pm";

/** Values by node, in bits: "1|23" is what source 1 has in common with sources 2 and 3 taken together. */
export interface Pid3Result {
  readonly measure: Pid3Measure;
  /** Redundancy of the sets of a node about Y; monotone on the lattice for "imin". */
  readonly redundancy: Readonly<Record<string, number>>;
  /** What a node adds to those below it; all 18 sum to I(X1, X2, X3; Y). May be negative for "pm". */
  readonly atoms: Readonly<Record<string, number>>;
}

/** The 18 antichains of nonempty sets of sources, each after everything below it: the smallest redundancy first, the whole last. */
export const PID3_NODES: readonly string[] = [
  ...["1|2|3", "1|2", "1|3", "2|3", "1|23", "2|13", "3|12", "1", "2", "3"],
  ...["12|13|23", "12|13", "12|23", "13|23", "12", "13", "23", "123"],
];

/** A node as bit masks of its sets: source k is bit k - 1. */
type Node = readonly number[];

/**
 * The decomposition of a table [x1, x2, x3, y] over the three-source lattice, in bits.
 * "imin" is Williams and Beer's, "pm" Finn and Lizier's specificity less ambiguity. BROJA has no accepted form here: use
 * pid on one source against the two others.
 *
 * @throws ShapeError, DataError for a table that jointTable refuses; ConfigError for unknown options.
 * @example pid3(parity, { measure: "imin" }).atoms["123"]  // 1
 */
export function pid3(input: TableInput, options: { readonly measure?: Pid3Measure } = {}): Pid3Result {
  checkKeys("pid3", options, ["measure"]);
  const measure = checkChoice<Pid3Measure>("pid3", "measure", options.measure ?? "imin", ["imin", "pm"]);
  const table = tableOfRank(input, 4, "pid3", "[x1, x2, x3, y]");
  const all = PID3_NODES.map(setsOf);
  const values = measure === "imin" ? iminValues(table, all) : pmValues(table, all);
  const redundancy: Record<string, number> = {};
  const atoms: Record<string, number> = {};
  const atomOf: number[] = [];
  all.forEach((node, i) => {
    const sum = new Sum();
    sum.add(values[i]!);
    for (let j = 0; j < i; j++) if (below(all[j]!, node)) sum.add(-atomOf[j]!);
    atomOf.push(sum.value);
    redundancy[PID3_NODES[i]!] = values[i]! / NATS_PER_BIT;
    atoms[PID3_NODES[i]!] = sum.value / NATS_PER_BIT;
  });
  return { measure, redundancy, atoms };
}

/** alpha is below beta when every set of beta contains a set of alpha. */
function below(alpha: Node, beta: Node): boolean {
  return beta.every((outer) => alpha.some((inner) => (inner & outer) === inner));
}

function setsOf(name: string): Node {
  return name.split("|").map((set) => [...set].reduce((mask, source) => mask | (1 << (Number(source) - 1)), 0));
}

function axesOf(set: number): number[] {
  return [0, 1, 2].filter((axis) => (set >> axis) & 1);
}

/** sum over y of min over the node's sets of p(y) s_A(y), in nats. */
function iminValues(table: Table, all: readonly Node[]): number[] {
  const py = marginal(table, [3]).p;
  const specifics = [1, 2, 3, 4, 5, 6, 7].map((set) => {
    const joint = marginal(table, [...axesOf(set), 3]);
    const px = marginal(
      joint,
      axesOf(set).map((_, i) => i),
    ).p;
    return specific(joint.p, px, py);
  });
  return all.map((node) => {
    const sum = new Sum();
    for (let y = 0; y < py.length; y++) sum.add(Math.min(...node.map((set) => specifics[set - 1]![y]!)));
    return sum.value;
  });
}

/** Mean over realisations of min h_A - min h_{A|y}, in nats. */
function pmValues(table: Table, all: readonly Node[]): number[] {
  const [n1, n2, n3, ny] = table.shape as [number, number, number, number];
  const py = marginal(table, [3]).p;
  const withY = [1, 2, 3, 4, 5, 6, 7].map((set) => marginal(table, [...axesOf(set), 3]).p);
  const alone = [1, 2, 3, 4, 5, 6, 7].map((set) => marginal(table, axesOf(set)).p);
  const sizes = [n1, n2, n3];
  const sums = all.map(() => new Sum());
  const plus = new Float64Array(8);
  const minus = new Float64Array(8);
  for (let cell = 0; cell < table.p.length; cell++) {
    const p = table.p[cell]!;
    if (p === 0) continue;
    const y = cell % ny;
    const whole = Math.floor(cell / ny);
    const x = [Math.floor(whole / (n2 * n3)), Math.floor(whole / n3) % n2, whole % n3];
    for (let set = 1; set < 8; set++) {
      let index = 0;
      for (const axis of axesOf(set)) index = index * sizes[axis]! + x[axis]!;
      plus[set] = -Math.log(alone[set - 1]![index]!);
      minus[set] = -Math.log(withY[set - 1]![index * ny + y]! / py[y]!);
    }
    all.forEach((node, i) => {
      const specificity = Math.min(...node.map((set) => plus[set]!));
      const ambiguity = Math.min(...node.map((set) => minus[set]!));
      sums[i]!.add(p * (specificity - ambiguity));
    });
  }
  return sums.map((sum) => sum.value);
}
