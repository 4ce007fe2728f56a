/** Numbers in an arena, for tests that drive an optimiser. */
import { readFileSync } from "node:fs";
import type { Optimiser, ParameterRange } from "../../src/optim/index.ts";
import { createArena } from "../../src/runtime/arena.ts";
import { createKernels, type Kernels } from "../../src/runtime/kernels/index.ts";
import { plainKernels } from "../../src/runtime/kernels/plain.ts";

export interface Bench {
  readonly param: Float32Array;
  readonly grad: Float32Array;
  /** The moments, one array per slot. */
  readonly slots: readonly Float32Array[];
  readonly range: ParameterRange;
  readonly kernels: Kernels;
}

/** The parameters an optimiser is to move, with zero gradients and moments, in WebAssembly or in plain loops. */
export function bench(optimiser: Optimiser, start: readonly number[], plain = false): Bench {
  const count = start.length;
  const names = Array.from({ length: optimiser.slots }, (_, i) => `slot${i}`);
  const arena = createArena(["param", "grad", ...names].map((name) => ({ name, length: count })));
  arena.view("param").set(start);
  return {
    param: arena.view("param"),
    grad: arena.view("grad"),
    slots: names.map((name) => arena.view(name)),
    range: { param: arena.offset("param"), grad: arena.offset("grad"), slots: names.map(arena.offset), count },
    kernels: plain ? plainKernels(arena.memory) : createKernels(arena.memory),
  };
}

export interface Golden {
  readonly start: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly optimisers: readonly {
    readonly name: "adam" | "adamw" | "sgd";
    readonly options: object;
    readonly params: readonly (readonly number[])[];
  }[];
  readonly schedules: readonly {
    readonly name: "step" | "cosine" | "plateau";
    readonly options: object;
    readonly metrics: readonly number[];
    readonly factors: readonly number[];
  }[];
  readonly clip: readonly {
    readonly gradient: readonly number[];
    readonly maxNorm: number;
    readonly clipped: readonly number[];
  }[];
}

/** Numbers from PyTorch, made by golden.py. */
export function golden(): Golden {
  return JSON.parse(readFileSync(new URL("./golden.json", import.meta.url), "utf8")) as Golden;
}
