/** @file Small tables whose decomposition is known in closed form: the gates that test every measure. */
import { checkChoice } from "../options.ts";
import type { Atoms } from "../sources.ts";
import { countTable, jointTable, type Table } from "../table.ts";

/** Names of the gates; bits are fair and independent unless the gate says otherwise. */
export const GATES = [
  "rdn",
  "unq1",
  "unq2",
  "xor",
  "and",
  "or",
  "sum",
  "copy",
  "rdnXor",
  "rdnUnqXor",
  "mod3",
  "pwUnq",
] as const;
export type GateName = (typeof GATES)[number];

/** A table [x1, x2, y] and its BROJA atoms in bits, exactly. */
export interface LogicGate {
  readonly table: Table;
  readonly broja: Atoms;
}

/** Redundancy of AND and OR: 3/4 log2(4/3). */
const AND_R = 0.75 * Math.log2(4 / 3);

/**
 * A gate as a table [x1, x2, y] with its known BROJA atoms in bits. Source: Bertschinger et al. 2014; Griffith and Koch 2014.
 * - "rdn" x1 = x2 = y; "unq1" y = x1; "unq2" y = x2; "xor", "and", "or"; "sum" y = x1 + x2; "copy" y = (x1, x2).
 * - "rdnXor" x1 = (r, a), x2 = (r, b), y = (r, a xor b); "rdnUnqXor" x1 = (r, u, a), x2 = (r, v, b), y = (r, u, v, a xor b).
 * - "mod3" y = x1 + x2 mod 3 on three symbols; "pwUnq" in each realisation one source determines y and the other is uninformative.
 * @example logicGate("and").broja  // { R: 0.3113, U1: 0, U2: 0, S: 0.5 }
 */
export function logicGate(name: GateName): LogicGate {
  checkChoice("logicGate", "name", name, GATES);
  const [R, U1, U2, S] = ATOMS[name];
  return { table: tableOf(name), broja: { R, U1, U2, S } };
}

/**
 * Two channels that erase a fair bit y independently, with success probabilities c1 and c2; symbol 2 is an erasure.
 * R = min(c1, c2), U_k = c_k - R, S = I12 - max(c1, c2) with I12 = c1 + c2 - c1 c2, in bits. Source: ours.
 * @example erasures(0.7, 0.5).broja  // { R: 0.5, U1: 0.2, U2: 0, S: 0.15 }
 */
export function erasures(c1: number, c2: number): LogicGate {
  const p = [0, 1, 2].map((x1) => [0, 1, 2].map((x2) => [0, 1].map((y) => 0.5 * seen(x1, y, c1) * seen(x2, y, c2))));
  const R = Math.min(c1, c2);
  const S = c1 + c2 - c1 * c2 - Math.max(c1, c2);
  return { table: jointTable(p), broja: { R, U1: c1 - R, U2: c2 - R, S } };
}

function seen(x: number, y: number, success: number): number {
  return x === 2 ? 1 - success : x === y ? success : 0;
}

const LOG3 = Math.log2(3);
const ATOMS: Readonly<Record<GateName, readonly [number, number, number, number]>> = {
  rdn: [1, 0, 0, 0],
  unq1: [0, 1, 0, 0],
  unq2: [0, 0, 1, 0],
  xor: [0, 0, 0, 1],
  and: [AND_R, 0, 0, 0.5],
  or: [AND_R, 0, 0, 0.5],
  sum: [0.5, 0, 0, 1],
  copy: [0, 1, 1, 0],
  rdnXor: [1, 0, 0, 1],
  rdnUnqXor: [1, 1, 1, 1],
  mod3: [0, 0, 0, LOG3],
  pwUnq: [0.5, 0, 0, 0.5],
};

function tableOf(name: GateName): Table {
  switch (name) {
    case "rdn":
      return ofBits(1, ([a]) => [a!, a!, a!]);
    case "unq1":
      return ofBits(2, ([a, b]) => [a!, b!, a!]);
    case "unq2":
      return ofBits(2, ([a, b]) => [a!, b!, b!]);
    case "xor":
      return ofBits(2, ([a, b]) => [a!, b!, a! ^ b!]);
    case "and":
      return ofBits(2, ([a, b]) => [a!, b!, a! & b!]);
    case "or":
      return ofBits(2, ([a, b]) => [a!, b!, a! | b!]);
    case "sum":
      return ofBits(2, ([a, b]) => [a!, b!, a! + b!]);
    case "copy":
      return ofBits(2, ([a, b]) => [a!, b!, 2 * a! + b!]);
    case "rdnXor":
      return ofBits(3, ([r, a, b]) => [2 * r! + a!, 2 * r! + b!, 2 * r! + (a! ^ b!)]);
    case "rdnUnqXor":
      return ofBits(5, ([r, u, v, a, b]) => [
        4 * r! + 2 * u! + a!,
        4 * r! + 2 * v! + b!,
        8 * r! + 4 * u! + 2 * v! + (a! ^ b!),
      ]);
    case "mod3":
      return ofRows([0, 1, 2].flatMap((a) => [0, 1, 2].map((b): Row => [a, b, (a + b) % 3])));
    case "pwUnq":
      return ofRows([
        [0, 1, 0],
        [1, 0, 0],
        [0, 2, 1],
        [2, 0, 1],
      ]);
  }
}

type Row = readonly [number, number, number];

/** The table of a function of `count` fair bits. */
function ofBits(count: number, of: (bits: readonly number[]) => Row): Table {
  return ofRows(
    Array.from({ length: 2 ** count }, (_, i) =>
      of(Array.from({ length: count }, (_, bit) => (i >> (count - 1 - bit)) & 1)),
    ),
  );
}

function ofRows(rows: readonly Row[]): Table {
  return countTable([0, 1, 2].map((axis) => rows.map((row) => row[axis]!)));
}
