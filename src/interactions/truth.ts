/** @file Compares predictions with data whose truth is known: identified components, errors of bits, leakage. Source: ours. */

import { dataError } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import type { Dataset } from "../data/dataset.ts";
import { classesOf, labelsOf } from "../data/target.ts";
import type { Predictions } from "../evaluation/predict.ts";
import type { Calibration } from "../targets/calibrate.ts";
import { argmaxRows, logSoftmaxRows } from "../targets/metrics.ts";
import { bitsOf, labelBits, labelFreeBits, type SampleAtoms } from "./bits.ts";

/** Means by true type, and over `all` samples; types without samples are left out. */
export type ByType<T = number> = Readonly<Record<string, T>>;

/** The same statistic from label-free bits, and from bits with the label. */
interface BothWays<T> {
  readonly labelFree: T;
  readonly withLabel: T;
}

/** Error of bits, in bits per atom. */
interface BitError {
  /** Mean over samples and atoms of the absolute error; absent where atoms are known for the distribution only. */
  readonly samples?: number;
  /** Mean over atoms of the absolute error of the mean over samples. */
  readonly set: number;
}

/** The prediction of one component alone. Its information about samples of other types is leakage. */
interface ComponentTruth {
  readonly accuracy: ByType;
  /** Mean gate share. */
  readonly gate: ByType;
  /** Mean information of its prediction about the class, in bits; component logits are not calibrated. */
  readonly information: BothWays<ByType>;
}

/** Samples whose label-free bits fall in one bin. With true probabilities both means agree. */
interface ReliabilityBin {
  readonly samples: number;
  /** Mean label-free bits. */
  readonly predicted: number;
  /** Mean bits with the label. */
  readonly realised: number;
}

/** A model's predictions compared with the truth. Shares in [0, 1], information in bits. */
export interface TruthMetrics {
  readonly samples: number;
  /** Components in order: redundant, unique_<modality>, synergistic. */
  readonly components: readonly string[];
  /** log2 K. */
  readonly unit: number;
  readonly accuracy: ByType;
  /** Mean atoms, by type. */
  readonly bits: BothWays<ByType<Readonly<Record<string, number>>>>;
  /** Share of samples whose largest atom is their true type; absent where samples have no single type. */
  readonly identified?: BothWays<number>;
  /** Samples by true type and by largest atom. */
  readonly confusion?: BothWays<ByType<Readonly<Record<string, number>>>>;
  /** Absent where true bits are not known. */
  readonly error?: BothWays<BitError>;
  /** Share of samples with every atom within half a bit of its true value. */
  readonly within?: BothWays<number>;
  /** By component of the model: its prediction alone; empty for methods that have none. */
  readonly own: Readonly<Record<string, ComponentTruth>>;
  /** Share of samples whose largest gate is their true type. */
  readonly gateIdentified?: number;
  /** Bins of equal width over 0 .. log2 K, by atom and for `total`. */
  readonly reliability: Readonly<Record<string, readonly ReliabilityBin[]>>;
}

/** Options of `truthMetrics`. */
interface TruthOptions {
  /** True mean information of the distribution, by component: for data without true bits per sample. */
  readonly means?: Readonly<Record<string, number>> | undefined;
  /** Number of bins of `reliability`; 10. */
  readonly bins?: number;
}

const ALL = "all";

/** Names of the components over modalities: redundant, unique_<modality>, synergistic. */
function componentsOver(modalities: readonly string[]): string[] {
  return ["redundant", ...modalities.map((name) => `unique_${name}`), "synergistic"];
}

/**
 * Compares predictions for a labelled data set with its truth.
 * @throws DataError when a sample has no label, or the truth names a component that the modalities do not have.
 */
