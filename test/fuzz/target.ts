/**
 * @file What is attacked: the form of a target, and those that fail on purpose. It loads nothing of the product's parsers, because a thread
 * that is stopped is replaced, and loading them takes seconds.
 */
import { type Stream, stream } from "../../src/core/random.ts";

/** One parser with its inputs. */
export interface Target<I = unknown> {
  readonly name: string;
  make(random: Stream): I | Promise<I>;
  /** Ends well for a good input, with a DmilError for any other. */
  run(input: I): unknown;
}

/** Targets that fail in the ways the campaign must notice; every other input is fine. */
export function makeFaulty(): Target<number>[] {
  const make = (random: Stream): number => random.below(3);
  const held: Uint8Array[] = [];
  return [
    { name: "fine", make, run: (n) => n },
    { name: "breaks", make, run: (n) => (n === 0 ? (undefined as unknown as { x: number }).x : n) },
    {
      name: "hangs",
      make,
      run(n) {
        while (n === 0);
      },
    },
    {
      name: "grows",
      make,
      run(n) {
        while (n === 0) held.push(new Uint8Array(2 ** 24).fill(1));
      },
    },
    {
      name: "fills the heap",
      make,
      run(n) {
        const lists: number[][] = [];
        while (n === 0) lists.push(new Array<number>(100_000).fill(lists.length + 0.5));
      },
    },
  ];
}

/** The input of a number; targets take turns. */
export async function inputOf(
  targets: readonly Target[],
  seed: number,
  n: number,
): Promise<{ target: number; input: unknown }> {
  const target = n % targets.length;
  return { target, input: await targets[target]!.make(stream(seed, `fuzz ${targets[target]!.name}`, n)) };
}
