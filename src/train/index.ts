/** @file Public names of training. */

export { files } from "./checkpoint.ts";
export type { FitEvent } from "./events.ts";
export { fit } from "./fit.ts";
export {
  type FindLearningRateOptions,
  type FoundLearningRate,
  findLearningRate,
  type LearningRatePoint,
} from "./learning-rate.ts";
export type { ByStage, ClassWeights, FitOptions, Warmup } from "./plan.ts";
export type { TeacherOptions } from "./teacher.ts";
