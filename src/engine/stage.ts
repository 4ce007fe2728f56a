/** @file Prepares a stage to run: its programs, its memory, and the training step. */
import { internalError } from "../core/errors.ts";
import { type Stream, stream, streamKey } from "../core/random.ts";
import { float32, type State } from "../core/tensor.ts";
import { batchPlan } from "../data/batches.ts";
import { type Expr, leaf } from "../graph/expr.ts";
import type { Method, Stage } from "../methods/method.ts";
import { clipScale } from "../optim/clip.ts";
import type { Optimiser } from "../optim/optimiser.ts";
import { createArena } from "../runtime/arena.ts";
import type { Backend, Executable } from "../runtime/backend.ts";
import { createKernels } from "../runtime/kernels/index.ts";
import { type Bound, compile, type Layout, layoutOf, type Part } from "../runtime/program.ts";
import { targetTypes } from "../targets/index.ts";
import { diverged } from "./diverged.ts";
import { chunkOf, createEvaluator, leafParts, leavesOf, placeOf, storedParameters } from "./evaluator.ts";
import { cutFrozen, type FrozenFeature } from "./frozen.ts";
import { changes, forward, PRESENT, type StageGraph, stageGraph, TARGET, type Widths } from "./graph.ts";
import { createMemory } from "./memory.ts";
import { gatherRows, type RowSource, type Samples, type Sources } from "./rows.ts";

export interface StageSetup {
  readonly method: Method;
  readonly stage: Stage<never>;
  readonly widths: Widths;
  readonly state: State;
  readonly train: Samples;
  readonly batchSize: number;
  readonly seed: number;
  readonly optimiser: Optimiser;
  readonly clipNorm: number | undefined;
  /** Share of the samples of a batch from which one random modality is removed; `widths.masked` must then be true. */
  readonly modalityDropout?: number;
  /** Label smoothing of the losses. Default 0. */
  readonly labelSmoothing?: number;
  readonly backend: Backend;
  readonly threads: number;
}

/** The result of one step; the caller accumulates it over an epoch. */
export interface StepResult {
  /** Value of each loss term, mean over the batch, in the order of `termNames`; overwritten by the next step of the same size. */
  readonly terms: Float32Array;
  /** The `batchScore` of the batch (targets/target.ts). */
  readonly score: number;
}

export interface PreparedStage {
  readonly termNames: readonly string[];
  readonly weights: readonly number[];
  /** Batch sizes of one epoch. */
  readonly plan: readonly number[];
  /** Size of the cached features of frozen parts, in numbers; 0 without any. */
  readonly keptFeatures: number;
  readonly trainedParameters: number;
  /** Call it before the first step of an epoch (counted from 1); with `resumed`, before resuming in the middle of one. */
  beginEpoch(epoch: number, resumed: boolean): void;
  /** One optimiser step on samples `order[from .. from + count)`; `step` counts from 1 within the stage. */
  step(order: Uint32Array, from: number, count: number, step: number, learningRate: number): Promise<StepResult>;
  /** Recomputes the stored statistics (`Outputs.statistics`, `Stage.statistics`); call it before `predict` and `state`. */
  updateStatistics(): Promise<void>;
  /** The stage's prediction [N, K] for samples. */
  predict(samples: Samples): Promise<Float32Array>;
  /** The current values of all parameters. */
  state(): State;
  /** The optimiser's state as `slot<i>.<parameter>`, and the stage's memory, for checkpoints. */
  moments(): State;
  restore(moments: State): void;
  dispose(): Promise<void>;
}

/** Features of frozen parts are cached up to this many numbers (1 GiB); larger ones are computed in every step. */
const KEPT_LIMIT = 2 ** 28;

/** Stored statistics are means over this many training samples: precise enough, and cheap to recompute. */
const REFERENCE_SAMPLES = 2048;

/** A stage's graph for one batch size; it reads cached features instead of data. */
interface BatchGraph {
  readonly size: number;
  readonly graph: StageGraph;
  readonly outputs: readonly Expr[];
  readonly features: readonly FrozenFeature[];
}

