/** @file What a stage of a run works on, and how far it is. */
import type { State } from "../core/tensor.ts";
import type { Widths } from "../engine/graph.ts";
import type { Samples } from "../engine/rows.ts";
import type { EpochRecord } from "../evaluation/history.ts";
import type { Fitted } from "../evaluation/model.ts";
import type { Method } from "../methods/method.ts";
import type { Backend } from "../runtime/backend.ts";
import type { Checkpoint, Position } from "./checkpoint.ts";
import type { FitEvent } from "./events.ts";
import type { Pace } from "./pace.ts";
import type { FitOptions, PlannedStage } from "./plan.ts";

/** Everything that the stages of a run share. */
export interface Training {
  readonly method: Method;
  readonly widths: Widths;
  readonly samples: { readonly train: Samples; readonly validation: Samples };
  readonly backend: Backend;
  readonly threads: number;
  readonly options: FitOptions;
  readonly labelSmoothing: number;
}

/** Everything that a stage needs to run. */
export interface StageRun extends PlannedStage, Training {
  /** Position of the stage in the run. */
  readonly index: number;
  readonly state: State;
  readonly history: readonly EpochRecord[];
  readonly resumed: Checkpoint | undefined;
  readonly emit: (event: FitEvent) => void;
  readonly pace: Pace;
  /** The model of a state, not calibrated. */
  readonly fitted: (state: State, history: readonly EpochRecord[]) => Fitted;
  readonly save: (next: Omit<Checkpoint, "identity">) => Promise<void>;
}

/** How far a stage is, and the state of its best epoch. */
export interface Progress {
  readonly position: Position;
  readonly best: State;
}
