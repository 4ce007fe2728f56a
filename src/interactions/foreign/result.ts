/** @file Input and result types of `foreignBits`: predictions of any model under sets of modalities, and their report. */
import type { Interval } from "../../info/index.ts";
import type { EvidenceScaling } from "../../targets/calibrate.ts";
import type { Cell } from "../report.ts";

/** Predictions of one model, or of several, for N samples and K classes. */
export interface ForeignPredictions {
  /** [K] */
  readonly classes: readonly string[];
  /** Log-probabilities [N, K], nats, by set of modalities, as in `audio` and `audio+face`. Each single modality and the full set are needed. */
  readonly sets: Readonly<Record<string, Float64Array>>;
  /** [N]; row numbers when left out. */
  readonly ids?: readonly string[];
  /** [N], 0..K-1, -1 where unknown; without any label nothing is calibrated. */
  readonly labels?: Int32Array;
  /** [N]; samples of a group stay in one fold, and are resampled together for intervals. */
  readonly groups?: readonly string[];
  /** [N]: 1 for rows that fit the calibration, 0 for rows that are evaluated. Left out: calibration is cross-fitted and all rows are evaluated. */
  readonly fitted?: Uint8Array;
}

export interface ForeignOptions {
  readonly seed: number;
  /** Number of folds of the cross-fit; 5. */
  readonly folds?: number;
}

/** Means by component: redundant, unique_<modality>, synergistic, and their sum, total. */
export type Means = Readonly<Record<string, Interval>>;

/** Shapley indices by set of modalities, as in `audio` (its Shapley value) and `audio+face` (their interaction), bits. */
export interface Shapley {
  /** Of the log-probability of the class that all modalities together predict. */
  readonly predicted: Means;
  /** Of the log-probability of the label: the mean is the reduction of log-loss. */
  readonly label?: Means;
}

/** Means over the samples of one class. */
export interface ForeignClass {
  readonly name: string;
  readonly samples: number;
  readonly bits: Means;
  readonly labelBits?: Means;
}

/** How probabilities were calibrated. */
export interface ForeignCalibration {
  /** "cross-fitted": each row by a fit to other rows; "rows": fitted to rows that are not evaluated; "none": there are no labels. */
  readonly how: "cross-fitted" | "rows" | "none";
  /** Number of labelled rows that it was fitted to. */
  readonly rows: number;
  /** By set: the scaling of a fit to all those rows. */
  readonly scalings: Readonly<Record<string, EvidenceScaling>>;
  /** Prior probability by class. */
  readonly prior: Readonly<Record<string, number>>;
}

export interface ForeignReport {
  readonly modalities: readonly string[];
  readonly classes: readonly string[];
  readonly samples: number;
  readonly labelled: number;
  readonly calibration: ForeignCalibration;
  /** Accuracy by set; absent without labels. */
  readonly accuracy?: Readonly<Record<string, number>>;
  /** Mean label-free information by component, bits. */
  readonly bits: Means;
  /** Mean information with the label (realised) by component, bits, over labelled samples. */
  readonly labelBits?: Means;
  /** Mean label-free information by set of modalities, bits. */
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
  /** One row per sample. */
  readonly rows: readonly Readonly<Record<string, Cell>>[];
}
