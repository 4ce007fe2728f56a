/** @file Every operation, in reading order. The laws in the tests run over `allOps`. */
import { leafOp, type OpRecord } from "../expr.ts";
import { attentionOps } from "./attention.ts";
import { batchNormOps } from "./batch-norm.ts";
import { broadcastOps } from "./broadcast.ts";
import { constantOp } from "./constant.ts";
import { convolutionOps } from "./convolution.ts";
import { elementwiseOps } from "./elementwise.ts";
import { gatherOps } from "./gather.ts";
import { matmulOps } from "./matmul.ts";
import { movementOps } from "./movement.ts";
import { poolingOps } from "./pooling.ts";
import { reduceOps } from "./reduce.ts";
import { softmaxOps } from "./softmax.ts";
import { standardiseOps } from "./standardise.ts";

export { type AttentionOptions, attention, MASKED } from "./attention.ts";
export { type BatchNorm, batchNormalise } from "./batch-norm.ts";
export { type Axes, broadcastTo, sum } from "./broadcast.ts";
export { constant } from "./constant.ts";
export { type ConvOptions, conv } from "./convolution.ts";
export * from "./elementwise.ts";
export { embedding } from "./gather.ts";
export { type MatmulOptions, matmul } from "./matmul.ts";
export { at, concat, pad, reshape, slice, split, stack, transpose, unstack } from "./movement.ts";
export { type AveragePoolOptions, averagePool, type MaxPoolOptions, maxPool } from "./pooling.ts";
export { max, mean } from "./reduce.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { standardise } from "./standardise.ts";

export const allOps: readonly OpRecord[] = [
  leafOp,
  constantOp,
  ...elementwiseOps,
  ...broadcastOps,
  ...reduceOps,
  ...movementOps,
  ...matmulOps,
  ...softmaxOps,
  ...convolutionOps,
  ...poolingOps,
  ...batchNormOps,
  ...gatherOps,
  ...attentionOps,
  ...standardiseOps,
];
