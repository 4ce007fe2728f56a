/** @file `dmil`: the public names, in reading order. */

// Errors and places
export { DmilError, type ErrorCode, type ErrorFields } from "./core/errors.ts";
export { type Folder, memoryFolder } from "./core/folder.ts";
export { float32, type State, type Tensor, tensor } from "./core/tensor.ts";

// Data: from a folder or from arrays to three checked splits
export { checkSplits, type DataReport } from "./data/check.ts";
export {
  type DataSplits,
  type Dataset,
  SPLITS,
  type SplitName,
  selectModalities,
  type Target,
  type TargetKind,
  takeRows,
} from "./data/dataset.ts";
export { type LoadedData, type LoadOptions, loadDataset, readDataset } from "./data/load.ts";
export { hideModalities } from "./data/presence.ts";
export { type SplitOptions, splitBy } from "./data/split.ts";
export { interactionMixture, type MixtureOptions } from "./data/synthetic/mixture.ts";
export { type QuadOptions, quadMixture } from "./data/synthetic/quad.ts";
export { type SceneKind, type ScenesOptions, scenes } from "./data/synthetic/scenes.ts";
export { type SumsOptions, sums } from "./data/synthetic/sums.ts";
export { writeDataset } from "./data/write.ts";
export {
  createPredictor,
  decodeModel,
  type EpochRecord,
  encodeModel,
  evaluate,
  type Fitted,
  type Metrics,
  type PatternMetrics,
  type Predictions,
  type PredictOptions,
  type Predictor,
  predict,
  score,
  scorePatterns,
  simulatePatterns,
  toOnnx,
} from "./evaluation/index.ts";
// What the trained model says about each sample
export { explain, type Report, report } from "./interactions/explain.ts";
export {
  explainTarget,
  flattenTarget,
  type TargetReport,
  type TargetSample,
  targetReport,
} from "./interactions/explain-target.ts";
export {
  type ForeignCalibration,
  type ForeignClass,
  type ForeignOptions,
  type ForeignPredictions,
  type ForeignReport,
  foreignBits,
  type Means,
  type Shapley,
} from "./interactions/foreign/index.ts";
export { type Cell, type SampleReport, sampleRow } from "./interactions/report.ts";
export type { GroupSummary, Summary } from "./interactions/summary.ts";
export {
  type Estimate,
  meanInterval,
  poolIntervals,
  poolMeanInterval,
  type SampleIntervals,
  sampleIntervals,
} from "./interactions/uncertainty.ts";
export { dmil } from "./methods/dmil/index.ts";
export { dmilPublished } from "./methods/dmil-published/index.ts";
export { ensemble } from "./methods/ensemble.ts";
export { methodFrom, methodNamed, methodNames, methods, resolveMethod } from "./methods/index.ts";
export { joint } from "./methods/joint.ts";
export {
  defineMethod,
  type Method,
  type MethodFactory,
  type Outputs,
  type Stage,
  type Terms,
} from "./methods/method.ts";
// Methods: what is trained
export { type Activation, type MlpOptions, mlp } from "./nn/mlp.ts";
export type { Module } from "./nn/module.ts";
// Training, prediction, files
export { type AdamOptions, adam, adamw, type Optimiser, type SgdOptions, sgd } from "./optim/index.ts";
// Interactions in data, before any model
export {
  type Quantified,
  type QuantifyOptions,
  type QuantifyTableOptions,
  quantify,
  quantifyPage,
  quantifyTable,
} from "./quantify/index.ts";
// Runs: training with a memory
export {
  encodeTable,
  type FinishedRun,
  type OpenRun,
  openRun,
  openTeacher,
  type Plan,
  parseSettings,
  planRun,
  type Row,
  type RunConfig,
  type RunOptions,
  type RunRecord,
  type RunResult,
  type RunStatus,
  type RunTeacher,
  readRecord,
  resumeRun,
  type Settings,
  startRun,
  type TrainingData,
  type Unfinished,
} from "./runs/index.ts";
export type { BackendName } from "./runtime/backend.ts";
export { type FitEvent, type FitOptions, fit, type TeacherOptions } from "./train/index.ts";
