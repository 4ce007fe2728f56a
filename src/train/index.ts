/** @file Public names of training. */

export { files } from "./checkpoint.ts";
export type { EpochRecord, FitEvent } from "./events.ts";
export { toOnnx } from "./export.ts";
export { type Figures, figuresOf } from "./figures.ts";
export { fit } from "./fit.ts";
export { decodeModel, encodeModel, type Fitted } from "./model.ts";
export {
  figurePatterns,
  type PatternFigures,
  type PatternMetrics,
  scorePatterns,
  simulateFigures,
  simulatePatterns,
} from "./patterns.ts";
export type { FitOptions } from "./plan.ts";
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
export type { TeacherOptions } from "./teacher.ts";
