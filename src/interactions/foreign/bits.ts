/** @file Per-sample R, U and S in bits from any model's predictions under sets of modalities, and Shapley indices for comparison. */
import { dataError, listing, shapeError } from "../../core/errors.ts";
import { checkOptions } from "../../core/keys.ts";
import { rowIds } from "../../data/dataset.ts";
import { type Interval, type IntervalOptions, meanIntervals } from "../../info/intervals.ts";
import { apply, shapleyWeights } from "../../info/shapley.ts";
import { argmaxRows } from "../../targets/metrics.ts";
import { atoms, bitColumns } from "../bits.ts";
import type { Cell } from "../report.ts";
import { type Calibrated, calibrateSets } from "./calibration.ts";
import type { ForeignOptions, ForeignPredictions, ForeignReport, Means, Shapley } from "./result.ts";
import { maskOf, requireSeveral, setMasks, setName, wholeMask } from "./sets.ts";
import { verdictsOf } from "./verdicts.ts";

/** One number per sample, by name. */
type Columns = Readonly<Record<string, Float64Array>>;

/**
 * Calibrates predictions made under sets of modalities and splits their information: redundant, unique and synergistic bits of every
 * sample (as defined by `atoms`), means with 95 % intervals, overall and by class, and conclusions in words. No network is trained.
 *
 * @throws DataError for fewer than two modalities, missing sets, or too few labels; ShapeError for arrays of mismatched lengths.
 * @example foreignBits({ classes, sets: { audio, face, "audio+face": both }, labels }, { seed: 0 }).verdicts
 */
export function foreignBits(predictions: ForeignPredictions, options: ForeignOptions): ForeignReport {
  checkOptions<ForeignOptions>("foreignBits", options, { seed: true, folds: true });
  const { classes } = predictions;
  const modalities = Object.keys(predictions.sets).filter((name) => !name.includes("+"));
  const n = checkSets(predictions, modalities);
  const { sets, whole } = inOrder(predictions.sets, modalities);
  const labels = predictions.labels ?? new Int32Array(n).fill(-1);
  const { seed, folds = 5 } = options;
  const calibrated = calibrateSets({ ...predictions, sets }, labels, whole, { seed, folds });
  const { rows, logs, priors } = calibrated;
  const K = classes.length;
  const y = Int32Array.from(rows, (row) => labels[row]!);
  const predicted = argmaxRows(logs[whole]!, K);
  const groups = predictions.groups && groupNumbers(rows.map((row) => predictions.groups![row]!));
  const meansOf = (columns: Columns, subset?: readonly number[]): Means =>
    means(columns, subset, { seed, ...(groups && { groups }), ...(calibrated.folds && { folds: calibrated.folds }) });

  const free = mapValues(logs, (set) => freeBits(set, priors, K));
  const split = splitUp(free, modalities, whole);
  const bits = meansOf(split);
  const labelled = [...y.keys()].filter((i) => y[i]! >= 0);
  const realised = mapValues(logs, (set) => bitsOfClass(set, priors, K, y));
  const withLabel = labelled.length === 0 ? undefined : splitUp(realised, modalities, whole);
  const labelBits = withLabel && meansOf(withLabel, labelled);
  const names = Object.keys(split).slice(0, -1);
  const largest = rows.map((_, i) => names.reduce((a, b) => (split[b]![i]! > split[a]![i]! ? b : a)));
  const indices = shapleyOf(calibrated, modalities, K, predicted);
  const labelIndices = labelled.length === 0 ? undefined : shapleyOf(calibrated, modalities, K, y);
  const shapley: Shapley | undefined = indices && {
    predicted: meansOf(indices),
    ...(labelIndices && { label: meansOf(labelIndices, labelled) }),
  };
  const classesBy = labelled.length > 0 ? "label" : "prediction";
  const rowClasses = classesBy === "label" ? y : predicted;
  const byClass = classes.flatMap((name, k) => {
    const members = [...rowClasses.keys()].filter((i) => rowClasses[i] === k);
    if (members.length === 0) return [];
    const labelMeans = withLabel && { labelBits: meansOf(withLabel, members) };
    return [{ name, samples: members.length, bits: meansOf(split, members), ...labelMeans }];
  });
  const ids = predictions.ids ?? rowIds(n);
  const [firstLead, gap] = lead(split, names, meansOf);
  const report = {
    modalities,
    classes,
    samples: rows.length,
    labelled: labelled.length,
    calibration: calibrated.calibration,
    ...(labelled.length > 0 && { accuracy: mapValues(logs, (set) => share(argmaxRows(set, K), y, labelled)) }),
    bits,
    ...(labelBits && { labelBits }),
    informations: meansOf(free),
    largest: Object.fromEntries(
      names.map((name) => [name, largest.filter((atom) => atom === name).length / rows.length]),
    ),
    classesBy,
    byClass,
    ...(shapley && { shapley }),
    notes: [...calibrated.notes, ...missingNote(modalities, sets)],
    rows: rows.map(
      (row, i): Readonly<Record<string, Cell>> => ({
        id: ids[row]!,
        label: y[i]! < 0 ? undefined : classes[y[i]!]!,
        prediction: classes[predicted[i]!]!,
        ...Object.fromEntries(classes.map((name, k) => [`p_${name}`, Math.exp(logs[whole]![i * K + k]!)])),
        ...prefixed("bits_", split, i),
        ...prefixed("label_bits_", withLabel, i),
        largest: largest[i]!,
        ...prefixed("shapley_", indices, i),
        ...prefixed("label_shapley_", labelIndices, i),
      }),
    ),
  } as const;
  return { ...report, verdicts: verdictsOf(report, firstLead, gap) };
}