/** Builds a stage's graphs, lays them out in memory and compiles them. */
export async function prepareStage(setup: StageSetup): Promise<PreparedStage> {
  const { method, stage, widths, train, backend, threads, optimiser, modalityDropout = 0 } = setup;
  const type = targetTypes[widths.kind ?? "multiclass"];
  const plan = batchPlan(train.size, setup.batchSize, "train");
  const sizes = [...new Set(plan)];
  const graphs = sizes.map((size) => batchGraph(setup, size));
  const first = graphs[0]!;
  const chunk = chunkOf(Math.min(256, train.size));
  const { outputs: evaluated, requests } = forward(method, widths, chunk, { training: false });
  const evaluation = stage.prediction(evaluated as never);
  // All statistics are recomputed, also those that only a unimodal prediction reads.
  const labelled = stage.statistics?.(evaluated as never, leaf("input", TARGET, [chunk, widths.classes])) ?? {};
  const memberOutputs = stage.member?.outputs(evaluated as never) ?? evaluated;
  const renewed = Object.entries({ ...memberOutputs.statistics, ...labelled }).map(([name, of]) =>
    "weight" in of ? { name, ...of } : { name, value: of, weight: undefined },
  );

  // Trained parameters come first and contiguously, and gradients in the same order, so the optimiser makes one pass over each.
  const trained = first.graph.gradients;
  const means = renewed.flatMap(({ value, weight }) => (weight === undefined ? [value] : [value, weight]));
  const stored = (name: string): Expr => {
    const spec = requests.parameters.get(name);
    if (spec === undefined) throw internalError(`stage ${stage.name}: no stored number is called ${name}.`);
    return leaf("parameter", name, spec.shape);
  };
  const used = new Map([
    ...leavesOf(first.outputs, "parameter"),
    ...leavesOf([evaluation, ...means], "parameter"),
    ...renewed.map(({ name }) => [name, stored(name)] as const),
  ]);
  const parameterLayout = layoutOf("parameter", [
    ...[...trained].map(([name, { parameter }]) => ({ name, expr: parameter })),
    ...[...used].flatMap(([name, expr]) => (trained.has(name) ? [] : [{ name, expr, group: 1 }])),
  ]);
  const memory = createMemory(stage, first.outputs, train.size);
  const layouts = graphs.map((batch) => ({
    gradient: layoutOf("gradient", gradientParts(batch)),
    noise: layoutOf("noise", noiseParts(batch)),
    input: layoutOf("input", leafParts(batch.outputs, "input")),
    result: layoutOf("result", resultParts(batch)),
  }));
  const span = layouts[0]!.gradient.length;
  const longest = (pick: (batch: (typeof layouts)[number]) => Layout): number =>
    Math.max(...layouts.map((batch) => pick(batch).length));
  const arena = createArena([
    { name: "parameter", length: parameterLayout.length },
    { name: "gradient", length: span },
    ...Array.from({ length: optimiser.slots }, (_, i) => ({ name: `slot${i}`, length: span })),
    { name: "noise", length: longest((batch) => batch.noise) },
    { name: "input", length: longest((batch) => batch.input) },
    { name: "memory", length: memory.layout.length },
    { name: "result", length: longest((batch) => batch.result) },
  ]);
  const kernels = createKernels(arena.memory);
  const parameters: Bound = { layout: parameterLayout, data: arena.view("parameter") };
  for (const name of parameterLayout.places.keys()) placeOf(parameters, name).set(setup.state[name]!.data);

  memory.bind(arena.view("memory"));

  const programs = new Map<
    number,
    { program: Executable; graph: StageGraph; input: Bound; result: Bound; noise: Layout; terms: Float32Array }
  >();
  for (const [i, { size, graph }] of graphs.entries()) {
    const batch = layouts[i]!;
    const bind = (layout: Layout, region: string): Bound => ({ layout, data: arena.view(region) });
    const [input, result] = [bind(batch.input, "input"), bind(batch.result, "result")];
    const program = await compile(
      backend,
      {
        inputs: [parameters, bind(batch.noise, "noise"), input, bind(memory.layout, "memory")],
        outputs: [result, bind(batch.gradient, "gradient")],
      },
      threads,
    );
    programs.set(size, {
      program,
      graph,
      input,
      result,
      noise: batch.noise,
      terms: new Float32Array(graph.terms.flatMap((t) => t.names).length),
    });
  }
  const evaluator = await createEvaluator(backend, [evaluation], parameters, threads);
  const statistics = means.length === 0 ? undefined : await createEvaluator(backend, means, parameters, threads);
  const reference = statistics === undefined ? {} : referenceRows(train, widths);
  const kept = first.features.length === 0 ? undefined : await keptSources(setup, first.features);
  const sources: Sources = { ...train.sources, ...kept };
  const noiseKey = streamKey(setup.seed, `noise.${stage.name}`);
  const offsets = Array.from({ length: optimiser.slots }, (_, i) => arena.offset(`slot${i}`));
  const range = { param: arena.offset("parameter"), grad: arena.offset("gradient"), slots: offsets, count: span };
  const termNames = first.graph.terms.flatMap((term) => term.names);
  const weights = first.graph.terms.flatMap((term) => term.weights);

  return {
    termNames,
    weights,
    plan,
    keptFeatures: Object.values(kept ?? {}).reduce((n, source) => n + source.data.length, 0),
    trainedParameters: [...trained.keys()].reduce((n, name) => n + parameterLayout.places.get(name)!.size, 0),

    beginEpoch: memory.beginEpoch,

    async step(order, from, count, step, learningRate) {
      const { program, graph, input, result, noise, terms } = programs.get(count)!;
      for (const name of input.layout.places.keys()) {
        const target = placeOf(input, name);
        if (name === TARGET) type.fill(target, train.target, order, from, count);
        else gatherRows(target, sources[name] ?? memory.samples[name]!, order, from, count);
        if (name === PRESENT && modalityDropout > 0) {
          dropModalities(target, count, modalityDropout, stream(setup.seed, `modalities.${stage.name}`, step));
        }
      }
      for (const { offset, length, group } of noise.blocks) {
        const at = arena.offset("noise") + 4 * offset;
        const rate = noiseRate(group);
        if (rate === 0) kernels.normals(at, length, noiseKey, step);
        else kernels.dropoutMask(at, length, rate, streamKey(setup.seed, `dropout.${stage.name}.${offset}`), step);
      }
      const pending = program.run();
      if (pending !== undefined) await pending;

      let loss = 0;
      let at = 0;
      for (const place of result.layout.places.values()) {
        for (let i = 0; i < place.size && at < terms.length; i++) {
          terms[at] = result.data[place.offset + i]!;
          loss += weights[at]! * terms[at++]!;
        }
      }
      if (!Number.isFinite(loss)) {
        const bad = termNames.filter((_, i) => !Number.isFinite(terms[i]));
        throw diverged(
          `loss is ${loss} at step ${step} (stage ${stage.name}, ${bad.length > 0 ? `terms ${bad.join(", ")}` : "their sum"}).`,
          learningRate,
          { step, stage: stage.name, terms: bad },
        );
      }
      memory.store(
        (name) => (graph.remembered.has(name) ? placeOf(result, `remember.${name}`) : undefined),
        order,
        from,
        count,
      );
      const gradientScale =
        setup.clipNorm === undefined ? 1 : clipScale(Math.sqrt(kernels.sumSquares(range.grad, span)), setup.clipNorm);
      optimiser.update(kernels, range, { learningRate, step, gradientScale });
      const rows = order.subarray(from, from + count);
      return { terms, score: type.batchScore(placeOf(result, "prediction"), train.target, rows) };
    },

    async updateStatistics() {
      const values = statistics === undefined ? [] : await statistics.run(reference);
      let next = 0;
      for (const { name, weight } of renewed) {
        const value = values[next++]!;
        placeOf(parameters, name).set(meanOverRows(value, weight && values[next++]));
      }
    },

    async predict(samples) {
      const [logits] = await evaluator.run(samples.sources);
      return logits!.data;
    },

    state() {
      const moved = Object.fromEntries(
        [...trained.keys(), ...renewed.map(({ name }) => name)].map((name) => {
          const { shape } = parameterLayout.places.get(name)!;
          return [name, float32(shape, placeOf(parameters, name).slice())];
        }),
      );
      return { ...setup.state, ...moved };
    },

    moments: () => ({
      ...memory.state(),
      ...Object.fromEntries(
        offsets.flatMap((_, i) => {
          const slot: Bound = { layout: parameterLayout, data: arena.view(`slot${i}`) };
          return [...trained.keys()].map((name) => {
            const { shape } = parameterLayout.places.get(name)!;
            return [`slot${i}.${name}`, float32(shape, placeOf(slot, name).slice())];
          });
        }),
      ),
    }),

    restore(moments) {
      memory.restore(moments);
      for (const i of offsets.keys()) {
        const slot: Bound = { layout: parameterLayout, data: arena.view(`slot${i}`) };
        for (const name of trained.keys()) placeOf(slot, name).set(moments[`slot${i}.${name}`]!.data);
      }
    },

    async dispose() {
      for (const { program } of programs.values()) await program.dispose();
      await evaluator.dispose();
      await statistics?.dispose();
    },
  };
}

