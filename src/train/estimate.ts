/** @file What a run will cost, measured before it: parameters, operations, seconds of real steps and of real calls of frozen encoders. */
import { DmilError } from "../core/errors.ts";
import { float32 } from "../core/tensor.ts";
import { type Dataset, takeRows } from "../data/dataset.ts";
import { createEncoding, type Frozen, frozenModels } from "../features/frozen.ts";
import { samplesOfCall } from "../features/session.ts";
import type { Method } from "../methods/method.ts";
import type { FitEvent, StageCost } from "./events.ts";
import { fit } from "./fit.ts";
import { type FitOptions, ofStage, plan } from "./plan.ts";

/** The features of a frozen encoder, from the time of a few calls. */
export interface FeatureCost {
  readonly modality: string;
  readonly samples: number;
  readonly secondsASample: number;
}

export interface RunCost {
  readonly parameters: number;
  readonly stages: readonly StageCost[];
  readonly features: readonly FeatureCost[];
}

/** Calls that are timed, after a first one. */
const CALLS = 2;

/**
 * Measures what a run will cost: three steps of every stage on the whole data, and three calls of every frozen encoder. Nothing is written.
 * @throws as `fit`.
 */
export async function estimate(
  method: Method,
  data: { readonly train: Dataset; readonly validation: Dataset },
  { frozen, folder: _, ...options }: FitOptions,
): Promise<RunCost> {
  plan(method, { ...options, ...(frozen !== undefined && { frozen }) });
  const features = await timedFeatures(method, data.train, frozen, options);
  const own = { train: withoutSamples(method, data.train), validation: withoutSamples(method, data.validation) };
  const trained = asIfEncoded(method);
  const stages: StageCost[] = [];
  let parameters = 0;
  for (const stage of method.stages) {
    const { name } = stage;
    const epochs = ofStage(options.epochs ?? {}, stage) ?? stage.epochs;
    if (epochs === 0) continue;
    const stop = new AbortController();
    const onEvent = (event: FitEvent): void => {
      if (event.kind === "started") parameters = event.parameters;
      if (event.kind !== "estimate" || event.stage !== name) return;
      const { kind: __, ...cost } = event;
      stages.push(cost);
      stop.abort();
    };
    const only = Object.fromEntries(method.stages.map((other) => [other.name, other.name === name ? epochs : 0]));
    await fit(trained, own, { ...options, epochs: only, signal: stop.signal, onEvent, calibrate: false }).catch(
      (error: unknown) => {
        if (!(error instanceof DmilError) || error.fields.interrupted !== true) throw error;
      },
    );
  }
  return { parameters, stages, features };
}

/** Times calls of the frozen encoders on the first samples; the first call also opens the file. */
async function timedFeatures(
  { description: { encoders } }: Method,
  train: Dataset,
  frozen: Frozen | undefined,
  { backend, threads }: Pick<FitOptions, "backend" | "threads">,
): Promise<FeatureCost[]> {
  const costs: FeatureCost[] = [];
  for (const [modality, model] of Object.entries(frozenModels(encoders))) {
    const size = samplesOfCall(model, model.sample);
    const rowsFrom = (from: number, count: number): Uint32Array =>
      Uint32Array.from({ length: count }, (_, i) => (from + i) % train.size);
    const uncached = frozen && { ...frozen, cache: undefined, memory: new WeakMap() };
    const encoding = createEncoding({ [modality]: encoders[modality]! }, uncached, { backend, threads });
    try {
      await encoding.encode(takeRows(train, rowsFrom(0, size)));
      const some = takeRows(train, rowsFrom(size, CALLS * size));
      const started = performance.now();
      await encoding.encode(some);
      const seconds = (performance.now() - started) / 1000;
      costs.push({ modality, samples: train.size, secondsASample: seconds / (CALLS * size) });
    } finally {
      await encoding.dispose();
    }
  }
  return costs;
}

/** The data with zeros for the features of frozen encoders, which are not computed for an estimate. */
function withoutSamples({ description }: Method, dataset: Dataset): Dataset {
  const features = Object.entries(frozenModels(description.encoders)).map(
    ([name, model]) => [name, float32([dataset.size, ...model.features])] as const,
  );
  return { ...dataset, modalities: { ...dataset.modalities, ...Object.fromEntries(features) } };
}

/** The method for data whose features are computed. */
function asIfEncoded(method: Method): Method {
  const { description } = method;
  const encoders = Object.fromEntries(
    Object.entries(description.encoders).map(([name, own]) => [name, { ...own, model: undefined }]),
  );
  return { ...method, description: { ...description, encoders } };
}
