/** @file The report of one sample, and its flat form for tables. */
import { patternName } from "../data/presence.ts";

/** Bounds of an interval. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** One sample. Probabilities and gate shares are in [0, 1]; a gate share is a component's weight in the prediction, not its information. */
export interface SampleReport {
  readonly id: string;
  /** Class name; undefined for a sample without label. */
  readonly label: string | undefined;
  /** The modalities the sample has; left out where no sample of the data lacks any. */
  readonly present?: readonly string[];
  readonly prediction: string;
  /** Probability of each class, calibrated. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** Shares by component name, summing to 1: redundant, unique_<modality>, synergistic. Empty for methods without a gate. */
  readonly gate: Readonly<Record<string, number>>;
  /** Label-free information in bits: redundant, unique_<modality>, synergistic, and their sum, total. */
  readonly bits: Readonly<Record<string, number>>;
  /**
   * For a pool (`members`, two or more), by name as in `bits`: the 90 % prediction interval for the value of one more member.
   * docs/coverage.md gives how often it contains the true amount.
   */
  readonly intervals?: Readonly<Record<string, Interval>>;
  /** Information with the label, in bits; values are undefined where the label is missing, negative where the model was misled. */
  readonly labelBits: Readonly<Record<string, number | undefined>>;
  /** What each component alone predicts, with the probability of its own softmax. */
  readonly components: Readonly<Record<string, { readonly prediction: string; readonly probability: number }>>;
  /** What each modality alone predicts, with its calibrated probability. For a missing modality: the most frequent class. */
  readonly modalities: Readonly<Record<string, { readonly prediction: string; readonly probability: number }>>;
}

/** A cell of a table. */
export type Cell = string | number | undefined;

/**
 * The stable columns of a table of samples: `id`, `label`, `prediction`, `present` (as in `audio+face`; only where the data lacks
 * modalities), `p_<class>`, `gate_<component>`, `pred_<component>`, `pred_only_<modality>`, `bits_<component>`, `bits_total`, for pools
 * `bits_<component>_lower`, `bits_<component>_upper` (also of the total), `label_bits_<component>`, `label_bits_total`. Components are
 * `redundant`, `unique_<modality>`, `synergistic`. Gate shares are shares of a prediction; bits are information.
 */
export function sampleRow(sample: SampleReport): Record<string, Cell> {
  const row: Record<string, Cell> = { id: sample.id, label: sample.label, prediction: sample.prediction };
  if (sample.present !== undefined) row.present = patternName(sample.present);
  for (const [name, p] of Object.entries(sample.probabilities)) row[`p_${name}`] = p;
  for (const [name, share] of Object.entries(sample.gate)) row[`gate_${name}`] = share;
  for (const [name, { prediction }] of Object.entries(sample.components)) row[`pred_${name}`] = prediction;
  for (const [name, { prediction }] of Object.entries(sample.modalities)) row[`pred_only_${name}`] = prediction;
  for (const [name, value] of Object.entries(sample.bits)) row[`bits_${name}`] = value;
  for (const [name, { lower, upper }] of Object.entries(sample.intervals ?? {})) {
    row[`bits_${name}_lower`] = lower;
    row[`bits_${name}_upper`] = upper;
  }
  for (const [name, value] of Object.entries(sample.labelBits)) row[`label_bits_${name}`] = value;
  return row;
}
