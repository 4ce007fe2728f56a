/** @file Public names of the layers. */
export { type Gaussian, gaussian, kl, klToStandard, sample } from "./gaussian.ts";
export { flatten, linear, linearOfEach } from "./linear.ts";
export { crossEntropy, meanSquaredError, negativeLogLikelihood } from "./losses.ts";
export { type Activation, type MlpOptions, mlp, mlp2, type Norm } from "./mlp.ts";
export { initialState, type Module, type ParameterSpec, rootScope, type Scope } from "./module.ts";
export { batchNorm, dropout, layerNorm } from "./norm.ts";
