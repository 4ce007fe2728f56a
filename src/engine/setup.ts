/** @file What a stage needs to be prepared. */
import type { State } from "../core/tensor.ts";
import type { Method, Stage } from "../methods/method.ts";
import type { Optimiser } from "../optim/optimiser.ts";
import type { Backend } from "../runtime/backend.ts";
import type { Widths } from "./graph.ts";
import type { Samples } from "./rows.ts";

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
