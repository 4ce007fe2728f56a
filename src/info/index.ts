/** @file The information toolkit: public names. Everything is in bits unless asked otherwise. */

export {
  type AdditiveOptimum,
  additiveOptimum,
  type BayesAccuracy,
  bayesAccuracy,
  connectedInformation,
} from "./accuracy.ts";
export { type BestAdditive, bestAdditiveAccuracy } from "./additive-best.ts";
export {
  type BatchEstimate,
  type BatchOptions,
  type BatchTerms,
  batchEstimate,
  mmiEstimate,
  type SplitIntervals,
} from "./batch.ts";
export {
  type BiasMethod,
  type BiasOptions,
  type CorrectedAtoms,
  correctedAtoms,
  millerMadow,
  rowsFor,
} from "./bias.ts";
export { type BootstrapOptions, type BootstrapResult, type BootstrapValue, bootstrap } from "./bootstrap.ts";
export {
  type BrojaMethod,
  type BrojaOptions,
  type BrojaResult,
  broja,
  brojaLaw,
  type Certificate,
} from "./broja/broja.ts";
export { type CvxEstimate, type CvxOptions, type CvxTable, cvxEstimate, cvxTable } from "./cvx.ts";
export { type Density, type DensityOptions, fitDensity, surprisal } from "./density.ts";
export { encode } from "./encode.ts";
export {
  type Axes,
  conditionalEntropy,
  conditionalMutualInformation,
  entropy,
  type InformationTerms,
  informationTerms,
  mutualInformation,
} from "./entropy.ts";
export type { Estimates, Informations } from "./estimates.ts";
export type { Features } from "./features.ts";
export {
  type GaussianClasses,
  type GaussianClassesOptions,
  type GaussianTripleOptions,
  gaussianClasses,
  gaussianClassInformation,
  gaussianTriple,
} from "./gaussian.ts";
export type { CovarianceInput, GaussianRoles } from "./gaussian-covariance.ts";
export { type GaussianPid, type GaussianPidOptions, gaussianPid } from "./gaussian-pid.ts";
export {
  GAUSSIAN_AMOUNTS,
  type GaussianAmount,
  type GaussianEstimate,
  type GaussianEstimateOptions,
  gaussianEstimate,
} from "./gaussian-sample.ts";
export { type Interval, type IntervalOptions, meanIntervals } from "./intervals.ts";
export { assignClusters, type KMeans, type KMeansOptions, kMeans } from "./kmeans.ts";
export { PID3_NODES, type Pid3Measure, type Pid3Result, pid3 } from "./lattice3.ts";
export { type MaxentOptions, type MaxentResult, maxent } from "./maxent.ts";
export {
  POINTWISE_MEASURES,
  type PointwiseMeasure,
  type PointwiseOptions,
  type PointwiseTable,
  pointwise,
} from "./measures/pointwise.ts";
export { type ClassifierEstimate, miClassifier } from "./mi-classifier.ts";
export { KNIFE_ROWS, type KnifeEstimate, type KnifeOptions, miKnife } from "./mi-knife.ts";
export { miKsg, miKsgContinuous, type NeighbourEstimate, type NeighbourOptions } from "./neighbours.ts";
export {
  connectedTest,
  type ExcessTest,
  type NullOptions,
  type NullValue,
  permutationNull,
  type SynergyTest,
  synergyTest,
} from "./null-tests.ts";
export type { Unit, UnitOption } from "./options.ts";
export { PID_MEASURES, type PidMeasure, type PidOptions, type PidResult, pid } from "./pid.ts";
export type { PosteriorRedundancy } from "./posterior.ts";
export { rowSpace } from "./row-space.ts";
export { type SampleOptions, sampleRows } from "./sample.ts";
export {
  LEAST_LOG,
  type LsmiResult,
  type LsmiTerms,
  lsmi,
  meanScores,
  pminScores,
  pointwiseInformation,
  type SampleInformation,
  type SampleScores,
  unitSensitivity,
} from "./samplewise.ts";
export type { Atoms } from "./sources.ts";
export { type SynergyBound, synergyBound } from "./synergy-bound.ts";
export {
  type IndicatorOptions,
  type Predictions,
  type SynergyIndicator,
  synergyIndicator,
} from "./synergy-indicator.ts";
export {
  countTable,
  type FlatCells,
  jointTable,
  MAX_CELLS,
  marginal,
  type NestedCells,
  type Table,
  type TableInput,
} from "./table.ts";
export {
  BLOCKS,
  type Block,
  type BlockName,
  type BlockOptions,
  type BlockRows,
  block,
  blockRows,
} from "./truth/blocks.ts";
export { erasures, GATES, type Gate, type GateName, gate } from "./truth/gates.ts";
export { type GaussianClassRows, gaussianClassRows } from "./truth/gaussian-classes.ts";
export {
  type Cue,
  type Mixture,
  type MixtureOptions,
  type MixtureRows,
  mixture,
  mixtureRows,
  TYPES,
} from "./truth/mixture.ts";
export { SAMPLE_TYPES, type SampleType, type TypeNull, typeNull, typeSamples } from "./typing.ts";
export { fitWhitener, type Whitener, whiten } from "./whiten.ts";
