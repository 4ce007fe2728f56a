/** @file Public API of runs. */

export { type EncoderWeightsOptions, encoderWeights } from "./encoder-weights.ts";
export type { DataHashes, TrainingData } from "./identity.ts";
export { loadModel, type OpenModel, openModel, saveModel } from "./model.ts";
export { type OpenRun, openRun, type Unfinished } from "./open.ts";
export { type Plan, planRun, type RunConfig } from "./plan.ts";
export {
  type Engine,
  type Environment,
  type RunRecord,
  type RunStatus,
  readRecord,
  runFiles,
} from "./record.ts";
export type { RunResult } from "./result.ts";
export { type FinishedRun, type RunOptions, resumeRun, startRun } from "./run.ts";
export { parseSettings, type Settings } from "./settings.ts";
export { encodeTable, type Row } from "./tables.ts";
export { openTeacher, type RunTeacher } from "./teacher.ts";
export { type OpenWeights, readWeightFiles, weightsThrough } from "./weights.ts";
