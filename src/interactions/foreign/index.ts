/** @file Bits of predictions that any model made: public names in reading order. */

export { foreignBits } from "./bits.ts";
export { type Answering, answering, type ModelOptions } from "./model.ts";
export { type TableOptions, type TablePredictions, tablePredictions } from "./predictions.ts";
export { REMOVALS, type Removal, type RemovalOptions, removalOf, withoutModalities } from "./removal.ts";
export type {
  ForeignCalibration,
  ForeignClass,
  ForeignOptions,
  ForeignPredictions,
  ForeignReport,
  Means,
  Shapley,
} from "./result.ts";
export { type PredictionTable, readTable, requireTableName } from "./table.ts";
export { componentLabel } from "./verdicts.ts";