function batchGraph(setup: StageSetup, size: number): BatchGraph {
  const { method, stage, widths, train, modalityDropout = 0 } = setup;
  const graph = stageGraph(method, stage as never, widths, size, setup.labelSmoothing);
  const outputs = [
    ...graph.terms.map((term) => term.value),
    graph.prediction,
    ...[...graph.gradients.values()].map(({ gradient }) => gradient),
    ...graph.remembered.values(),
  ];
  const moves = (input: string): boolean => changes(input) || (modalityDropout > 0 && input === PRESENT);
  const cut = cutFrozen(outputs, new Set(graph.gradients.keys()), moves);
  const kept = cut.features.reduce(
    (n, feature) => n + (feature.source.shape.reduce((a, b) => a * b, 1) / size) * train.size,
    0,
  );
  return kept > KEPT_LIMIT
    ? { size, graph, outputs, features: [] }
    : { size, graph, outputs: cut.outputs, features: cut.features };
}

function resultParts({ graph, outputs }: BatchGraph): Part[] {
  const terms = graph.terms.map((_, i) => ({ name: `term.${i}`, expr: outputs[i]! }));
  const start = terms.length + 1 + graph.gradients.size;
  const remembered = [...graph.remembered.keys()].map((name, i) => ({
    name: `remember.${name}`,
    expr: outputs[start + i]!,
  }));
  return [...terms, { name: "prediction", expr: outputs[terms.length]! }, ...remembered];
}

