/** @file Shapley values and Shapley interaction indices of a game given in full: 2^M values, no sampling. */
import { configError, shapeError } from "../core/errors.ts";

/** Maximal number of players: more would need too many sets of predictions. */
const MOST_PLAYERS = 12;

/**
 * The Shapley interaction index of every non-empty set of players, by its mask; of a single player it is the Shapley value.
 * `values[mask]` is the value of the coalition whose bits are set in `mask`, `values[0]` that of the empty one.
 *
 * I(T) = sum over S outside T of (M - |S| - |T|)! |S|! / (M - |T| + 1)! * sum over L within T of (-1)^(|T| - |L|) v(S + L).
 * Source: Shapley 1953; Grabisch and Roubens 1999 (SV and SII of shapiq).
 *
 * @throws ShapeError for a number of values that is no power of 2, ConfigError for more than 12 players.
 * @example shapley([0, 1, 1, 3]) // [0, 1.5, 1.5, 1]
 */
export function shapley(values: ArrayLike<number>): Float64Array {
  return apply(shapleyWeights(playersOf(values.length)), values);
}

/** Indices as linear maps of the values of a game: [mask of the set][mask of the coalition]. */
type IndexWeights = readonly Float64Array[];

/** The weights of `shapley`, to reuse for many games with the same number of players. */
export function shapleyWeights(players: number): IndexWeights {
  if (!Number.isInteger(players) || players < 1 || players > MOST_PLAYERS) {
    throw configError(`shapley: ${players} players; from 1 to ${MOST_PLAYERS} can be computed in full.`, { players });
  }
  const size = 2 ** players;
  return Array.from({ length: size }, (_, set) => {
    const weights = new Float64Array(size);
    if (set === 0) return weights;
    const members = bitCount(set);
    for (let coalition = 0; coalition < size; coalition++) {
      const inside = coalition & set;
      const outside = bitCount(coalition & ~set);
      const sign = (members - bitCount(inside)) % 2 === 0 ? 1 : -1;
      // (M - s - t)! s! / (M - t + 1)! = 1 / ((M - t + 1) * binomial(M - t, s)).
      weights[coalition] = sign / ((players - members + 1) * binomial(players - members, outside));
    }
    return weights;
  });
}

/** The index of every set from the values of one game. */
export function apply(weights: IndexWeights, values: ArrayLike<number>): Float64Array {
  return Float64Array.from(weights, (row) => row.reduce((sum, weight, mask) => sum + weight * values[mask]!, 0));
}

/** How many bits of a mask are set. */
function bitCount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function playersOf(size: number): number {
  const players = Math.round(Math.log2(size));
  if (size < 2 || 2 ** players !== size) {
    throw shapeError(`shapley: ${size} values; a game of M players has 2^M, one for every set of players.`, { size });
  }
  return players;
}

function binomial(n: number, k: number): number {
  let value = 1;
  for (let i = 0; i < k; i++) value = (value * (n - i)) / (i + 1);
  return value;
}
