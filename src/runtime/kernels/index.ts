/** @file The kernels in WebAssembly SIMD, with every range checked before it is touched. */
import { internalError, runError } from "../../core/errors.ts";
import { kernelsBase64 } from "./generated/kernels.ts";
import type { Kernels } from "./interface.ts";
import { adamScalars, dropoutScalars, sgdScalars } from "./scalars.ts";

export type { Kernels } from "./interface.ts";

/** What assembly/index.ts exports. */
interface Exports {
  normals(at: number, count: number, key0: number, key1: number, step: number): void;
  dropoutMask(
    at: number,
    count: number,
    key0: number,
    key1: number,
    step: number,
    threshold: number,
    keep: number,
  ): void;
  sumSquares(at: number, count: number): number;
  /** param, grad, m, v, count; scale, decayGradient, keep, rate1, beta2, rate2, size, epsilon. */
  adam(...numbers: number[]): void;
  plainSgd(param: number, grad: number, count: number, scale: number, decay: number, rate: number): void;
  /** param, grad, buffer, count; scale, decay, rate, keep, useGradient, useBuffer. */
  momentumSgd(...numbers: number[]): void;
}

/** The first byte at which a range may start: the kernels keep scratch data before it, and 0 is never a pointer. */
const START = 1024;

/**
 * The kernels over `memory`, whose size must not change; the kernels use its first 1024 bytes.
 * @throws RunError where WebAssembly SIMD is missing.
 */
export function createKernels(memory: WebAssembly.Memory): Kernels {
  const wasm = instantiate(memory);

  /** Checks that [offset, offset + 4 count) lies in the memory, at whole floats. */
  const check = (kernel: string, count: number, ...offsets: number[]): void => {
    const bytes = memory.buffer.byteLength;
    for (const offset of offsets) {
      const fits = Number.isInteger(offset) && Number.isInteger(count) && count >= 0 && offset >= START;
      if (!fits || offset % 4 !== 0 || offset + 4 * count > bytes) {
        throw internalError(
          `${kernel}: ${count} floats at byte ${offset}; a range starts at a multiple of 4 from ${START} on ` +
            `and ends by byte ${bytes}.`,
          { offset, count, bytes },
        );
      }
    }
  };

  return {
    normals(offset, count, key, step) {
      check("normals", count, offset);
      checkStep("normals", step, 0);
      wasm.normals(offset, count, key[0], key[1], step);
    },

    dropoutMask(offset, count, probability, key, step) {
      check("dropoutMask", count, offset);
      checkStep("dropoutMask", step, 0);
      const { threshold, keep } = dropoutScalars(probability);
      wasm.dropoutMask(offset, count, key[0], key[1], step, threshold, keep);
    },

    sumSquares(offset, count) {
      check("sumSquares", count, offset);
      return wasm.sumSquares(offset, count);
    },

    adam(param, grad, m, v, count, settings) {
      check("adam", count, param, grad, m, v);
      checkStep("adam", settings.step, 1);
      const { scale, decayGradient, keep, rate1, beta2, rate2, size, epsilon } = adamScalars(settings);
      wasm.adam(param, grad, m, v, count, scale, decayGradient, keep, rate1, beta2, rate2, size, epsilon);
    },

    sgd(param, grad, momentumBuffer, count, settings) {
      check("sgd", count, param, grad);
      checkStep("sgd", settings.step, 1);
      const { scale, decay, rate, keep, useGradient, useBuffer } = sgdScalars(settings);
      if (settings.momentum === 0) {
        wasm.plainSgd(param, grad, count, scale, decay, rate);
        return;
      }
      check("sgd", count, momentumBuffer);
      wasm.momentumSgd(param, grad, momentumBuffer, count, scale, decay, rate, keep, useGradient, useBuffer);
    },
  };
}

/** Steps are whole numbers of 32 bits: noise counts from 0, optimisers from 1. */
function checkStep(kernel: string, step: number, first: number): void {
  if (!Number.isInteger(step) || step < first || step > 0xffffffff) {
    throw internalError(`${kernel}: step ${step}; a step is a whole number from ${first} to 4294967295.`, { step });
  }
}

function instantiate(memory: WebAssembly.Memory): Exports {
  const text = atob(kernelsBase64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  try {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    return instance.exports as unknown as Exports;
  } catch (cause) {
    throw runError(
      `createKernels: this system cannot load the training kernels (${String(cause)}). ` +
        "They need WebAssembly with SIMD: Node 16.4, Chrome 91, Firefox 89, Safari 16.4 or newer.",
    );
  }
}