/** The number of samples. @throws as foreignBits. */
function checkSets(
  { sets, classes, labels, ids, groups, fitted }: ForeignPredictions,
  modalities: readonly string[],
): number {
  requireSeveral(modalities, "foreignBits");
  const K = classes.length;
  if (K < 2) throw dataError(`foreignBits: ${K} classes; two or more are needed.`, { classes });
  const n = sets[modalities[0]!]!.length / K;
  if (!Number.isInteger(n) || n === 0) {
    throw shapeError(`foreignBits: ${n * K} numbers of ${modalities[0]} cannot be split into rows of ${K} classes.`);
  }
  const lengths = { labels, ids, groups, fitted };
  for (const [name, values] of Object.entries(lengths)) {
    if (values !== undefined && values.length !== n) {
      throw shapeError(`foreignBits: ${values.length} ${name} for ${n} samples; one per sample is needed.`);
    }
  }
  for (const [name, values] of Object.entries(sets)) {
    if (values.length !== n * K) {
      throw shapeError(
        `foreignBits: ${values.length} numbers of ${name}, but ${n * K} of ${modalities[0]}; every set must be [N, K].`,
      );
    }
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw dataError(
        `foreignBits: ${name}, row ${Math.floor(bad / K)} is ${values[bad]}; log-probabilities must be finite.`,
      );
    }
    if (maskOf(modalities, name) === undefined) {
      throw dataError(
        `foreignBits: the set "${name}" is not a combination of ${listing(modalities)}, which have predictions of their own.`,
      );
    }
  }
  const bad = labels?.findIndex((label) => label < -1 || label >= K) ?? -1;
  if (bad >= 0) throw dataError(`foreignBits: row ${bad} has the label ${labels![bad]}; allowed: -1 to ${K - 1}.`);
  return n;
}

/** Sets with their modalities in order, and the name of the full set. @throws DataError when the full set has no predictions. */
function inOrder(
  sets: ForeignPredictions["sets"],
  modalities: readonly string[],
): { readonly sets: ForeignPredictions["sets"]; readonly whole: string } {
  const byMask = new Map(Object.entries(sets).map(([name, values]) => [maskOf(modalities, name)!, values]));
  const whole = setName(modalities, wholeMask(modalities));
  if (!byMask.has(wholeMask(modalities))) {
    throw dataError(`foreignBits: predictions from all modalities together (${whole}) are missing.`, { whole });
  }
  const masks = setMasks(modalities).filter((mask) => byMask.has(mask));
  return { sets: Object.fromEntries(masks.map((mask) => [setName(modalities, mask), byMask.get(mask)!])), whole };
}

/** KL from the prior of each row, bits, [rows]: as labelFreeBits, but every fold has its own prior. */
function freeBits(logs: Float64Array, priors: Float64Array, K: number): Float64Array {
  const out = new Float64Array(logs.length / K);
  logs.forEach((log, i) => {
    out[Math.floor(i / K)]! += (Math.exp(log) * (log - priors[i]!)) / Math.LN2;
  });
  return out;
}

