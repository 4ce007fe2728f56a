/** @file One training step: fill the batch, draw noise, run the program, check the loss, store memory, update the parameters. */
import { type Stream, stream, streamKey } from "../core/random.ts";
import { clipScale } from "../optim/clip.ts";
import type { Backend, Executable } from "../runtime/backend.ts";
import { compile, type Layout } from "../runtime/program.ts";
import { targetTypes } from "../targets/index.ts";
import {
  type BatchGraph,
  type BatchLayouts,
  memoryOutput,
  noiseRate,
  PREDICTION,
  termOutput,
  updateOutput,
} from "./batch-graph.ts";
import { diverged } from "./diverged.ts";
import { placeOf } from "./evaluator.ts";
import { PRESENT, type StageGraph, TARGET } from "./graph.ts";
import type { Memory } from "./memory.ts";
import type { Regions } from "./regions.ts";
import type { Sources } from "./rows.ts";
import type { StageSetup } from "./setup.ts";

/** The result of one step; the caller accumulates it over an epoch. */
export interface StepResult {
  /** Value of each loss term, mean over the batch, in the order of `termNames`; overwritten by the next step. */
  readonly terms: Float32Array;
  /** The `batchScore` of the batch (targets/target.ts). */
  readonly score: number;
}

/** One optimiser step on samples `order[from .. from + count)`; `step` counts from 1 within the stage. */
export type Step = (
  order: Uint32Array,
  from: number,
  count: number,
  step: number,
  learningRate: number,
) => Promise<StepResult>;

/** The program of a step for one batch size, and views on its inputs and results. */
export interface StepProgram {
  readonly program: Executable;
  /** By input leaf. */
  readonly inputs: ReadonlyMap<string, Float32Array>;
  readonly noise: Layout;
  readonly terms: readonly Float32Array[];
  readonly prediction: Float32Array;
  /** By name of the memory. */
  readonly remembered: ReadonlyMap<string, Float32Array>;
  /** Buffers in the memory of parameters, and where the program writes their new values. */
  readonly updates: readonly { readonly buffer: Float32Array; readonly value: Float32Array }[];
}

/** Compiles the step of a batch size. */
export async function compileStep(
  backend: Backend,
  threads: number,
  { graph }: BatchGraph,
  layouts: BatchLayouts,
  memory: Layout,
  { parameters, bind }: Regions,
): Promise<StepProgram> {
  const input = bind(layouts.input, "input");
  const result = bind(layouts.result, "result");
  const program = await compile(
    backend,
    {
      inputs: [parameters, bind(layouts.noise, "noise"), input, bind(memory, "memory")],
      outputs: [result, bind(layouts.gradient, "gradient")],
    },
    threads,
  );
  return {
    program,
    inputs: new Map([...layouts.input.places.keys()].map((name) => [name, placeOf(input, name)])),
    noise: layouts.noise,
    terms: graph.terms.map((_, i) => placeOf(result, termOutput(i))),
    prediction: placeOf(result, PREDICTION),
    remembered: new Map([...graph.remembered.keys()].map((name) => [name, placeOf(result, memoryOutput(name))])),
    updates: [...graph.updates.keys()].map((name) => ({
      buffer: placeOf(parameters, name),
      value: placeOf(result, updateOutput(name)),
    })),
  };
}

/** The step of a prepared stage; `sources` have the training samples by input leaf. */
export function createStep(
  setup: StageSetup,
  programs: ReadonlyMap<number, StepProgram>,
  { names, weights }: LossTerms,
  sources: Sources,
  memory: Memory,
  regions: Regions,
): Step {
  const { stage, train, widths, optimiser, clipNorm } = setup;
  const { kernels, range } = regions;
  const terms = new Float32Array(names.length);
  const type = targetTypes[widths.kind ?? "multiclass"];
  const drawNoise = noiseOf(setup, regions);

  return async (order, from, count, step, learningRate) => {
    const { program, inputs, noise, prediction, remembered, ...results } = programs.get(count)!;
    for (const [name, into] of inputs) {
      if (name === TARGET) type.fill(into, train.target, order, from, count);
      else {
        const waiting = (sources[name] ?? memory.samples[name]!).read(order, from, count, into);
        if (waiting !== undefined) await waiting;
      }
      if (name === PRESENT) dropModalities(setup, into, count, step);
    }
    drawNoise(noise, step);
    const running = program.run();
    if (running !== undefined) await running;

    let at = 0;
    for (const values of results.terms) for (const value of values) terms[at++] = value;
    const loss = weightedSum(terms, weights);
    if (!Number.isFinite(loss))
      throw divergedAt(
        step,
        stage.name,
        loss,
        names.filter((_, i) => !Number.isFinite(terms[i])),
        learningRate,
      );
    memory.store((name) => remembered.get(name), order, from, count);
    for (const { buffer, value } of results.updates) buffer.set(value);
    const gradientScale =
      clipNorm === undefined ? 1 : clipScale(Math.sqrt(kernels.sumSquares(range.grad, range.count)), clipNorm);
    optimiser.update(kernels, range, { learningRate, step, gradientScale });
    const rows = order.subarray(from, from + count);
    return { terms, score: type.batchScore(prediction, train.target, rows) };
  };
}

/** Names and weights of the loss terms, in the order of `StepResult.terms`. */
export interface LossTerms {
  readonly names: readonly string[];
  readonly weights: readonly number[];
}

export function lossTermsOf({ terms }: StageGraph): LossTerms {
  return { names: terms.flatMap((term) => term.names), weights: terms.flatMap((term) => term.weights) };
}

/** The loss from its terms. */
export function weightedSum(terms: ArrayLike<number>, weights: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i]! * terms[i]!;
  return sum;
}

function divergedAt(step: number, stage: string, loss: number, bad: readonly string[], learningRate: number) {
  return diverged(
    `loss is ${loss} at step ${step} (stage ${stage}, ${bad.length > 0 ? `terms ${bad.join(", ")}` : "their sum"}).`,
    learningRate,
    { step, stage, terms: bad },
  );
}

/** Fills the noise of a step: normals from one stream of the stage, dropout masks from one for each block. */
function noiseOf({ seed, stage }: StageSetup, { kernels, offset }: Regions): (noise: Layout, step: number) => void {
  const key = streamKey(seed, `noise.${stage.name}`);
  const start = offset("noise");
  return ({ blocks }, step) => {
    for (const block of blocks) {
      const at = start + 4 * block.offset;
      const rate = noiseRate(block.group);
      if (rate === 0) kernels.normals(at, block.length, key, step);
      else kernels.dropoutMask(at, block.length, rate, streamKey(seed, `dropout.${stage.name}.${block.offset}`), step);
    }
  };
}

/** Removes one random modality from a share of the samples that have several; `present` is [count, M]. */
function dropModalities(
  { modalityDropout = 0, seed, stage }: StageSetup,
  present: Float32Array,
  count: number,
  step: number,
): void {
  if (modalityDropout === 0) return;
  const draw: Stream = stream(seed, `modalities.${stage.name}`, step);
  const width = present.length / count;
  for (let i = 0; i < count; i++) {
    if (draw.uniform() >= modalityDropout) continue;
    const presentAt: number[] = [];
    for (let m = 0; m < width; m++) if (present[i * width + m] === 1) presentAt.push(i * width + m);
    if (presentAt.length > 1) present[presentAt[draw.below(presentAt.length)]!] = 0;
  }
}
