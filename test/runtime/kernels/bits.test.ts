/** WebAssembly and plain loops must leave the same bytes in the whole memory, whatever the count, the place and the settings. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AdamUpdate, SgdUpdate } from "../../../src/optim/index.ts";
import { createKernels, type Kernels } from "../../../src/runtime/kernels/index.ts";
import { plainKernels } from "../../../src/runtime/kernels/plain.ts";

/** Bytes below this are the kernels' scratch. */
const START = 1024;
/** Floats from one range to the next. */
const APART = 600;
const FLOATS = 4 * APART;

const word = fc.integer({ min: 0, max: 0xffffffff });
const key = fc.tuple(word, word);
const share = fc.double({ min: 0, max: 0.999, noNaN: true });
const rate = fc.double({ min: 0, max: 1, noNaN: true });
/** Every remainder of the unrolled loops, and some long ones. */
const count = fc.oneof(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 400, max: 580 }));
/** Four ranges that do not touch, at odd places. */
const place = fc.integer({ min: 0, max: 9 }).map((shift) => [0, 1, 2, 3].map((i) => START + 4 * (APART * i + shift)));

const makeMemory = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 1, maximum: 1 });
const wasmMemory = makeMemory();
const plainMemory = makeMemory();
const wasm = createKernels(wasmMemory);
const plain = plainKernels(plainMemory);

/** Runs on two copies of the same random memory; second moments (the fourth range) are not negative. */
function sameBytes(seed: number, act: (kernels: Kernels) => unknown): void {
  wasm.normals(START, FLOATS, [seed, 1], 0);
  const floats = new Float32Array(wasmMemory.buffer, START, FLOATS);
  for (let i = 3 * APART; i < FLOATS; i++) floats[i] = Math.abs(floats[i]!) * 0.01;
  new Uint8Array(plainMemory.buffer).set(new Uint8Array(wasmMemory.buffer));
  const [a, b] = [act(wasm), act(plain)];
  expect(a).toBe(b);
  const difference = Buffer.compare(
    new Uint8Array(wasmMemory.buffer, START),
    new Uint8Array(plainMemory.buffer, START),
  );
  expect(difference).toBe(0);
}

describe("bit for bit", () => {
  test("normals", () => {
    fc.assert(
      fc.property(word, count, place, key, word, (seed, n, at, k, step) =>
        sameBytes(seed, (kernels) => kernels.normals(at[0]!, n, k, step)),
      ),
      { numRuns: 60 },
    );
  });

  test("dropoutMask", () => {
    fc.assert(
      fc.property(word, count, place, share, key, word, (seed, n, at, p, k, step) =>
        sameBytes(seed, (kernels) => kernels.dropoutMask(at[0]!, n, p, k, step)),
      ),
      { numRuns: 60 },
    );
  });

  test("sumSquares", () => {
    fc.assert(
      fc.property(word, count, place, (seed, n, at) => sameBytes(seed, (kernels) => kernels.sumSquares(at[1]!, n))),
      { numRuns: 60 },
    );
  });

  test("adam", () => {
    const settings: fc.Arbitrary<AdamUpdate> = fc.record({
      learningRate: rate,
      beta1: share,
      beta2: share,
      epsilon: fc.double({ min: 1e-10, max: 1, noNaN: true }),
      weightDecay: rate,
      decoupled: fc.boolean(),
      step: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 0xffffffff })),
      gradientScale: rate,
    });
    fc.assert(
      fc.property(word, count, place, settings, (seed, n, at, s) =>
        sameBytes(seed, (kernels) => kernels.adam(at[0]!, at[1]!, at[2]!, at[3]!, n, s)),
      ),
      { numRuns: 60 },
    );
  });

  test("sgd", () => {
    const settings: fc.Arbitrary<SgdUpdate> = fc.record({
      learningRate: rate,
      momentum: fc.oneof(fc.constant(0), share),
      weightDecay: rate,
      nesterov: fc.boolean(),
      step: fc.integer({ min: 1, max: 3 }),
      gradientScale: rate,
    });
    fc.assert(
      fc.property(word, count, place, settings, (seed, n, at, s) =>
        sameBytes(seed, (kernels) => kernels.sgd(at[0]!, at[1]!, at[2]!, n, s)),
      ),
      { numRuns: 60 },
    );
  });
});
