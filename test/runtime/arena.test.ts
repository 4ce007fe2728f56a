import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DmilError } from "../../src/core/errors.ts";
import { createArena } from "../../src/runtime/arena.ts";

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof DmilError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "no error";
};

describe("createArena", () => {
  test("regions are aligned, apart, as long as asked for, and above the free start", () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(lengths, (sizes) => {
        const arena = createArena(sizes.map((length, i) => ({ name: `r${i}`, length })));
        let free = 1024;
        for (const [i, length] of sizes.entries()) {
          const offset = arena.offset(`r${i}`);
          expect(offset % 64).toBe(0);
          expect(offset).toBeGreaterThanOrEqual(free);
          free = offset + 4 * length;
          expect(arena.view(`r${i}`).length).toBe(length);
          expect(arena.view(`r${i}`).byteOffset).toBe(offset);
        }
        expect(arena.bytes).toBeGreaterThanOrEqual(free);
        expect(arena.memory.buffer.byteLength).toBeGreaterThanOrEqual(arena.bytes);
        expect(arena.memory.buffer.byteLength - arena.bytes).toBeLessThan(65536);
      }),
      { numRuns: 50 },
    );
  });

  test("a view is the memory itself, starts at zero and is the same array each time", () => {
    const { memory, view, offset } = createArena([
      { name: "parameters", length: 3 },
      { name: "gradients", length: 3 },
    ]);
    expect([...view("gradients")]).toEqual([0, 0, 0]);
    view("gradients")[1] = 2.5;
    expect(new Float32Array(memory.buffer, offset("gradients"), 3)[1]).toBe(2.5);
    expect(view("gradients")).toBe(view("gradients"));
    expect(view("gradients").buffer).toBe(memory.buffer);
  });

  test("the memory cannot grow", () => {
    const { memory } = createArena([{ name: "a", length: 10 }]);
    expect(() => memory.grow(1)).toThrow(RangeError);
  });

  test("errors say what was asked for", () => {
    expect(codeOf(() => createArena([{ name: "parameters", length: 2 ** 30 }]))).toMatchInlineSnapshot(
      `"RunError: createArena: the model, its gradients, moments, noise and batch need 4.00 GiB (4294968320 bytes); the limit is 4 GiB. Use a smaller model, an optimiser with fewer moments (sgd), or a smaller batch."`,
    );
    const twice = { name: "noise", length: 4 };
    expect(codeOf(() => createArena([twice, twice]))).toMatch(/^InternalError: .*two regions are named "noise"/);
    expect(codeOf(() => createArena([{ name: "a", length: 1.5 }]))).toMatch(/^InternalError: .*length 1.5/);
    expect(codeOf(() => createArena([{ name: "a", length: -1 }]))).toMatch(/^InternalError: .*length -1/);
    const arena = createArena([twice]);
    expect(codeOf(() => arena.view("nose"))).toMatch(/"nose"; did you mean "noise"\?/);
    expect(codeOf(() => arena.offset("other"))).toMatch(/^InternalError: .*Allowed: noise\./);
  });
});
