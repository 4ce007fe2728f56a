/** @file The report of one sample, of any kind of target, and its flat form for tables. */
import { patternName } from "../data/presence.ts";
import type { Truth } from "../targets/target.ts";

/** Bounds of an interval. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** What the whole model, one component or one modality predicts for a sample: a class, or labels or values by name. */
export interface ReportedPrediction {
  /** The class; absent for labels and values. */
  readonly prediction?: string;
  /** The probability of that class; absent for labels and values. */
  readonly probability?: number;
  /** By name: of labels the probability of yes, of values the number in the data's unit; absent for classes. */
  readonly values?: Readonly<Record<string, number>>;
}

/**
 * One sample: its truth (`label` of classes, else `target`), its prediction, and what each part contributed. Probabilities and gate shares
 * are in [0, 1]; a gate share is a component's weight in the prediction, not its information.
 */
export interface SampleReport extends Truth, ReportedPrediction {
  readonly id: string;
  /** The modalities the sample has; left out where no sample of the data lacks any. */
  readonly present?: readonly string[];
  /** Probability of each class, calibrated; empty for labels and values. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** Shares by component name, summing to 1: redundant, unique_<modality>, synergistic. Empty for methods without a gate. */
  readonly gate: Readonly<Record<string, number>>;
  /**
   * Label-free information in bits: redundant, unique_<modality>, synergistic, and their sum, total. Only `multiclass` targets have bits,
   * for other kinds it is empty: bits of several labels do not add up, and values are trained with squared errors, not probabilities.
   */
  readonly bits: Readonly<Record<string, number>>;
  /**
   * For a pool (`members`, two or more), by name as in `bits`: the 90 % prediction interval for the value of one more member.
   * docs/coverage.md gives how often it contains the true amount.
   */
  readonly intervals?: Readonly<Record<string, Interval>>;
  /** Information with the label, in bits; values are undefined where the label is missing, negative where the model was misled. */
  readonly labelBits: Readonly<Record<string, number | undefined>>;
  /** What each component alone predicts; a class with the probability of the component's own softmax. */
  readonly components: Readonly<Record<string, ReportedPrediction>>;
  /** What each modality alone predicts, calibrated. For a missing modality: the most frequent class, the share of yes, or the mean of the training data. */
  readonly modalities: Readonly<Record<string, ReportedPrediction>>;
}

/** A cell of a table. */
export type Cell = string | number | undefined;

/**
 * The stable columns of a table of samples: `id`; for classes `label`, `prediction`, for labels and values `target_<name>`; `present` (as in
 * `audio+face`; only where the data lacks modalities); `p_<class>` or `prediction_<name>`; `gate_<component>`; `pred_<component>` and
 * `pred_only_<modality>`, for labels and values with `_<name>`; where there are bits `bits_<component>`, `bits_total`, for pools
 * `bits_<component>_lower`, `bits_<component>_upper` (also of the total), `label_bits_<component>`, `label_bits_total`. Components are
 * `redundant`, `unique_<modality>`, `synergistic`. Gate shares are shares of a prediction; bits are information.
 */
export function sampleRow(sample: SampleReport): Record<string, Cell> {
  const row: Record<string, Cell> = { id: sample.id };
  const put = (prefix: string, cells: Readonly<Record<string, Cell>> = {}): void => {
    for (const [name, cell] of Object.entries(cells)) row[`${prefix}_${name}`] = cell;
  };
  const putPredictions = (prefix: string, parts: SampleReport["components"]): void => {
    for (const [name, { prediction, values }] of Object.entries(parts)) {
      if (prediction !== undefined) row[`${prefix}_${name}`] = prediction;
      put(`${prefix}_${name}`, values);
    }
  };
  if (sample.prediction !== undefined) {
    row.label = sample.label;
    row.prediction = sample.prediction;
  }
  put("target", sample.target);
  if (sample.present !== undefined) row.present = patternName(sample.present);
  put("p", sample.probabilities);
  put("prediction", sample.values);
  put("gate", sample.gate);
  putPredictions("pred", sample.components);
  putPredictions("pred_only", sample.modalities);
  put("bits", sample.bits);
  for (const [name, { lower, upper }] of Object.entries(sample.intervals ?? {})) put(`bits_${name}`, { lower, upper });
  put("label_bits", sample.labelBits);
  return row;
}
