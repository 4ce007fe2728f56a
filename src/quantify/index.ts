/** @file Quantifying interactions before any model is chosen: public names in reading order. */

export { crossFolds, type Fold } from "../data/folds.ts";
export { type QuantifyOptions, quantify } from "./features.ts";
export { quantifyPage } from "./page.ts";
export {
  type Amount,
  ATOMS,
  type AtomName,
  CLASS_COLUMNS,
  type ClassMeans,
  FEATURE_MEASURES,
  type FeatureMeasure,
  type MeasuredAtoms,
  type Quantified,
  type QuantifyMeasure,
  TABLE_MEASURES,
  type TableMeasure,
  VALUE_MEASURES,
  type ValueMeasure,
} from "./result.ts";
export { joinSources, pooled, type SourceChoice, sourcePairs } from "./sources.ts";
export { type QuantifyTableOptions, quantifyTable, type SymbolColumns } from "./table.ts";
