/** @file The metrics of the suite by name, with means and 95 % confidence intervals over seeds. */
import { meanOf } from "../../info/statistics/paired.ts";
import type { RecoveryResult } from "./job.ts";

/** Mean over seeds with the half-width of its 95 % interval (Student's t); NaN for one seed. */
export interface Measured {
  readonly mean: number;
  readonly interval: number;
  readonly seeds: number;
}

/** One metric of a result; undefined if the method or the data has none. */
export interface Metric {
  /** Description in one line. */
  readonly title: string;
  read(result: RecoveryResult): number | undefined;
}

/** The metrics of all tables. Bits are per sample; portions are bits divided by log2 K. */
export const METRICS: Readonly<Record<string, Metric>> = {
  accuracy: { title: "accuracy of the prediction", read: ({ metrics }) => metrics.accuracy.all },
  "behind-bayes": {
    title: "accuracy behind the exact posterior's, on the type where it is most",
    read: ({ metrics, ceiling }) =>
      Math.max(...Object.entries(ceiling.accuracy).map(([type, bayes]) => bayes - metrics.accuracy[type]!)),
  },
  identified: {
    title: "share of samples whose largest atom is the true type, label-free",
    read: ({ metrics }) => metrics.identified?.labelFree,
  },
  "identified-label": { title: "the same, with the label", read: ({ metrics }) => metrics.identified?.withLabel },
  "identified-worst": {
    title: "the label-free share on the type where it is least",
    read: ({ metrics: { confusion } }) =>
      confusion === undefined
        ? undefined
        : Math.min(
            ...Object.entries(confusion.labelFree).map(([type, found]) => {
              const all = Object.values(found).reduce((a, b) => a + b, 0);
              return found[type]! / all;
            }),
          ),
  },
  error: {
    title: "error per atom, mean over samples, label-free, as a portion of log2 K",
    read: ({ metrics: { error, unit } }) => portion(error?.labelFree.samples, unit),
  },
  "error-label": {
    title: "the same, with the label",
    read: ({ metrics: { error, unit } }) => portion(error?.withLabel.samples, unit),
  },
  "error-set": {
    title: "error per atom of the mean over the set, with the label, as a portion of log2 K",
    read: ({ metrics: { error, unit } }) => portion(error?.withLabel.set, unit),
  },
  gate: {
    title: "share of samples whose largest gate is the true type",
    read: ({ metrics }) => metrics.gateIdentified,
  },
  "leak-synergy": {
    title:
      "own information of the synergistic component on redundant and unique samples, the most, as a portion of log2 K",
    read: ({ metrics }) => ownOn(metrics, "synergistic", (type) => type !== "synergistic"),
  },
  "leak-unique": {
    title: "own information of a unique component on samples unique to another modality, the most, as a portion",
    read: ({ metrics }) => {
      const unique = metrics.components.filter((name) => name.startsWith("unique_"));
      const values = unique.flatMap((name) => {
        const leak = ownOn(metrics, name, (type) => type.startsWith("unique_") && type !== name);
        return leak === undefined ? [] : [leak];
      });
      return values.length === 0 ? undefined : Math.max(...values);
    },
  },
  "synergy-kept": {
    title: "own information of the synergistic component on synergistic samples, as a portion of log2 K",
    read: ({ metrics }) => ownOn(metrics, "synergistic", (type) => type === "synergistic"),
  },
  "behind-ceiling": {
    title: "identified with the label, behind the exact posterior's",
    read: ({ metrics, ceiling }) =>
      metrics.identified === undefined ? undefined : ceiling.identified!.withLabel - metrics.identified.withLabel,
  },
  "behind-naming": {
    title: "identified label-free, behind the ceiling's",
    read: ({ metrics, ceiling }) =>
      metrics.identified === undefined ? undefined : ceiling.identified!.labelFree - metrics.identified.labelFree,
  },
  "ceiling-off": {
    title: "distance of a sample's atoms from the ceiling's, label-free, mean over samples and atoms, in bits",
    read: ({ against: { distance } }) => {
      const { total: _, ...atoms } = distance;
      const values = Object.values(atoms);
      return values.reduce((a, b) => a + b, 0) / values.length;
    },
  },
  "absent-synergy": {
    title: "mean synergistic bits above the exact posterior's on the type without synergy where it is most, label-free",
    read: ({ against: { means } }) => {
      const others = Object.entries(means).filter(([type]) => type !== "all" && type !== "synergistic");
      if (others.length === 0) return undefined;
      return Math.max(...others.map(([, { found, ceiling }]) => found.synergistic! - ceiling.synergistic!));
    },
  },
  sets: {
    title: "share of synergistic samples whose set of modalities is named, from predictions with the others hidden",
    read: ({ sets }) => sets?.found.named,
  },
  "sets-behind": {
    title: "the same, behind the exact posterior's",
    read: ({ sets }) => (sets === undefined ? undefined : sets.ceiling.named - sets.found.named),
  },
  "means-off": {
    title: "mean atoms with the label, against the exact posterior's: the largest difference in bits",
    read: ({ metrics, ceiling }) => meansOff(metrics.bits.withLabel, ceiling.bits.withLabel),
  },
  "means-off-free": {
    title: "the same, label-free",
    read: ({ metrics, ceiling }) => meansOff(metrics.bits.labelFree, ceiling.bits.labelFree),
  },
  "absent-atoms": {
    title: "the largest mean of an atom that no sample holds, in bits, label-free",
    read: ({ metrics, job }) => {
      if (job.case !== "noise") return undefined;
      const { redundant, unique_b, synergistic } = metrics.bits.labelFree.all!;
      return Math.max(redundant!, unique_b!, Math.abs(synergistic!));
    },
  },
};

