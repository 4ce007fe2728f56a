/** @file Public names of the layers. */
export { type ConvInit, type ConvolutionOptions, convolution } from "./convolution.ts";
export { type Gaussian, gaussian, kl, klToStandard, sample } from "./gaussian.ts";
export { gru } from "./gru.ts";
export { flatten, type LinearInit, linear, linearOfEach, linearWith } from "./linear.ts";
export { crossEntropy, meanSquaredError, negativeLogLikelihood } from "./losses.ts";
export { type Activation, type MlpOptions, mlp, mlp2, type Norm } from "./mlp.ts";
export {
  initialState,
  type Module,
  type ModuleStage,
  type ParameterSpec,
  rootScope,
  type Scope,
  type Staged,
} from "./module.ts";
export { batchNorm, dropout, layerNorm } from "./norm.ts";
export { learned, sinusoidal } from "./positions.ts";
export { type Freeze, meanOfMaps, scaleChannels, stagedModule } from "./staged.ts";
export { firstStep, keyBias, lastStep, maxOfSteps, meanOfSteps, type Steps, stepsOf } from "./steps.ts";
export { type AttentionSettings, type BlockSettings, selfAttention, transformerBlock } from "./transformer.ts";
