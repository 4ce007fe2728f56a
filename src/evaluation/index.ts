/** @file Public names of models: files, predictions, metrics, ONNX. */

export type { Answer } from "../targets/target.ts";
export { answersOf } from "./answers.ts";
export { exportOnnx, toOnnx } from "./export.ts";
export type { EpochRecord } from "./history.ts";
export { decodeModel, encodeModel, type Fitted } from "./model.ts";
export { type PatternMetrics, scorePatterns, simulatePatterns } from "./patterns.ts";
export { createPredictor, type Predictions, type PredictOptions, type Predictor, predict } from "./predict.ts";
export { evaluate, type Metrics, score } from "./score.ts";