export function truthMetrics(
  predictions: Pick<Predictions, "logits" | "unimodal"> & Partial<Predictions>,
  calibration: Calibration,
  dataset: Dataset,
  options: TruthOptions = {},
): TruthMetrics {
  const labels = labelsOf(dataset);
  const classes = classesOf(dataset);
  const { truth } = dataset;
  const K = classes.length;
  const unit = Math.log2(K);
  const components = componentsOver(Object.keys(predictions.unimodal));
  checkTruth(dataset, components);
  const groups = groupsOf(components, truth, labels.length);
  const byType = (values: ArrayLike<number>): ByType => means(groups, values);
  const correct = (logits: Float32Array): Float64Array =>
    Float64Array.from(argmaxRows(logits, K), (best, i) => Number(best === labels[i]));

  const atoms = bitsOf({ components: {}, ...predictions }, calibration, labels, dataset.present);
  const columns: BothWays<Float64Array[]> = {
    labelFree: columnsOf(atoms.labelFree),
    withLabel: columnsOf(atoms.withLabel),
  };
  const both = <T>(read: (values: readonly Float64Array[]) => T): BothWays<T> => ({
    labelFree: read(columns.labelFree),
    withLabel: read(columns.withLabel),
  });

  const prior = Float64Array.from(calibration.logPrior);
  const componentTruths = Object.entries(predictions.components ?? {}).map(([name, { logits, gate }]) => {
    const logs = logSoftmaxRows(logits, K);
    const alone: ComponentTruth = {
      accuracy: byType(correct(logits)),
      gate: byType(gate),
      information: {
        labelFree: byType(labelFreeBits(logs, prior)),
        withLabel: byType(labelBits(logs, prior, labels)),
      },
    };
    return [name, alone] as const;
  });
  const planted = plantedBits(dataset, components);
  const { means: trueMeans } = options;
  const law = trueMeans && components.map((component) => trueMeans[component] ?? 0);
  const gates = components.map(
    (name) => ownValue(predictions.components, name)?.gate ?? new Float32Array(labels.length),
  );
  const name = (values: readonly ArrayLike<number>[]) => largest(values, labels.length).map((c) => components[c]!);

  return {
    samples: labels.length,
    components,
    unit,
    accuracy: byType(correct(predictions.logits)),
    bits: both((values) => nested(groups, components, values)),
    ...(truth !== undefined && {
      identified: both((values) => agreement(name(values), truth)),
      confusion: both((values) => counts(components, name(values), truth)),
    }),
    ...((planted !== undefined || law !== undefined) && {
      error: both((values) => bitError(values, planted, law ?? [])),
    }),
    ...(planted !== undefined && {
      within: both((values) => withinHalf(values, planted)),
    }),
    own: Object.fromEntries(componentTruths),
    ...(truth !== undefined && componentTruths.length > 0 && { gateIdentified: agreement(name(gates), truth) }),
    reliability: Object.fromEntries(
      [...components, "total"].map((atom, c) => {
        const predicted = columns.labelFree[c] ?? atoms.labelFree.total;
        const realised = columns.withLabel[c] ?? atoms.withLabel.total;
        return [atom, bins(predicted, realised, unit, options.bins ?? 10)];
      }),
    ),
  };
}

function checkTruth(dataset: Dataset, components: readonly string[]): void {
  const { name, truth, truthBits } = dataset;
  const unlabelled = labelsOf(dataset).findIndex((label) => label < 0);
  if (unlabelled >= 0) {
    throw dataError(
      `the ${name} data has no label for row ${unlabelled}; the comparison with the truth needs every label.`,
    );
  }
  const unknown = [...new Set(truth), ...Object.keys(truthBits ?? {})].find((type) => !components.includes(type));
  if (unknown !== undefined) {
    throw dataError(
      `the truth of the ${name} data names "${unknown}"; the model's components are ${components.join(", ")}.`,
    );
  }
}

/** Rows by true type, `all` first. */
function groupsOf(
  components: readonly string[],
  truth: readonly string[] | undefined,
  n: number,
): Map<string, number[]> {
  const groups = new Map([[ALL, Array.from({ length: n }, (_, i) => i)]]);
  if (truth === undefined) return groups;
  for (const name of components) {
    const rows = truth.flatMap((type, i) => (type === name ? [i] : []));
    if (rows.length > 0) groups.set(name, rows);
  }
  return groups;
}

function means(groups: ReadonlyMap<string, readonly number[]>, values: ArrayLike<number>): Record<string, number> {
  return Object.fromEntries(
    [...groups].map(([type, rows]) => [type, rows.reduce((sum, i) => sum + values[i]!, 0) / rows.length]),
  );
}

