/**
 * @file `dmil/methods`: what an author of a method, an encoder or a target uses. The operations of graphs are in `dmil/graph`, layers in
 * `dmil/nn`. The methods of this library import the same names.
 */

export { type Loose, oneOf } from "../core/options.ts";
// Losses and measures of each kind of target
export type { TargetKind } from "../data/dataset.ts";
// Encoders and embeddings
export type { Init, Module, NoiseSpec, Scope } from "../nn/module.ts";
export { type Task, tasks } from "../targets/task.ts";
// Define a method
export {
  defineMethod,
  type Encoders,
  type MethodDefinition,
  type MethodFactory,
  type MethodRecord,
  type MethodSettings,
} from "./define.ts";
export { embed, embeddingOption, embeddings, expandAs, gatedComponents } from "./embed.ts";

// Predictions and stages that several methods share
export { deepFusion, deepHeads, type Fuse, perceptron, sumFusion } from "./heads.ts";
export { type LateFusion, lateFusion, stillFusion, wholeStage } from "./late-fusion.ts";
export {
  type BuildInput,
  type Components,
  everyTarget,
  type MemorySpec,
  type Method,
  type Outputs,
  PRIOR,
  probabilisticTargets,
  type SampleMemory,
  type ScheduleOptions,
  type Stage,
  type Statistic,
  type StepContext,
  type Terms,
} from "./method.ts";
// Missing modalities
export { meanOfPresent, presence, priorWhereMissing, zeroWhereMissing } from "./missing.ts";
export { multiLossFusion, multiLossStage, multiLossTerms } from "./multi-loss.ts";
