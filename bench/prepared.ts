/** @file A stage of a method on random data, ready to be timed. */
import { stream } from "../src/core/random.ts";
import { sizeOf } from "../src/core/shape.ts";
import { modalityLeaf, parametersOf, type Widths } from "../src/engine/graph.ts";
import { inMemory } from "../src/engine/rows.ts";
import { type PreparedStage, prepareStage } from "../src/engine/stage.ts";
import type { Method, Stage } from "../src/methods/method.ts";
import { initialState } from "../src/nn/module.ts";
import { adam } from "../src/optim/index.ts";
import { loadBackend } from "../src/runtime/load.ts";

export const BATCH = 64;
const SAMPLES = 4096;

/** A stage that can be timed. */
export interface Timed {
  readonly prepared: PreparedStage;
  /** Name and version of onnxruntime. */
  readonly backend: string;
  /** Milliseconds of each of `count` steps: gather the batch, draw noise, forward, backward, Adam, read the loss. */
  steps(count: number): Promise<number[]>;
}

interface Sizes {
  readonly batch?: number;
  /** Samples in memory. */
  readonly samples?: number;
  /** Convolutions as direct products. */
  readonly exact?: boolean;
}

/** Prepares a stage on random samples (4096, batches of 64, unless `sizes` says otherwise), Adam. */
export async function timed(
  method: Method,
  stage: Stage<never>,
  widths: Widths,
  threads: number,
  { batch = BATCH, samples = SAMPLES, exact = false }: Sizes = {},
): Promise<Timed> {
  const draw = stream(0, "bench");
  const sources = Object.fromEntries(
    Object.entries(widths.shapes).map(([name, shape]) => {
      const width = sizeOf(shape);
      const data = Float32Array.from({ length: samples * width }, () => draw.normal());
      return [modalityLeaf(name), inMemory({ data, lead: 1, rows: samples, width })];
    }),
  );
  const backend = { ...(await loadBackend("native")), exact };
  const prepared = await prepareStage({
    method,
    stage,
    widths,
    state: initialState(parametersOf(method, widths), 0),
    train: {
      sources,
      size: samples,
      target: {
        outputs: widths.classes,
        data: Float32Array.from({ length: samples }, () => draw.below(widths.classes)),
        width: 1,
      },
    },
    batchSize: batch,
    seed: 0,
    optimiser: adam(),
    clipNorm: undefined,
    backend,
    threads,
  });
  await prepared.updateStatistics();
  prepared.beginEpoch(1, false);
  let step = 0;
  const order = new Uint32Array(batch);
  return {
    prepared,
    backend: `onnxruntime ${backend.version}`,
    async steps(count) {
      const ms: number[] = [];
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < batch; j++) order[j] = draw.below(samples);
        const start = performance.now();
        await prepared.step(order, 0, batch, ++step, 1e-3);
        ms.push(performance.now() - start);
      }
      return ms;
    },
  };
}
