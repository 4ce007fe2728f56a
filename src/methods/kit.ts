/**
 * @file `dmil/methods`: what an author of a method, an encoder or a loss uses. Operations of graphs are in `dmil/graph`, layers in
 * `dmil/nn`. The methods of this library import the same names.
 */

// Defining a method

export { type Loose, oneOf } from "../core/options.ts";
export {
  defineMethod,
  type Encoders,
  type MethodDefinition,
  type MethodFactory,
  type MethodRecord,
  type MethodSettings,
} from "./define.ts";
export type {
  BuildInput,
  Components,
  MemorySpec,
  Method,
  Outputs,
  SampleMemory,
  ScheduleOptions,
  Stage,
  Statistic,
  StepContext,
  Terms,
} from "./method.ts";

// Kinds of target, with their losses and measures

export type { TargetKind } from "../data/kinds.ts";
export { targetTypes } from "../targets/index.ts";
export type { TargetType } from "../targets/target.ts";
export { PRIOR, type Task } from "../targets/task.ts";
export { everyTarget, probabilisticTargets } from "./method.ts";

// Encoders, embeddings, missing modalities

export type { Init, Module, Scope } from "../nn/module.ts";
export { embed, embeddingOption, embeddings, expandAs, gatedComponents } from "./embed.ts";
export { meanOfPresent, presence, priorWhereMissing, zeroWhereMissing } from "./missing.ts";

// Predictions and stages that several methods share

export { deepFusion, deepHeads, type Fuse, perceptron, sumFusion } from "./heads.ts";
export { evalFusion, type LateFusion, lateFusion, wholeStage } from "./late-fusion.ts";
export { multiLossFusion, multiLossStage, multiLossTerms } from "./multi-loss.ts";
