/** @file Prepares a stage to run: builds its graphs, lays them out in one memory, compiles them, and keeps what a checkpoint needs. */
import { float32, type State } from "../core/tensor.ts";
import { batchPlan } from "../data/batches.ts";
import { flopsOf } from "../graph/cost.ts";
import { batchGraph, batchLayouts } from "./batch-graph.ts";
import { chunkFor, createEvaluator, leavesOf, placeOf } from "./evaluator.ts";
import { featureSources } from "./frozen.ts";
import { forward } from "./graph.ts";
import { EVALUATED_AT_ONCE } from "./limits.ts";
import { createMemory } from "./memory.ts";
import { createRegions, parameterLayoutOf } from "./regions.ts";
import { inMemory, type Samples } from "./rows.ts";
import type { StageSetup } from "./setup.ts";
import { createStatistics, meanOutputs, storedMeans } from "./statistics.ts";
import { compileStep, createStep, type LossTerms, lossTermsOf, type Step, type StepProgram } from "./step.ts";

export interface PreparedStage {
  readonly lossTerms: LossTerms;
  /** Batch sizes of one epoch. */
  readonly plan: readonly number[];
  /** Size of the cached features of frozen parts, in numbers; 0 without any. */
  readonly keptFeatures: number;
  readonly trainedParameters: number;
  /** Floating-point operations for each sample: of a prediction, and of a training step; what frozen parts computed once does not count. */
  readonly flops: { readonly forward: number; readonly step: number };
  /** Call it before the first step of an epoch (counted from 1); with `resumed`, before resuming in the middle of one. */
  beginEpoch(epoch: number, resumed: boolean): void;
  readonly step: Step;
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

/** Builds a stage's graphs, lays them out in memory and compiles them. */
export async function prepareStage(setup: StageSetup): Promise<PreparedStage> {
  const { stage, train, backend, threads } = setup;
  const samples = train.size;
  const plan = batchPlan(samples, setup.batchSize, "train");
  const batches = [...new Set(plan)].map((size) => batchGraph(setup, size));
  const layouts = batches.map(batchLayouts);
  const { graph, outputs, features } = batches[0]!;
  const { evaluation, means } = evaluationGraph(setup);

  const trained = [...graph.gradients.keys()];
  const used = new Map([
    ...leavesOf([...outputs.values()], "parameter"),
    ...leavesOf([evaluation, ...meanOutputs(means)], "parameter"),
    ...means.map(({ name, stored }) => [name, stored] as const),
  ]);
  const memory = createMemory(stage, [...outputs.values()], samples);
  const regions = createRegions(
    parameterLayoutOf(graph.gradients, used),
    layouts,
    memory.layout,
    trained,
    setup.optimiser,
  );
  const { parameters } = regions;
  const places = parameters.layout.places;
  for (const name of places.keys()) placeOf(parameters, name).set(setup.state[name]!.data);
  memory.bind(regions.bind(memory.layout, "memory").data);

  const programs = new Map<number, StepProgram>();
  for (const [i, batch] of batches.entries()) {
    programs.set(batch.size, await compileStep(backend, threads, batch, layouts[i]!, memory.layout, regions));
  }
  const evaluator = await createEvaluator(backend, [evaluation], parameters, threads);
  const statistics = await createStatistics(setup, means, parameters);
  const kept = await featureSources(setup, features);
  const readers = Object.entries(kept).map(([name, source]) => [name, inMemory(source)] as const);
  const sources = { ...train.sources, ...Object.fromEntries(readers) };
  const lossTerms = lossTermsOf(graph);
  const changed = [...trained, ...graph.updates.keys(), ...means.map(({ name }) => name)];

  return {
    lossTerms,
    plan,
    keptFeatures: Object.values(kept).reduce((n, source) => n + source.data.length, 0),
    trainedParameters: trained.reduce((n, name) => n + places.get(name)!.size, 0),
    flops: {
      forward: flopsOf([evaluation]) / evaluation.shape[0]!,
      step: flopsOf([...outputs.values()]) / batches[0]!.size,
    },
    beginEpoch: memory.beginEpoch,
    step: createStep(setup, programs, lossTerms, sources, memory, regions),
    updateStatistics: statistics.update,
    async predict({ sources }) {
      const [logits] = await evaluator.run(sources);
      return logits!.data;
    },
    state: () => ({
      ...setup.state,
      ...Object.fromEntries(
        changed.map((name) => [name, float32(places.get(name)!.shape, placeOf(parameters, name).slice())]),
      ),
    }),
    moments: () => ({ ...memory.state(), ...regions.moments() }),
    restore(moments) {
      memory.restore(moments);
      regions.restore(moments);
    },
    async dispose() {
      for (const { program } of programs.values()) await program.dispose();
      await evaluator.dispose();
      await statistics.dispose();
    },
  };
}

/** The stage's prediction and stored statistics in evaluation mode, on a batch of at most `EVALUATED_AT_ONCE` samples. */
function evaluationGraph({ method, stage, widths, train }: StageSetup) {
  const chunk = chunkFor(method, widths, Math.min(EVALUATED_AT_ONCE, train.size));
  const { outputs, requests } = forward(method, widths, chunk, { training: false });
  return {
    evaluation: stage.prediction(outputs as never),
    means: storedMeans(stage, outputs, requests, [chunk, widths.classes]),
  };
}
