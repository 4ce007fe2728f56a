/** @file The information toolkit: public names, by subject. Everything is in bits unless asked otherwise. */
// biome-ignore-all assist/source/organizeImports: the sections are in reading order

// Tables: counts and probabilities of symbols.
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
export { encode } from "./encode.ts";
export { type SampleOptions, sampleRows } from "./sample.ts";
export type { Unit, UnitOption } from "./options.ts";

// Entropy and mutual information of tables.
export {
  type Axes,
  conditionalEntropy,
  conditionalMutualInformation,
  entropy,
  type InformationTerms,
  informationTerms,
  mutualInformation,
} from "./entropy.ts";

// Partial information decomposition of tables: redundant, unique and synergistic atoms.
export type { Atoms } from "./sources.ts";
export { PID_MEASURES, type PidMeasure, type PidOptions, type PidResult, pid } from "./pid.ts";
export {
  type BrojaMethod,
  type BrojaOptions,
  type BrojaResult,
  broja,
  brojaLaw,
  type Certificate,
} from "./broja/broja.ts";
export {
  POINTWISE_MEASURES,
  type PointwiseMeasure,
  type PointwiseOptions,
  type PointwiseTable,
  pointwise,
} from "./measures/pointwise.ts";
export { PID3_NODES, type Pid3Measure, type Pid3Result, pid3 } from "./lattice3.ts";
export { type MaxentOptions, type MaxentResult, maxent } from "./maxent.ts";
export { type SynergyBound, synergyBound } from "./synergy-bound.ts";

// The best accuracy and log-loss that models of a kind can reach on a table.
export {
  type AdditiveOptimum,
  additiveOptimum,
  type BayesAccuracy,
  bayesAccuracy,
  connectedInformation,
} from "./accuracy.ts";
export { type BestAdditive, bestAdditiveAccuracy } from "./additive-best.ts";

// Inference from finite samples: bias, null distributions, bootstrap, intervals.
export {
  type BiasMethod,
  type BiasOptions,
  type CorrectedAtoms,
  correctedAtoms,
  millerMadow,
  rowsFor,
} from "./bias.ts";
export {
  connectedTest,
  type ExcessTest,
  type NullOptions,
  type NullValue,
  permutationNull,
  type SynergyTest,
  synergyTest,
} from "./null-tests.ts";
export { type BootstrapOptions, type BootstrapResult, type BootstrapValue, bootstrap } from "./bootstrap.ts";
export { type Interval, type IntervalOptions, meanIntervals } from "./intervals.ts";

// Gaussian sources: closed forms and estimates.
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

// Mutual information of continuous features: neighbours, densities, classifiers.
export type { Features } from "./features.ts";
export { miKsg, miKsgContinuous, type NeighbourEstimate, type NeighbourOptions } from "./neighbours.ts";
export { KNIFE_ROWS, type KnifeEstimate, type KnifeOptions, miKnife } from "./mi-knife.ts";
export { type ClassifierEstimate, miClassifier } from "./mi-classifier.ts";
export { type Density, type DensityOptions, fitDensity, surprisal } from "./density.ts";
export { fitWhitener, type Whitener, whiten } from "./whiten.ts";
export { rowSpace } from "./row-space.ts";
export { assignClusters, type KMeans, type KMeansOptions, kMeans } from "./kmeans.ts";

// Decompositions from predictions: of single samples, and of all of them.
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
export { SAMPLE_TYPES, type SampleType, type TypeNull, typeNull, typeSamples } from "./typing.ts";
export {
  type BatchEstimate,
  type BatchOptions,
  type BatchTerms,
  batchEstimate,
  mmiEstimate,
  type SplitIntervals,
} from "./batch.ts";
export { type CvxEstimate, type CvxOptions, type CvxTable, cvxEstimate, cvxTable } from "./cvx.ts";
export type { Estimates, Informations } from "./estimates.ts";
export type { PosteriorRedundancy } from "./posterior.ts";
export {
  type IndicatorOptions,
  type PredictedClasses,
  type SynergyIndicator,
  synergyIndicator,
} from "./synergy-indicator.ts";

// Tables and rows whose decomposition is known.
export { erasures, GATES, type GateName, type LogicGate, logicGate } from "./truth/gates.ts";
export {
  BLOCKS,
  type Block,
  type BlockName,
  type BlockOptions,
  type BlockRows,
  block,
  blockRows,
} from "./truth/blocks.ts";
export { type GaussianClassRows, gaussianClassRows } from "./truth/gaussian-classes.ts";
export {
  type Cue,
  type MixtureRows,
  mixture,
  mixtureRows,
  TYPES,
  type TypeMixture,
  type TypeMixtureOptions,
} from "./truth/mixture.ts";
