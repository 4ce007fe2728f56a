/**
 * @file Chance: named streams from one seed, counter-based, so a draw depends on (seed, stream, step, index) and nothing else.
 *
 * The generator is Threefry-2x32 with 20 rounds (Salmon et al., SC 2011): integers only, so every platform agrees.
 * There is no hidden state: a draw can be repeated or resumed from its step.
 */
import { configError } from "./errors.ts";

/** The two 32-bit words that select a stream. */
export type Key = readonly [number, number];

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;

/** Threefry-2x32-20 of counter (c0, c1) under a key: two words of 32 random bits. */
export function threefry(key: Key, c0: number, c1: number): [number, number] {
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  const ks = [k0, k1, k0 ^ k1 ^ PARITY];
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  for (let group = 0; group < 5; group++) {
    const base = (group & 1) * 4;
    for (let r = 0; r < 4; r++) {
      const rotation = ROTATIONS[base + r]!;
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    }
    x0 = (x0 + ks[(group + 1) % 3]!) | 0;
    x1 = (x1 + ks[(group + 2) % 3]! + group + 1) | 0;
  }
  return [x0 >>> 0, x1 >>> 0];
}

/** Larger whole numbers are not exact in double precision, so that two seeds could be equal. */
export const LARGEST_SEED: number = Number.MAX_SAFE_INTEGER;

/** The key of a named stream: `"noise"` and `"order"` of one seed share nothing. The name is hashed by FNV-1a. @throws ConfigError for a seed that is none. */
export function streamKey(seed: number, name: string): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw configError(`seed: ${seed} given; allowed is a whole number from 0 to ${LARGEST_SEED}, for example 0.`, {
      seed,
    });
  }
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return threefry([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0], hash >>> 0, name.length);
}

/** A sequence of draws from one stream at one step; `index` counts the words used. */
export interface Stream {
  /** 32 random bits. */
  bits(): number;
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal (Box-Muller, double precision). For data and initial weights; training noise has its own kernel. */
  normal(): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
}

/** Opens stream `name` of `seed` at `step`. */
export function stream(seed: number, name: string, step = 0): Stream {
  const key = streamKey(seed, name);
  let index = 0;
  let spare: number | undefined;
  let spareNormal: number | undefined;
  const bits = (): number => {
    if (spare !== undefined) {
      const word = spare;
      spare = undefined;
      return word;
    }
    const [a, b] = threefry(key, index++, step);
    spare = b;
    return a;
  };
  const uniform = (): number => ((bits() >>> 5) * 67108864 + (bits() >>> 6)) / 9007199254740992;
  const normal = (): number => {
    if (spareNormal !== undefined) {
      const value = spareNormal;
      spareNormal = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { bits, uniform, normal, below: (n) => Math.floor(uniform() * n) };
}

/** A random order of 0..n-1 (Fisher-Yates) from stream `name` at `step`. */
export function permutation(n: number, seed: number, name: string, step = 0): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const draw = stream(seed, name, step);
  for (let i = n - 1; i > 0; i--) {
    const j = draw.below(i + 1);
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}
