/** @file The kernels as plain loops: slow, but easy to read, and the reference in tests. Every float32 operation is one Math.fround. */
import { type Key, threefry } from "../../core/random.ts";
import type { AdamUpdate, SgdUpdate } from "../../optim/optimiser.ts";
import type { Kernels } from "./interface.ts";
import { adamScalars, dropoutScalars, sgdScalars } from "./scalars.ts";

const f = Math.fround;

/** The kernels over a memory, element by element. */
export function plainKernels(memory: WebAssembly.Memory): Kernels {
  const at = (offset: number, count: number): Float32Array => new Float32Array(memory.buffer, offset, count);
  return {
    normals(offset, count, key, step) {
      fill(at(offset, count), key, step, normalPair);
    },

    dropoutMask(offset, count, probability, key, step) {
      const { threshold, keep } = dropoutScalars(probability);
      fill(at(offset, count), key, step, (a, b) => [a >= threshold ? keep : 0, b >= threshold ? keep : 0]);
    },

    sumSquares(offset, count) {
      const x = at(offset, count);
      const lanes = new Float64Array(8);
      const whole = count - (count % 8);
      for (let i = 0; i < whole; i++) lanes[i % 8]! += x[i]! * x[i]!;
      let rest = 0;
      for (let i = whole; i < count; i++) rest += x[i]! * x[i]!;
      const even = lanes[0]! + lanes[4]! + (lanes[2]! + lanes[6]!);
      const odd = lanes[1]! + lanes[5]! + (lanes[3]! + lanes[7]!);
      return even + odd + rest;
    },

    adam(param, grad, m, v, count, settings: AdamUpdate) {
      const { scale, decayGradient, keep, rate1, beta2, rate2, size, epsilon } = adamScalars(settings);
      const [ps, gs, ms, vs] = [at(param, count), at(grad, count), at(m, count), at(v, count)];
      for (let i = 0; i < count; i++) {
        const p = ps[i]!;
        const g = f(f(gs[i]! * scale) + f(p * decayGradient));
        const newM = f(ms[i]! + f(f(g - ms[i]!) * rate1));
        const newV = f(f(vs[i]! * beta2) + f(f(g * g) * rate2));
        ms[i] = newM;
        vs[i] = newV;
        ps[i] = f(f(p * keep) - f(f(newM * size) / f(f(Math.sqrt(newV)) + epsilon)));
      }
    },

    sgd(param, grad, momentumBuffer, count, settings: SgdUpdate) {
      const { scale, decay, rate, keep, useGradient, useBuffer } = sgdScalars(settings);
      const [ps, gs] = [at(param, count), at(grad, count)];
      const bs = settings.momentum === 0 ? undefined : at(momentumBuffer, count);
      for (let i = 0; i < count; i++) {
        let direction = f(f(gs[i]! * scale) + f(ps[i]! * decay));
        if (bs !== undefined) {
          const b = f(f(bs[i]! * keep) + direction);
          bs[i] = b;
          direction = f(f(direction * useGradient) + f(b * useBuffer));
        }
        ps[i] = f(ps[i]! - f(direction * rate));
      }
    },
  };
}

/** Block b of eight takes counters 4b..4b+3: first results in its first half, second results in its second. */
function fill(
  out: Float32Array,
  key: Key,
  step: number,
  pair: (a: number, b: number) => readonly [number, number],
): void {
  for (let block = 0; 8 * block < out.length; block++) {
    for (let lane = 0; lane < 4; lane++) {
      const [a, b] = threefry(key, 4 * block + lane, step);
      const [first, second] = pair(a, b);
      const i = 8 * block + lane;
      if (i < out.length) out[i] = first;
      if (i + 4 < out.length) out[i + 4] = second;
    }
  }
}

/** Two normals from two words: the radius from the first, the quadrant (two bits) and the angle in it from the second. */
export function normalPair(a: number, b: number): readonly [number, number] {
  const t = f(f((b << 2) | 0) * f(2 ** -31)); // the angle is pi/4 (1 + t), t in [-1, 1]
  const square = f(t * t);
  const s = f(horner(square, SINE) * t);
  const c = horner(square, COSINE);
  const r = radius(a);
  const x = f(r * f(c - s));
  const y = f(r * f(c + s));
  return [b & 0x80000000 ? -x : x, b & 0x40000000 ? -y : y];
}

/** sqrt(-ln u), u = (2k + 1) / 2^31, k the top 30 bits. The 2 of sqrt(-2 ln u) goes into the sum and difference of s and c. */
function radius(word: number): number {
  const x = f((word >>> 1) | 1); // 2^31 u
  const bits = bitsOf(x);
  const exponent = (bits - 0x3f3504f3) >> 23; // of x / sqrt(1/2), so that 1 + t is in [sqrt(1/2), sqrt(2))
  const t = f(floatOf(bits - (exponent << 23)) - 1);
  const ln = f(t + f(f(t * t) * horner(t, LOGARITHM)));
  return f(Math.sqrt(f(f((31 - exponent) * f(Math.LN2)) - ln)));
}

// Minimax coefficients (ours, Lawson's iteration), highest power first.
/** (ln(1 + t) - t) / t^2, error 3e-8 relative in the logarithm. */
const LOGARITHM = [
  0.08734845, -0.14307523, 0.14917973, -0.16570508, 0.19962072, -0.25001755, 0.3333395, -0.49999992,
] as const;
/** sin(pi/4 t) / t in t^2, error 1.2e-9. */
const SINE = [-0.000035877257, 0.002489872, -0.08074537, 0.78539815] as const;
/** cos(pi/4 t) in t^2, error 2.8e-8. */
const COSINE = [-0.00031888053, 0.015849915, -0.30842425, 1] as const;

function horner(x: number, coefficients: readonly number[]): number {
  let sum = f(coefficients[0]!);
  for (let i = 1; i < coefficients.length; i++) sum = f(f(sum * x) + f(coefficients[i]!));
  return sum;
}

function bitsOf(x: number): number {
  return new Int32Array(new Float32Array([x]).buffer)[0]!;
}

function floatOf(bits: number): number {
  return new Float32Array(new Int32Array([bits]).buffer)[0]!;
}