/** Largest difference of mean atoms over all samples, in bits. */
function meansOff({ all: found }: AtomsByType, { all: exact }: AtomsByType): number {
  return Math.max(...Object.keys(exact!).map((atom) => Math.abs(found![atom]! - exact![atom]!)));
}
type AtomsByType = RecoveryResult["metrics"]["bits"]["withLabel"];

function portion(bits: number | undefined, unit: number): number | undefined {
  return bits === undefined ? undefined : bits / unit;
}

/** Largest label-free information of a single component over the true types selected by `matters`, divided by log2 K. */
function ownOn(
  { own, unit }: RecoveryResult["metrics"],
  component: string,
  matters: (type: string) => boolean,
): number | undefined {
  const information = own[component]?.information.labelFree;
  if (information === undefined) return undefined;
  const values = Object.entries(information).flatMap(([type, bits]) =>
    type !== "all" && matters(type) ? [bits / unit] : [],
  );
  return values.length === 0 ? undefined : Math.max(...values);
}

/** Mean and interval of values with one value per seed. */
export function measured(values: readonly number[]): Measured {
  const { n, mean, upper } = meanOf(values);
  return { mean, interval: upper - mean, seeds: n };
}

/** A metric over results; undefined if no result has it. */
export function measure(metric: Metric, results: readonly RecoveryResult[]): Measured | undefined {
  const values = results.flatMap((result) => {
    const value = metric.read(result);
    return value === undefined ? [] : [value];
  });
  return values.length === 0 ? undefined : measured(values);
}

/** Results of one case and one method. */
export interface Cell {
  readonly case: string;
  readonly method: string;
  readonly results: readonly RecoveryResult[];
}

/** Results by case and method, in input order. */
export function cells(results: readonly RecoveryResult[]): Cell[] {
  const groups = new Map<string, RecoveryResult[]>();
  for (const result of results) {
    const key = `${result.job.case}\n${result.job.method}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].map((own) => ({ case: own[0]!.job.case, method: own[0]!.job.method, results: own }));
}

/** Formats `.997 ± .002`, or `.997` for one seed; empty if there is no value. */
export function meanText(value: Measured | undefined, digits = 3): string {
  if (value === undefined || Number.isNaN(value.mean)) return "";
  const mean = value.mean.toFixed(digits);
  return Number.isNaN(value.interval) ? mean : `${mean} ± ${value.interval.toFixed(digits)}`;
}