/** Pointwise information log2 p(class given the set) - log2 p(class), [rows]; NaN where the class is unknown. */
function bitsOfClass(logs: Float64Array, priors: Float64Array, K: number, classes: Int32Array): Float64Array {
  return Float64Array.from(classes, (k, i) =>
    k < 0 ? Number.NaN : (logs[i * K + k]! - priors[i * K + k]!) / Math.LN2,
  );
}

/** Information by set -> atoms by component, with the total last. */
function splitUp(informations: Columns, modalities: readonly string[], whole: string): Columns {
  const alone = Object.fromEntries(modalities.map((name) => [name, informations[name]!]));
  return bitColumns(atoms(informations[whole]!, alone));
}

/** Shapley indices by set and sample of v(S) = log2 p(class given S), where v({}) = log2 p(class); undefined where a set is missing. */
function shapleyOf(
  { logs, priors, rows }: Calibrated,
  modalities: readonly string[],
  K: number,
  classes: Int32Array,
): Columns | undefined {
  const size = 2 ** modalities.length;
  const masks = setMasks(modalities);
  const sets = new Map(masks.map((mask) => [mask, logs[setName(modalities, mask)]]));
  if ([...sets.values()].includes(undefined)) return undefined;
  const weights = shapleyWeights(modalities.length);
  const columns = Object.fromEntries(masks.map((mask) => [setName(modalities, mask), new Float64Array(rows.length)]));
  const values = new Float64Array(size);
  rows.forEach((_, i) => {
    const at = i * K + classes[i]!;
    values.fill(classes[i]! < 0 ? Number.NaN : 0);
    // Subtracting the prior from every v(S) is allowed: indices depend on differences only.
    if (classes[i]! >= 0) for (const [mask, log] of sets) values[mask] = (log![at]! - priors[at]!) / Math.LN2;
    const indices = apply(weights, values);
    for (const mask of masks) columns[setName(modalities, mask)]![i] = indices[mask]!;
  });
  return columns;
}

function missingNote(modalities: readonly string[], sets: ForeignPredictions["sets"]): string[] {
  const missing = setMasks(modalities).flatMap((mask) => {
    const name = setName(modalities, mask);
    return Object.hasOwn(sets, name) ? [] : [name];
  });
  if (missing.length === 0) return [];
  return [
    `no Shapley values: they need predictions under every set of modalities, and ${listing(missing)} ${missing.length === 1 ? "is" : "are"} missing.`,
  ];
}

/** The component with the largest mean, and its lead over the second largest. */
function lead(
  columns: Columns,
  names: readonly string[],
  meansOf: (columns: Columns) => Means,
): readonly [string, Interval] {
  const mean = (name: string): number => columns[name]!.reduce((a, b) => a + b, 0);
  const [first, second] = [...names].sort((a, b) => mean(b) - mean(a)) as [string, string];
  const ahead = columns[first]!.map((value, i) => value - columns[second]![i]!);
  return [first, meansOf({ ahead }).ahead!];
}

function means(columns: Columns, rows: readonly number[] | undefined, options: IntervalOptions): Means {
  const { seed, groups, folds } = options;
  const numbers = (column: ArrayLike<number>): Float64Array =>
    rows === undefined ? Float64Array.from(column) : Float64Array.from(rows, (i) => column[i]!);
  const intervals = meanIntervals(Object.values(columns).map(numbers), {
    seed,
    ...(groups && { groups: numbers(groups) }),
    ...(folds && { folds: numbers(folds) }),
  });
  return Object.fromEntries(Object.keys(columns).map((name, i) => [name, intervals[i]!]));
}

function groupNumbers(names: readonly string[]): Int32Array {
  const numbers = new Map([...new Set(names)].map((name, i) => [name, i]));
  return Int32Array.from(names, (name) => numbers.get(name)!);
}

function share(predicted: Int32Array, labels: Int32Array, rows: readonly number[]): number {
  return rows.filter((i) => predicted[i] === labels[i]).length / rows.length;
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** The numbers of sample i under names with a prefix; none where there are no columns. */
function prefixed(prefix: string, columns: Columns | undefined, i: number): Record<string, Cell> {
  return Object.fromEntries(
    Object.entries(columns ?? {}).map(([name, values]) => [
      `${prefix}${name}`,
      Number.isNaN(values[i]!) ? undefined : values[i]!,
    ]),
  );
}
