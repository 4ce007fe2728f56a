/** @file Public names of computation graphs. */
export { type Expr, leaf, type OpRecord } from "./expr.ts";
export { grad, type Weighted } from "./grad.ts";
export { type Block, lower } from "./onnx/lower.ts";
export * from "./ops/index.ts";
