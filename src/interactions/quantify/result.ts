/** @file What `quantify` finds: amounts with intervals, what permuted labels would show, and sentences about them. */
import type { SampleType } from "../../info/index.ts";
import type { Cell } from "../report.ts";

/** How the atoms are split. On features "broja" couples posteriors, "cvx" clusters of features. */
export type QuantifyMeasure = "broja" | "pmin" | "lsmi" | "cvx";
export const QUANTIFY_MEASURES: readonly QuantifyMeasure[] = ["broja", "pmin", "lsmi", "cvx"];

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
  /** Above 0 and above the null: the interval does not reach 0 and the value is larger than `null95`. */
  readonly real: boolean;
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

/** Means over the samples of a class, bits; atoms are those of the pointwise minimum and may be negative. */
export interface ClassMeans {
  readonly name: string;
  readonly samples: number;
  readonly I1: number;
  readonly I2: number;
  readonly I12: number;
  readonly R: number;
  readonly U1: number;
  readonly U2: number;
  readonly S: number;
}

/** Two sources and a target, quantified. */
export interface Quantified {
  /** From features by cross-fitted classifiers, or from a table of counts. */
  readonly from: "features" | "table";
  readonly sources: readonly [string, string];
  readonly target: string;
  readonly samples: number;
  readonly classes: readonly string[];
  /** H(Y), bits. */
  readonly entropy: number;
  readonly informations: Readonly<Record<"I1" | "I2" | "I12", Amount>>;
  /** S - R = I12 - I1 - I2, the same under every measure. */
  readonly balance: Omit<Amount, "null95" | "real">;
  readonly measures: readonly MeasuredAtoms[];
  readonly byClass: readonly ClassMeans[];
  /** Share of samples by type, under the pointwise minimum. */
  readonly types: Readonly<Partial<Record<SampleType, number>>>;
  readonly findings: readonly string[];
  readonly warnings: readonly string[];
  /** A row a sample. */
  readonly rows: readonly Readonly<Record<string, Cell>>[];
}
