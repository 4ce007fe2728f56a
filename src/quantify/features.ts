/** @file Quantifies features: cross-fitted classifiers of two sources, then every requested measure on their out-of-fold terms. */

import { configError, dataError, hint, listing } from "../core/errors.ts";
import { checkOptions, type Keys } from "../core/keys.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Fold } from "../data/folds.ts";
import { classesOf } from "../data/target.ts";
import { atLeast } from "../info/batch.ts";
import {
  entropy,
  type Interval,
  lsmi,
  meanIntervals,
  pminScores,
  SAMPLE_TYPES,
  type SampleScores,
  type TypeNull,
  typeNull,
  typeSamples,
} from "../info/index.ts";
import { classMeans } from "./class-means.ts";
import type { Crossfit, CrossfitOptions } from "./crossfit.ts";
import { bits, findingsOf } from "./findings.ts";
import { fits, paced } from "./fits.ts";
import { gaussianAmounts } from "./gaussian.ts";
import { type Context, intervals, MEASURES, withNull } from "./measures.ts";
import { withinReach } from "./reach.ts";
import {
  type Amount,
  FEATURE_MEASURES,
  type FeatureMeasure,
  heldBy,
  type Quantified,
  type QuantifyMeasure,
  VALUE_MEASURES,
  type ValueMeasure,
} from "./result.ts";
import { type Asked, askedOf } from "./target.ts";
import { usableRows } from "./usable.ts";
import { valueAmounts } from "./values.ts";

/** Options of quantify. */
export interface QuantifyOptions extends Omit<CrossfitOptions, "density" | "logs" | "onFold"> {
  /** Left out: ["broja", "pmin"], for values "mmi". Findings start with the first. */
  readonly measures?: readonly (FeatureMeasure | ValueMeasure)[];
  /** The name of one of several labels or values; the only one when left out. */
  readonly target?: string;
  /** Number of folds, 5; or given folds, which must not hold out a row twice. */
  readonly folds?: number | readonly Fold[];
  /** Number of fits to permuted labels that estimate the null; 1. */
  readonly nulls?: number;
  /** The data's own split. When `folds` is a number, its held-out rows are also predicted by a fit to its training rows, and a warning says if these get fewer bits. */
  readonly ownSplit?: Fold;
  /** LSMI: shift per-sample scores so that no mean is negative. Raw means are always reported. */
  readonly project?: boolean;
  /** Called with the name of the running task and the overall progress, from 0 to 1. */
  readonly onProgress?: (what: string, share: number) => void;
}

const OPTION_KEYS: Keys<QuantifyOptions> = {
  seed: true,
  epochs: true,
  hidden: true,
  backend: true,
  threads: true,
  signal: true,
  measures: true,
  folds: true,
  nulls: true,
  ownSplit: true,
  project: true,
  target: true,
  onProgress: true,
};

/**
 * Redundant, unique and synergistic information, in bits, of a dataset's two modalities about its classes, one of its labels or a value,
 * with 95 % intervals and the level that permuted labels reach. Classifiers give lower bounds in expectation: weak ones underestimate.
 * Rows without a label, and of classes with fewer rows than folds, are left out with a warning; other warnings name reasons for doubt.
 * Source: ours.
 *
 * @throws DataError for fewer than 50 usable rows or a single class; ConfigError unless there are two modalities, or for unknown measures.
 * @example (await quantify(dataset, { seed: 0 })).findings
 */