function gradientParts({ graph, outputs }: BatchGraph): Part[] {
  const start = graph.terms.length + 1;
  return [...graph.gradients.keys()].map((name, i) => ({ name, expr: outputs[start + i]! }));
}

/** Noise is grouped by dropout rate; the group is the rate in millionths, or 0 for normal noise. */
function noiseParts({ graph, outputs }: BatchGraph): Part[] {
  return leafParts(outputs, "noise").map((part) => ({
    ...part,
    group: Math.round(graph.noises.get(part.name)!.rate * 1e6),
  }));
}
const noiseRate = (group: number): number => group / 1e6;

/** The features of frozen parts for all training samples. They are computed in evaluation mode, without noise. */
async function keptSources(setup: StageSetup, features: readonly FrozenFeature[]): Promise<Sources> {
  const outputs = features.map((feature) => feature.source);
  const evaluator = await createEvaluator(
    setup.backend,
    outputs,
    storedParameters(outputs, setup.state),
    setup.threads,
  );
  const results = await evaluator.run(setup.train.sources);
  await evaluator.dispose();
  return Object.fromEntries(features.map((feature, i) => [feature.name, results[i]!]));
}

/** The training samples, with their targets, over which statistics are computed. They are evenly spaced, because data may be sorted. */
function referenceRows({ sources, size, target: encoded }: Samples, { classes, kind = "multiclass" }: Widths): Sources {
  const rows = Math.min(REFERENCE_SAMPLES, size);
  const chosen = Uint32Array.from({ length: rows }, (_, i) => Math.floor((i * size) / rows));
  const target = new Float32Array(rows * classes);
  targetTypes[kind].fill(target, encoded, chosen, 0, rows);
  const some = Object.entries(sources).map(([name, source]) => {
    const data = new Float32Array(rows * source.width);
    gatherRows(data, source, chosen, 0, rows);
    return [name, { ...source, data, rows }];
  });
  return { ...Object.fromEntries(some), [TARGET]: { data: target, lead: 1, rows, width: classes } };
}

/** The mean of [lead, N, width] over rows, [lead, width], in double precision. Rows have weights [lead, N, 1]; the mean is 0 if all weights are 0. */
function meanOverRows({ data, lead, rows, width }: RowSource, weights?: RowSource): Float32Array {
  const out = new Float32Array(lead * width);
  const total = new Float64Array(width);
  for (let l = 0; l < lead; l++) {
    total.fill(0);
    let counted = 0;
    for (let i = 0; i < rows; i++) {
      const weight = weights === undefined ? 1 : weights.data[l * rows + i]!;
      counted += weight;
      for (let f = 0; f < width; f++) total[f]! += weight * data[(l * rows + i) * width + f]!;
    }
    for (let f = 0; f < width; f++) out[l * width + f] = counted === 0 ? 0 : total[f]! / counted;
  }
  return out;
}

/** Removes one random modality from a share of the samples that have several; `present` is [count, M]. */
function dropModalities(present: Float32Array, count: number, share: number, draw: Stream): void {
  const width = present.length / count;
  for (let i = 0; i < count; i++) {
    if (draw.uniform() >= share) continue;
    const presentAt: number[] = [];
    for (let m = 0; m < width; m++) if (present[i * width + m] === 1) presentAt.push(i * width + m);
    if (presentAt.length > 1) present[presentAt[draw.below(presentAt.length)]!] = 0;
  }
}
