/** @file What `foreignBits` gives back of predictions that any model made under sets of modalities. */
import type { Interval } from "../../info/index.ts";
import type { Scaling } from "../../train/calibrate.ts";
import type { Cell } from "../report.ts";

/** Predictions of one model, or of several, for N samples and K classes. */
export interface ForeignPredictions {
  /** [K] */
  readonly classes: readonly string[];
  /** Log-probabilities [N, K], nats, by the set of modalities they were made from, as in `audio` and `audio+face`: each single one, and all. */
  readonly sets: Readonly<Record<string, Float64Array>>;
  /** [N]; row numbers when left out. */
  readonly ids?: readonly string[];
  /** [N], 0..K-1, -1 where unknown; without any, nothing is calibrated. */
  readonly labels?: Int32Array;
  /** [N]; samples of a group stay in one fold, and are drawn together for intervals. */
  readonly groups?: readonly string[];
  /** One number a row: 1 for those that calibration is fitted on, 0 for those that are read. Left out, everything is cross-fitted, and all are read. */
  readonly fitted?: Uint8Array;
}

export interface ForeignOptions {
  readonly seed: number;
  /** Parts of the cross-fit; 5. */
  readonly folds?: number;
}

/** Means by component: redundant, unique_<modality>, synergistic, total; the first sum to the last. */
export type Means = Readonly<Record<string, Interval>>;

/** Indices of modalities by set, as in `audio` (its Shapley value) and `audio+face` (their interaction), bits. */
export interface Shapley {
  /** Of the log-probability of the class that all modalities together predict. */
  readonly predicted: Means;
  /** Of the log-probability of the label: its mean is the log-loss that modalities save. */
  readonly label?: Means;
}

/** Means over the samples of one class. */
export interface ForeignClass {
  readonly name: string;
  readonly samples: number;
  readonly bits: Means;
  readonly labelBits?: Means;
}

/** How probabilities were made ready to be read as such. */
export interface ForeignCalibration {
  /** "cross-fitted": each row by a fit to other rows; "rows": fitted to rows that are not read; "none": there are no labels. */
  readonly how: "cross-fitted" | "rows" | "none";
  /** Rows with a label that it was fitted to. */
  readonly rows: number;
  /** By set, of a fit to all those rows. */
  readonly scalings: Readonly<Record<string, Scaling>>;
  /** By class: what is known without any modality. */
  readonly prior: Readonly<Record<string, number>>;
}

export interface ForeignReport {
  readonly modalities: readonly string[];
  readonly classes: readonly string[];
  readonly samples: number;
  readonly labelled: number;
  readonly calibration: ForeignCalibration;
  /** Share predicted right, by set; absent without labels. */
  readonly accuracy?: Readonly<Record<string, number>>;
  /** Mean label-free information by component, bits. */
  readonly bits: Means;
  /** The same realised: with the label, over samples that have one. */
  readonly labelBits?: Means;
  /** Mean label-free information by set of modalities. */
  readonly informations: Means;
  /** Share of samples in which a component is the largest. */
  readonly largest: Readonly<Record<string, number>>;
  /** By label where there are labels, else by prediction. */
  readonly classesBy: "label" | "prediction";
  readonly byClass: readonly ForeignClass[];
  /** Absent where a set of modalities has no predictions. */
  readonly shapley?: Shapley;
  readonly verdicts: readonly string[];
  readonly notes: readonly string[];
  /** A row a sample. */
  readonly rows: readonly Readonly<Record<string, Cell>>[];
}