export async function quantify(dataset: Dataset, options: QuantifyOptions): Promise<Quantified> {
  checkOptions("quantify", options, OPTION_KEYS);
  const { folds: foldsOption = 5, nulls = 1, project = false, seed } = options;
  const tell = paced(options.onProgress);
  if (options.measures?.includes("gaussian")) return byCovariance(dataset, options);
  const chosen = askedOf(dataset, options.target);
  const { measures: all, numbers } = measuresFor(chosen, options.measures);
  const names = requireTwo(dataset);
  const rows = usableRows(chosen.dataset, foldsOption, seed, options.ownSplit);
  const { folds, dataSplit, constant } = rows;
  const { usable } = rows;
  const size = { classes: classesOf(usable).length, rows: usable.size, fits: 1 + nulls };
  const { measures, warnings: unreached } = numbers ? { measures: all, warnings: [] } : withinReach(all, size);
  for (const warning of unreached) tell(warning, 0, true);
  const warnings = [...chosen.warnings, ...rows.warnings, ...unreached];
  if (constant.length > 0 && measures.includes("lsmi")) {
    throw dataError(
      `quantify: ${constant[0]} is constant, and lsmi needs a density of each source. Use broja or pmin, or leave ${constant[0]} out.`,
      { constant },
    );
  }
  const { terms, permuted, again } = await fits(
    usable,
    folds,
    dataSplit,
    { ...options, nulls },
    {
      density: measures.includes("lsmi"),
      logs: numbers || measures.includes("broja"),
      tell,
    },
  );
  tell("measures", 0.95, true);

  const groups = groupNumbers(usable, terms.rows);
  const context: Context = { usable, terms, permuted, groups, options: { seed, project } };
  const own12 = again === undefined ? [] : easier(context, again);
  if (numbers) {
    const { compared, ...estimates } = valueAmounts(context, Float64Array.from(usable.target.numbers!.data));
    const result = {
      from: "values" as const,
      sources: names as [string, string],
      target: chosen.name,
      samples: terms.rows.length,
      ...{ classes: [], entropy: 0, byClass: [], types: {} },
      ...estimates,
      warnings: [...warnings, ...own12],
    };
    return { ...result, findings: findingsOf(result) };
  }
  const { informations, balance } = amounts(context);
  warnings.push(...misled(names, informations), ...own12);
  const scores = pminScores(terms);
  const noise = typeNull(permuted.map(pminScores));
  const types = typeSamples(scores, noise);
  const result = {
    from: "features" as const,
    sources: names as [string, string],
    target: chosen.name,
    samples: terms.rows.length,
    classes: classesOf(usable),
    entropy: entropy(classesOf(usable).map((_, k) => terms.labels.reduce((n, label) => n + (label === k ? 1 : 0), 0))),
    informations,
    balance,
    measures: measures.map((measure, m) => {
      const onShare = (share: number): void => tell(measure, 0.95 + (0.05 * (m + share)) / measures.length);
      const result = MEASURES[measure]({ ...context, onShare });
      return { ...result, atoms: heldBy(result.atoms, informations) };
    }),
    byClass: classMeans(classesOf(usable), terms.labels, terms, scores, seed, groups),
    types: shares(types),
    warnings,
    rows: sampleRows(usable, terms, scores, noise, types, project),
  };
  return { ...result, findings: findingsOf(result) };
}

/** @throws ConfigError for other than two modalities. */
function requireTwo({ modalities }: Dataset): string[] {
  const names = Object.keys(modalities);
  if (names.length === 2) return names;
  throw configError(
    `quantify: the data has ${names.length} modalities (${listing(names)}); a decomposition needs exactly two sources.`,
  );
}

/** The measure "gaussian", which trains no classifiers and so cannot be combined with others. */
function byCovariance(dataset: Dataset, { measures = [], target, seed, nulls }: QuantifyOptions): Quantified {
  if (measures.length > 1) {
    throw configError(
      `quantify: gaussian estimates all amounts from covariances; use it alone, not with ${listing(measures.filter((name) => name !== "gaussian"))}.`,
      { measures },
    );
  }
  requireTwo(dataset);
  return gaussianAmounts(dataset, {
    seed,
    ...(target === undefined ? {} : { target }),
    ...(nulls === undefined ? {} : { nulls }),
  });
}

/** The requested measures, and whether the target is numeric. @throws ConfigError for a measure that is unknown or not for this target. */
function measuresFor(
  { values, name }: Asked,
  requested: readonly QuantifyMeasure[] | undefined,
): { measures: readonly FeatureMeasure[]; numbers: boolean } {
  const numeric = values !== undefined;
  const allowed: readonly QuantifyMeasure[] = numeric ? VALUE_MEASURES : FEATURE_MEASURES;
  for (const measure of requested ?? []) {
    if (allowed.includes(measure)) continue;
    const what = numeric ? `${name}, whose values are numbers` : "features";
    throw configError(`quantify: measure "${measure}" is not for ${what}${hint(measure, allowed)}`, { measure });
  }
  if (numeric) return { measures: [], numbers: numeric };
  return { measures: (requested as readonly FeatureMeasure[] | undefined) ?? ["broja", "pmin"], numbers: numeric };
}

