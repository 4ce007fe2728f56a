/** @file Result types of `quantify`: amounts with intervals and the level of permuted labels, and findings in sentences. */
import type { Interval, SampleType } from "../info/index.ts";
import type { Cell } from "../interactions/report.ts";

/** Measures of features. "broja" couples posteriors, "cvx" clusters of features. */
export type FeatureMeasure = "broja" | "pmin" | "lsmi" | "cvx";
export const FEATURE_MEASURES: readonly FeatureMeasure[] = ["broja", "pmin", "lsmi", "cvx"];

/** Measures of tables: those of `pid`; "lsmi" is the discrete form of LSMI, specificity minus ambiguity. */
export type TableMeasure = "broja" | "pmin" | "lsmi" | "imin" | "mmi" | "ccs" | "sx";
export const TABLE_MEASURES: readonly TableMeasure[] = ["broja", "pmin", "lsmi", "imin", "mmi", "ccs", "sx"];

/** Measures of numeric targets: "mmi" for one number, on which all measures agree for Gaussians; "gaussian" for one or several, from covariances. */
export type ValueMeasure = "mmi" | "gaussian";
export const VALUE_MEASURES: readonly ValueMeasure[] = ["mmi", "gaussian"];

export type QuantifyMeasure = FeatureMeasure | TableMeasure | ValueMeasure;

/** The four parts, in the order of reports. */
export const ATOMS = ["R", "U1", "U2", "S"] as const;
export type AtomName = (typeof ATOMS)[number];

/** An amount of information, bits. */
export interface Amount {
  readonly value: number;
  /** 95 % interval. */
  readonly lower: number;
  readonly upper: number;
  /** 95 % of runs without any information would show less than this. */
  readonly null95: number;
  /** Significantly above 0 and above the null: `lower` >= `MIN_BITS` and `value` > `null95`. */
  readonly real: boolean;
}

/** Smaller amounts, in bits, are printed as 0: an amount or difference that is printed as 0 is not called real. */
export const MIN_BITS = 5e-4;

/** An amount from its value, interval and null; computes `real`. */
export function amountOf(value: number, lower: number, upper: number, null95: number): Amount {
  return { value, lower, upper, null95, real: lower >= MIN_BITS && value > null95 };
}

/** The informations that contain each atom. */
const WITHIN = { R: ["I1", "I2"], U1: ["I1"], U2: ["I2"], S: ["I12"] } as const;

/**
 * Sets `real` to false for atoms that are part of an information that is not real: signed measures balance a misleading source by
 * positive atoms, which are not information.
 */
export function heldBy(
  atoms: Readonly<Record<AtomName, Amount>>,
  informations: Quantified["informations"],
): Record<AtomName, Amount> {
  const isInformative = (atom: AtomName): boolean => WITHIN[atom].every((name) => informations[name].real);
  return Object.fromEntries(
    ATOMS.map((atom) => [atom, { ...atoms[atom], real: atoms[atom].real && isInformative(atom) }]),
  ) as Record<AtomName, Amount>;
}

/** The atoms under one measure. */
export interface MeasuredAtoms {
  readonly measure: QuantifyMeasure;
  readonly atoms: Readonly<Record<AtomName, Amount>>;
  /** How it was computed, and its limits. */
  readonly notes: readonly string[];
  /** The numbers of the notes, by name. */
  readonly details: Readonly<Record<string, number>>;
}

/** Means over the samples of a class, bits, with 95 % intervals; atoms are those of the pointwise minimum and may be negative. */
export interface ClassMeans extends Readonly<Record<ClassColumn, Interval>> {
  readonly name: string;
  readonly samples: number;
}
export const CLASS_COLUMNS = ["I1", "I2", "I12", "R", "U1", "U2", "S"] as const;
type ClassColumn = (typeof CLASS_COLUMNS)[number];

/** Two sources and a target, quantified. */
export interface Quantified {
  /** From features by cross-fitted classifiers, of classes or of values, or from a table of counts. */
  readonly from: "features" | "values" | "table";
  readonly sources: readonly [string, string];
  readonly target: string;
  readonly samples: number;
  /** Empty for values. */
  readonly classes: readonly string[];
  /** H(Y), bits; 0 for values, whose information has no such upper bound. */
  readonly entropy: number;
  readonly informations: Readonly<Record<"I1" | "I2" | "I12", Amount>>;
  /** S - R = I12 - I1 - I2, the same under every measure. */
  readonly balance: Pick<Amount, "value" | "lower" | "upper">;
  readonly measures: readonly MeasuredAtoms[];
  readonly byClass: readonly ClassMeans[];
  /** Share of samples by type, under the pointwise minimum. */
  readonly types: Readonly<Partial<Record<SampleType, number>>>;
  readonly findings: readonly string[];
  readonly warnings: readonly string[];
  /** One row per sample. */
  readonly rows: readonly Readonly<Record<string, Cell>>[];
}
