/** @file Parameters of ResNets and ViTs by the names of our encoders, as small encoders that only hold them: what name maps need to know. */
import * as z from "zod";
import type { Shape } from "../../../src/core/shape.ts";
import { defineEncoder, type EncoderType } from "../../../src/encoders/encoder.ts";
import { encoderTypes } from "../../../src/encoders/index.ts";
import { resnetNames } from "../../../src/encoders/published/resnet.ts";
import type { Expr } from "../../../src/graph/expr.ts";
import { add, mean, mul, reshape, sum } from "../../../src/graph/ops/index.ts";
import type { Module, Scope } from "../../../src/nn/module.ts";

const init = { kind: "uniform", bound: 0.1 } as const;

/** An encoder with these parameters, each of which its output reads. */
function holding(kind: string, parameters: Readonly<Record<string, Shape>>, description: object = {}): Module {
  return {
    description: { ...description, kind },
    build(scope: Scope, x: Expr): Expr {
      const rows = mean(reshape(x, [x.shape[0]!, x.shape.slice(1).reduce((a, b) => a * b, 1)]), 1, true);
      const all = Object.entries(parameters).map(([name, shape]) => {
        const parts = name.split(".");
        const at = parts.slice(0, -1).reduce((inner, part) => inner.child(part), scope);
        const leaf = parts.at(-1)!;
        return leaf.startsWith("running_") ? at.buffer(leaf, shape, 1) : at.parameter(leaf, shape, init);
      });
      return all.reduce<Expr>((out, one) => add(out, mul(rows, mul(sum(one), 0.01))), rows);
    },
  };
}

/** A ResNet of two blocks a stage; `width` is 64 in ResNet-18. */
export function resnetParameters(channels: number, width: number): Record<string, Shape> {
  const all: [string, Shape][] = [];
  const convolution = (path: string, kernel: number, from: number, to: number): void => {
    all.push([`${path}.weight`, [kernel, kernel, from, to]]);
    for (const leaf of ["scale", "shift", "running_mean", "running_var"]) all.push([`${path}.norm.${leaf}`, [to]]);
  };
  convolution("stem", 7, channels, width);
  let from = width;
  for (let stage = 1; stage <= 4; stage++) {
    const to = width * 2 ** (stage - 1);
    for (const block of [0, 1]) {
      convolution(`stage${stage}.${block}.0`, 3, from, to);
      convolution(`stage${stage}.${block}.1`, 3, to, to);
      if (stage > 1 && block === 0) convolution(`stage${stage}.0.shortcut`, 1, from, to);
      from = to;
    }
  }
  return Object.fromEntries(all);
}

export const heldResnet = (channels = 3, width = 2, kind = "resnet18"): Module =>
  holding(kind, resnetParameters(channels, width), { channels, width });

const HELD = "held-resnet";
const heldType: EncoderType = defineEncoder({
  kind: HELD,
  summary: "the parameters of a ResNet",
  reads: "samples of [height, width, channels]",
  fits: (sample) => sample.length === 3,
  published: resnetNames,
  schema: z.strictObject({ kind: z.literal(HELD).optional(), width: z.int().min(1).default(2) }),
  stored: z.strictObject({ kind: z.literal(HELD), channels: z.int(), width: z.int() }),
  create: (sample, { width }) => heldResnet(sample[2]!, width, HELD),
  restore: ({ channels, width }) => heldResnet(channels, width, HELD),
});

/** Adds the kind `held-resnet` to the registry of encoders; the result removes it. */
export function registerHeld(): () => void {
  const types = encoderTypes as Record<string, EncoderType>;
  types[HELD] = heldType;
  return () => void delete types[HELD];
}

export interface VitSizes {
  readonly channels?: number;
  readonly patch?: readonly [number, number];
  readonly grid?: readonly [number, number];
  readonly depth?: number;
  readonly width?: number;
}

/** A ViT as in the goldens: width 8, two blocks, patches of 4 x 4. */
export function heldVit({ channels = 3, patch = [4, 4], grid = [4, 4], depth = 2, width = 8 }: VitSizes = {}): Module {
  const linear = (path: string, from: number, to: number): [string, Shape][] => [
    [`${path}.weight`, [from, to]],
    [`${path}.bias`, [to]],
  ];
  const norm = (path: string): [string, Shape][] => [
    [`${path}.scale`, [width]],
    [`${path}.shift`, [width]],
  ];
  const blocks = Array.from({ length: depth }, (_, i) => [
    ...norm(`blocks.${i}.norm1`),
    ...norm(`blocks.${i}.norm2`),
    ...linear(`blocks.${i}.attention.qkv`, width, 3 * width),
    ...linear(`blocks.${i}.attention.out`, width, width),
    ...linear(`blocks.${i}.mlp.0`, width, 2 * width),
    ...linear(`blocks.${i}.mlp.1`, 2 * width, width),
  ]);
  const all: [string, Shape][] = [
    ...linear("patch", patch[0] * patch[1] * channels, width),
    ["token", [1, 1, width]],
    ["positions", [1, 1 + grid[0] * grid[1], width]],
    ...blocks.flat(),
    ...norm("norm"),
  ];
  return holding("vit", Object.fromEntries(all), {
    patch,
    sample: [patch[0] * grid[0], patch[1] * grid[1], channels],
    layout: "last",
  });
}