/** I1, I2, I12 and S - R. */
function amounts(context: Context): Pick<Quantified, "informations" | "balance"> {
  const { terms, permuted } = context;
  const columns = (c: Crossfit): Float64Array[] => [c.i1, c.i2, c.i12];
  const [I1, I2, I12] = withNull(
    intervals(context, columns(terms)),
    permuted.map((c) => intervals(context, columns(c))),
  ) as [Amount, Amount, Amount];
  const [spread] = intervals(context, [terms.i12.map((v, i) => v - terms.i1[i]! - terms.i2[i]!)]) as [Interval];
  const floored = atLeast([I1.value, I2.value, I12.value]);
  const value = floored[2] - floored[0] - floored[1];
  return {
    informations: { I1, I2, I12 },
    balance: { value, lower: value + spread.lower - spread.value, upper: value + spread.upper - spread.value },
  };
}

/** Warnings about sources that predict worse than the prior. */
function misled(names: readonly string[], { I1, I2 }: Quantified["informations"]): string[] {
  return [I1, I2].flatMap(({ upper }, m) =>
    upper >= 0
      ? []
      : [
          `${names[m]} predicts held-out rows worse than the class frequencies do: these rows differ from the training rows. Its information counts as 0 in broja and in S - R.`,
        ],
  );
}

/** Minimum difference, in bits and as a share of I12, from which random folds are reported as easier than the data's own split. */
const EASIER_BITS = 0.05;
const EASIER_SHARE = 0.1;

/** A warning when random folds give more bits on the test rows than the data's own split, as when rows of one recording are similar. */
function easier({ usable, terms, options }: Context, ownSplit: Crossfit): string[] {
  const position = new Map([...terms.rows].map((row, i) => [row, i]));
  const i12 = Float64Array.from(ownSplit.rows, (row) => terms.i12[position.get(row)!]!);
  const groups = groupNumbers(usable, ownSplit.rows);
  const [random, split, difference] = meanIntervals([i12, ownSplit.i12, i12.map((v, i) => v - ownSplit.i12[i]!)], {
    seed: options.seed,
    rounds: 200,
    ...(groups === undefined ? {} : { groups }),
  }) as [Interval, Interval, Interval];
  if (difference.lower <= 0 || difference.value < Math.max(EASIER_BITS, EASIER_SHARE * random.value)) return [];
  return [
    `random folds give ${bits(random.value)} bit on the test rows, the data's own split ${bits(split.value)}: its splits differ more than random ones, as splits by hour or recording do, or features fitted to training labels. Use --folds own (in the library: folds) for claims about new data.`,
  ];
}

function shares(types: Uint8Array): Quantified["types"] {
  const count = (t: number): number => types.reduce((n, type) => n + (type === t ? 1 : 0), 0);
  return Object.fromEntries(SAMPLE_TYPES.map((name, t) => [name, count(t) / types.length]));
}

function groupNumbers({ groups }: Dataset, rows: Int32Array): Int32Array | undefined {
  if (groups === undefined) return undefined;
  const numbers = new Map([...new Set(groups)].map((name, i) => [name, i]));
  return Int32Array.from(rows, (row) => numbers.get(groups[row]!)!);
}

/** One row per sample, in the order of the data. */
function sampleRows(
  dataset: Dataset,
  terms: Crossfit,
  { r, u1, u2, s }: SampleScores,
  noise: TypeNull,
  types: Uint8Array,
  project: boolean,
): Quantified["rows"] {
  const { ids } = dataset;
  const classes = classesOf(dataset);
  const density = terms.density;
  const signed = density === undefined ? undefined : lsmi({ ...terms, ...density }, { project }).scores;
  const order = [...terms.rows.keys()].sort((a, b) => terms.rows[a]! - terms.rows[b]!);
  return order.map((i) => ({
    id: ids[terms.rows[i]!]!,
    label: classes[terms.labels[i]!],
    type: SAMPLE_TYPES[types[i]!],
    i1: terms.i1[i]!,
    i2: terms.i2[i]!,
    i12: terms.i12[i]!,
    r: r[i]!,
    u1: u1[i]!,
    u2: u2[i]!,
    s: s[i]!,
    r_above_null: r[i]! - noise.means[0]!,
    u1_above_null: u1[i]! - noise.means[1]!,
    u2_above_null: u2[i]! - noise.means[2]!,
    s_above_null: s[i]! - noise.means[3]!,
    ...(signed === undefined
      ? {}
      : { lsmi_r: signed.r[i]!, lsmi_u1: signed.u1[i]!, lsmi_u2: signed.u2[i]!, lsmi_s: signed.s[i]! }),
  }));
}
