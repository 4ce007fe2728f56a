/** @file Quantifying interactions before any model is chosen: public names in reading order. */

export { type QuantifyOptions, quantify } from "./features.ts";
export { crossFolds, type Fold } from "./folds.ts";
export { quantifyPage } from "./page.ts";
export {
  type Amount,
  ATOMS,
  type AtomName,
  type ClassMeans,
  type MeasuredAtoms,
  QUANTIFY_MEASURES,
  type Quantified,
  type QuantifyMeasure,
} from "./result.ts";
export { joinSources, pooled, type SourceChoice, sourcePairs } from "./sources.ts";
export { type QuantifyTableOptions, quantifyTable, type SymbolColumns } from "./table.ts";
