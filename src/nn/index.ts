/** @file Public names of the layers. */
export { type Gaussian, gaussian, kl, klToStandard, sample } from "./gaussian.ts";
export { linear } from "./linear.ts";
export { crossEntropy, meanSquaredError, negativeLogLikelihood } from "./losses.ts";
export { type Activation, type MlpOptions, mlp, mlp2 } from "./mlp.ts";
export { initialState, type Module, type ParameterSpec, rootScope, type Scope } from "./module.ts";
export { dropout, layerNorm } from "./norm.ts";
