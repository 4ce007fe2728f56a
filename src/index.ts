/** @file `dmil`: the table of contents. One block for each section, in the order in which a project needs them. */

// Errors, arrays, folders

export { DmilError, type ErrorCode, type ErrorFields } from "./core/errors.ts";
export { type Folder, memoryFolder } from "./core/folder.ts";
export { float32, type State, type Tensor, tensor } from "./core/tensor.ts";

// Data: from files or arrays to checked splits

export { checkSplits, type DataReport } from "./data/check.ts";
export {
  type DataSplits,
  type Dataset,
  type Inputs,
  SPLITS,
  type SplitName,
  selectModalities,
  type Target,
  type TargetKind,
  takeRows,
} from "./data/dataset.ts";
export { foldSplits as folds } from "./data/folds.ts";
export { type InputOptions, inputsOf, readInputs } from "./data/inputs.ts";
export { type LoadedData, type LoadOptions, loadDataset, readDataset } from "./data/load.ts";
export { hideModalities } from "./data/presence.ts";
export { type SplitOptions, splitBy } from "./data/split.ts";
export { classesOf, classTarget, labelsOf } from "./data/target.ts";
export { writeDataset } from "./data/write.ts";

// Synthetic data whose interactions are known

export { interactionMixture, type MixtureOptions } from "./data/synthetic/mixture.ts";
export { type QuadOptions, quadMixture } from "./data/synthetic/quad.ts";
export { type SceneKind, type ScenesOptions, scenes as syntheticScenes } from "./data/synthetic/scenes.ts";
export { type SumsOptions, sums as syntheticSums } from "./data/synthetic/sums.ts";

// Interactions in data, before any model

export {
  type Quantified,
  type QuantifyOptions,
  type QuantifyTableOptions,
  quantify,
  quantifyPage,
  quantifyTable,
} from "./quantify/index.ts";

// Encoders of modalities, and how their values are normalised

export { readWeights, type Weights } from "./data/formats/weights.ts";
export { type PoolOptions, pool } from "./encoders/pool.ts";
export { withWeights } from "./encoders/published/convert.ts";
export type { NameMap, PatchSizes, PublishedNames } from "./encoders/published/names.ts";
export { resnetNames } from "./encoders/published/resnet.ts";
export { vitNames } from "./encoders/published/vit.ts";
export type { Normalize, NormalizeSetting } from "./modalities/modality.ts";
export { type Activation, type MlpOptions, mlp } from "./nn/mlp.ts";
export type { Module, WeightsRecord } from "./nn/module.ts";

// Methods: `ogm({ encoders, embedding: 32 })`. Authors of methods find more in `dmil/methods`

export { agm } from "./methods/agm.ts";
export { defineMethod, type MethodFactory, type MethodRecord } from "./methods/define.ts";
export { dmil } from "./methods/dmil/index.ts";
export { dmilPublished } from "./methods/dmil-published/index.ts";
export { ensemble } from "./methods/ensemble.ts";
export { fcl } from "./methods/fcl/index.ts";
export { fe } from "./methods/fe.ts";
export { greedy } from "./methods/greedy.ts";
export { i2m2 } from "./methods/i2m2.ts";
export { i2moe } from "./methods/i2moe.ts";
export { methodFrom, methodNamed, methodNames, methods, resolveMethod } from "./methods/index.ts";
export { joint } from "./methods/joint.ts";
export { mcr } from "./methods/mcr/index.ts";
export type { Method, Outputs, Stage, Terms } from "./methods/method.ts";
export { mlb } from "./methods/mlb.ts";
export { mmib } from "./methods/mmib.ts";
export { mmml } from "./methods/mmml.ts";
export { mmpareto } from "./methods/mmpareto.ts";
export { mmtm } from "./methods/mmtm.ts";
export { ogm } from "./methods/ogm.ts";
export { pmr } from "./methods/pmr.ts";
export { qmf } from "./methods/qmf.ts";
export { reconboost } from "./methods/reconboost.ts";
export { unimodal } from "./methods/unimodal.ts";

// Training

export { type AdamOptions, adam, adamw, type Optimiser, type SgdOptions, sgd } from "./optim/index.ts";
export type { BackendName } from "./runtime/backend.ts";
export {
  type FindLearningRateOptions,
  type FitEvent,
  type FitOptions,
  type FoundLearningRate,
  findLearningRate,
  fit,
  type TeacherOptions,
} from "./train/index.ts";

// Predictions, metrics, model files

export {
  type Answer,
  answersOf,
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

// What each modality contributed, sample by sample

export { explain, type Report, report } from "./interactions/explain.ts";
export {
  explainTarget,
  flattenTarget,
  type TargetReport,
  type TargetSample,
  targetReport,
} from "./interactions/explain-target.ts";
export { type SampleReport, sampleRow } from "./interactions/report.ts";
export type { GroupSummary, Summary } from "./interactions/summary.ts";
export {
  type Estimate,
  meanInterval,
  poolIntervals,
  poolMeanInterval,
  type SampleIntervals,
  sampleIntervals,
} from "./interactions/uncertainty.ts";

// The same for predictions of other programs

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

// Runs: folders that keep settings, checkpoints, models and tables

export {
  type EncoderWeightsOptions,
  encoderWeights,
  encodeTable,
  type FinishedRun,
  loadModel,
  type OpenModel,
  type OpenRun,
  type OpenWeights,
  openModel,
  openRun,
  openTeacher,
  type Plan as RunPlan,
  parseSettings,
  planRun,
  type RunConfig,
  type RunOptions,
  type RunRecord,
  type RunResult,
  type RunStatus,
  type RunTeacher,
  readRecord,
  readWeightFiles,
  resumeRun,
  type Settings as RunSettings,
  saveModel,
  startRun,
  type TrainingData,
  type Unfinished,
  weightsThrough,
} from "./runs/index.ts";

// Experiments: many runs under one protocol, and their comparison; the names of the commands

export type { Comparison, MethodResult, Setting } from "./experiments/compare/compare.ts";
export { readSweep, type Sweep } from "./experiments/compare/read.ts";
export { type ComparedSweeps, compare } from "./experiments/compare.ts";
export type { SweepEntry } from "./experiments/entry.ts";
export { type Executor, inProcess, type JobHooks } from "./experiments/executor.ts";
export type { Experiment, ExperimentInput } from "./experiments/experiment.ts";
export { type JobInputs, type JobKind, type JobResults, type Places, runJob } from "./experiments/job.ts";
export { type RecoverOptions, type Recovery, recover } from "./experiments/recover.ts";
export type { ExperimentEvent, ExperimentOptions } from "./experiments/run-jobs.ts";
export { type SweepOptions, type SweepResult, sweep } from "./experiments/sweep.ts";
export { type Tuned, type TuneOptions, tune } from "./experiments/tune.ts";
