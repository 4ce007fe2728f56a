/** @file What `quantify` finds: amounts with intervals, what permuted labels would show, and sentences about them. */
import type { Interval, SampleType } from "../../info/index.ts";
import type { Cell } from "../report.ts";

/** How atoms of features are split. "broja" couples posteriors, "cvx" clusters of features. */
export type FeatureMeasure = "broja" | "pmin" | "lsmi" | "cvx";
export const FEATURE_MEASURES: readonly FeatureMeasure[] = ["broja", "pmin", "lsmi", "cvx"];

/** How those of a table are: the measures of pid, "lsmi" being the discrete form of LSMI, specificity less ambiguity. */
export type TableMeasure = "broja" | "pmin" | "lsmi" | "imin" | "mmi" | "ccs" | "sx";
export const TABLE_MEASURES: readonly TableMeasure[] = ["broja", "pmin", "lsmi", "imin", "mmi", "ccs", "sx"];

/** How atoms of numbers are: "mmi" of one number, on which all measures agree for Gaussians, "gaussian" of one or several by covariances. */
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
  /** Above 0 and above the null: the interval does not reach LEAST and the value is larger than `null95`. */
  readonly real: boolean;
}

/** Bits below which a report shows 0: an amount that reads as 0 is not called real, nor is a difference. */
export const LEAST = 5e-4;

/** An amount is what it is, within its interval and beside its null. */
export function amountOf(value: number, lower: number, upper: number, null95: number): Amount {
  return { value, lower, upper, null95, real: lower >= LEAST && value > null95 };
}

/** The informations that hold each atom. */
const WITHIN = { R: ["I1", "I2"], U1: ["I1"], U2: ["I2"], S: ["I12"] } as const;

/**
 * Atoms of which none is called real that is part of an information that is not: signed measures balance a misleading source by
 * positive parts, which are no information.
 */
export function heldBy(
  atoms: Readonly<Record<AtomName, Amount>>,
  informations: Quantified["informations"],
): Record<AtomName, Amount> {
  const held = (atom: AtomName): boolean => WITHIN[atom].every((name) => informations[name].real);
  return Object.fromEntries(
    ATOMS.map((atom) => [atom, { ...atoms[atom], real: atoms[atom].real && held(atom) }]),
  ) as Record<AtomName, Amount>;
}

/** The atoms under one measure. */
export interface MeasuredAtoms {
  readonly measure: QuantifyMeasure;
  readonly atoms: Readonly<Record<AtomName, Amount>>;
  /** How it was computed, and what to keep in mind. */
  readonly notes: readonly string[];
  /** Numbers behind the notes, by name. */
  readonly details: Readonly<Record<string, number>>;
}

/** Means over the samples of a class, bits, with 95 % intervals; atoms are those of the pointwise minimum, may be negative. */
export interface ClassMeans extends Readonly<Record<ClassColumn, Interval>> {
  readonly name: string;
  readonly samples: number;
}
export const CLASS_COLUMNS = ["I1", "I2", "I12", "R", "U1", "U2", "S"] as const;
export type ClassColumn = (typeof CLASS_COLUMNS)[number];

/** Two sources and a target, quantified. */
export interface Quantified {
  /** From features by cross-fitted classifiers, of classes or of values, or from a table of counts. */
  readonly from: "features" | "values" | "table";
  readonly sources: readonly [string, string];
  readonly target: string;
  readonly samples: number;
  /** Empty for values. */
  readonly classes: readonly string[];
  /** H(Y), bits; 0 for values, which have no whole that could be told. */
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
  /** A row a sample. */
  readonly rows: readonly Readonly<Record<string, Cell>>[];
}