/** Mean of every atom, by type. */
function nested(
  groups: ReadonlyMap<string, readonly number[]>,
  components: readonly string[],
  columns: readonly Float64Array[],
): Record<string, Record<string, number>> {
  const byAtom = columns.map((values) => means(groups, values));
  return Object.fromEntries(
    [...groups.keys()].map((type) => [
      type,
      Object.fromEntries(components.map((atom, c) => [atom, byAtom[c]![type]!])),
    ]),
  );
}

function columnsOf({ redundant, unique, synergistic }: SampleAtoms): Float64Array[] {
  return [redundant, ...Object.values(unique), synergistic];
}

/** True bits by component [C][N]; where samples have a type but no true bits, log2 K for that type. */
function plantedBits(
  { truth, truthBits, size, target }: Dataset,
  components: readonly string[],
): ArrayLike<number>[] | undefined {
  const zeros = new Float32Array(size);
  if (truthBits !== undefined) return components.map((name) => truthBits[name] ?? zeros);
  if (truth === undefined) return undefined;
  const unit = Math.log2(target.names.length);
  return components.map((name) => Float32Array.from(truth, (type) => (type === name ? unit : 0)));
}

/** Index of the largest column of each row (argmax); the first of ties. */
function largest(columns: readonly ArrayLike<number>[], n: number): number[] {
  return Array.from({ length: n }, (_, i) => {
    let best = 0;
    for (let c = 1; c < columns.length; c++) if (columns[c]![i]! > columns[best]![i]!) best = c;
    return best;
  });
}

function agreement(predicted: readonly string[], truth: readonly string[]): number {
  return truth.reduce((n, type, i) => n + Number(type === predicted[i]), 0) / truth.length;
}

function counts(
  components: readonly string[],
  predicted: readonly string[],
  truth: readonly string[],
): Record<string, Record<string, number>> {
  const types = components.filter((name) => truth.includes(name));
  const table = Object.fromEntries(types.map((type) => [type, Object.fromEntries(components.map((c) => [c, 0]))]));
  truth.forEach((type, i) => {
    table[type]![predicted[i]!]!++;
  });
  return table;
}

function bitError(
  columns: readonly Float64Array[],
  planted: readonly ArrayLike<number>[] | undefined,
  law: readonly number[],
): BitError {
  const n = columns[0]!.length;
  let samples = 0;
  let set = 0;
  columns.forEach((values, c) => {
    let [sum, trueSum] = [0, planted === undefined ? n * law[c]! : 0];
    for (let i = 0; i < n; i++) {
      sum += values[i]!;
      if (planted === undefined) continue;
      trueSum += planted[c]![i]!;
      samples += Math.abs(values[i]! - planted[c]![i]!);
    }
    set += Math.abs(sum - trueSum) / n;
  });
  const mean = set / columns.length;
  return planted === undefined ? { set: mean } : { samples: samples / n / columns.length, set: mean };
}

function withinHalf(columns: readonly Float64Array[], planted: readonly ArrayLike<number>[]): number {
  const n = columns[0]!.length;
  let near = 0;
  for (let i = 0; i < n; i++) {
    if (columns.every((values, c) => Math.abs(values[i]! - planted[c]![i]!) <= 0.5)) near++;
  }
  return near / n;
}

/** Values outside [0, top] are counted in the first or last bin; empty bins are left out. */
function bins(predicted: Float64Array, realised: Float64Array, top: number, count: number): ReliabilityBin[] {
  const sums = Array.from({ length: count }, () => ({ samples: 0, predicted: 0, realised: 0 }));
  for (let i = 0; i < predicted.length; i++) {
    const bin = sums[Math.max(0, Math.min(count - 1, Math.floor((predicted[i]! / top) * count)))]!;
    bin.samples++;
    bin.predicted += predicted[i]!;
    bin.realised += realised[i]!;
  }
  return sums
    .filter(({ samples }) => samples > 0)
    .map((bin) => ({
      samples: bin.samples,
      predicted: bin.predicted / bin.samples,
      realised: bin.realised / bin.samples,
    }));
}
