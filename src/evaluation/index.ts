/** @file Public names of models: files, predictions, metrics, ONNX. */

export { toOnnx } from "./export.ts";
export { type Figures, figuresOf } from "./figures.ts";
export type { EpochRecord } from "./history.ts";
export { decodeModel, encodeModel, type Fitted } from "./model.ts";
export {
  figurePatterns,
  type PatternFigures,
  type PatternMetrics,
  scorePatterns,
  simulateFigures,
  simulatePatterns,
} from "./patterns.ts";
export {
  createPredictor,
  evaluate,
  type Metrics,
  type Predictions,
  type PredictOptions,
  type Predictor,
  predict,
  score,
} from "./predict.ts";
