/** @file Quantify features: cross-fitted classifiers for two sources, then every measure asked for on their out-of-fold terms. */
import { configError, dataError, hint, listing } from "../../core/errors.ts";
import { checkOptions, type Keys } from "../../core/keys.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Fold } from "../../data/folds.ts";
import { atLeast } from "../../info/batch.ts";
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
} from "../../info/index.ts";
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
  /** ["broja", "pmin"] when left out, "mmi" for values; the first leads the findings. */
  readonly measures?: readonly (FeatureMeasure | ValueMeasure)[];
  /** Which of several labels or values; the only one when left out. */
  readonly target?: string;
  /** K of the cross-fit, 5; or folds of one's own, which must hold out no row twice. */
  readonly folds?: number | readonly Fold[];
  /** Fits to permuted labels that make the null; 1. */
  readonly nulls?: number;
  /** The data's own split: with `folds` a number, rows that it holds out are read by it too, and a warning says if that is harder. */
  readonly ownSplit?: Fold;
  /** LSMI: shift per-sample scores so that no mean is negative. Raw means are always told. */
  readonly project?: boolean;
  /** Told what is under way and how far it is, from 0 to 1. */
  readonly onProgress?: (what: string, share: number) => void;
}

const KNOWN: Keys<QuantifyOptions> = {
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
 * Redundant, unique and synergistic information of a dataset's two modalities about its classes, one of its labels or a value, with 95 % intervals and the level
 * that permuted labels reach; bits. Classifiers give lower bounds in expectation: weak ones understate. Rows without a label and
 * rows of classes with fewer rows than folds are left out, with a warning; other warnings tell what makes the numbers doubtful. Source: ours.
 *
 * @throws DataError for fewer than 50 usable rows or one class; ConfigError for other than two modalities, unknown measures.
 * @example (await quantify(dataset, { seed: 0 })).findings
 */
export async function quantify(dataset: Dataset, options: QuantifyOptions): Promise<Quantified> {
  checkOptions("quantify", options, KNOWN);
  const { folds: wished = 5, nulls = 1, project = false, seed } = options;
  const tell = paced(options.onProgress);
  if (options.measures?.includes("gaussian")) return byCovariance(dataset, options);
  const asked = askedOf(dataset, options.target);
  const { measures: all, numbers } = measuresFor(asked, options.measures);
  const names = requireTwo(dataset);
  const {
    usable: whole,
    folds,
    own,
    constant,
    warnings: odd,
  } = usableRows(asked.dataset, wished, seed, options.ownSplit);
  const { target: ridingAlong, ...usable } = whole;
  const size = { classes: usable.classes.length, rows: usable.labels.length, fits: 1 + nulls };
  const { measures, warnings: unreached } = numbers ? { measures: all, warnings: [] } : withinReach(all, size);
  for (const warning of unreached) tell(warning, 0, true);
  const warnings = [...asked.warnings, ...odd, ...unreached];
  if (constant.length > 0 && measures.includes("lsmi")) {
    throw dataError(
      `quantify: ${constant[0]} is constant, and lsmi needs a density of each source. Use broja or pmin, or leave ${constant[0]} out.`,
      { constant },
    );
  }
  const { terms, permuted, again } = await fits(
    usable,
    folds,
    own,
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
    const { compared, ...told } = valueAmounts(context, Float64Array.from(ridingAlong!.values.data));
    const result = {
      from: "values" as const,
      sources: names as [string, string],
      target: asked.name,
      samples: terms.rows.length,
      ...{ classes: [], entropy: 0, byClass: [], types: {} },
      ...told,
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
    target: asked.name,
    samples: terms.rows.length,
    classes: usable.classes,
    entropy: entropy(usable.classes.map((_, k) => terms.labels.reduce((n, label) => n + (label === k ? 1 : 0), 0))),
    informations,
    balance,
    measures: measures.map((measure, m) => {
      const onShare = (share: number): void => tell(measure, 0.95 + (0.05 * (m + share)) / measures.length);
      const own = MEASURES[measure]({ ...context, onShare });
      return { ...own, atoms: heldBy(own.atoms, informations) };
    }),
    byClass: classMeans(usable.classes, terms.labels, terms, scores, seed, groups),
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
    `quantify: the data has ${names.length} modalities (${listing(names)}); a decomposition has two sources.`,
  );
}

/** The measure "gaussian", which trains nothing and so goes with no other. */
function byCovariance(dataset: Dataset, { measures = [], target, seed, nulls }: QuantifyOptions): Quantified {
  if (measures.length > 1) {
    throw configError(
      `quantify: gaussian reads covariances and has informations of its own; ask for it alone, not beside ${listing(measures.filter((own) => own !== "gaussian"))}.`,
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

/** The measures wished for, all of them known and for this kind of target, and whether it is numbers. */
function measuresFor(
  { values, name }: Asked,
  wished: readonly QuantifyMeasure[] | undefined,
): { measures: readonly FeatureMeasure[]; numbers: boolean } {
  const numbers = values !== undefined;
  const allowed: readonly QuantifyMeasure[] = numbers ? VALUE_MEASURES : FEATURE_MEASURES;
  for (const measure of wished ?? []) {
    if (allowed.includes(measure)) continue;
    const what = numbers ? `${name}, whose values are numbers` : "features";
    throw configError(`quantify: measure "${measure}" is not for ${what}${hint(measure, allowed)}`, { measure });
  }
  if (numbers) return { measures: [], numbers };
  return { measures: (wished as readonly FeatureMeasure[] | undefined) ?? ["broja", "pmin"], numbers };
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

/** Warnings about sources that predict worse than nothing. */
function misled(names: readonly string[], { I1, I2 }: Quantified["informations"]): string[] {
  return [I1, I2].flatMap(({ upper }, m) =>
    upper >= 0
      ? []
      : [
          `${names[m]} predicts held-out rows worse than the frequencies of the classes do: they differ from the rows it was fitted on. Its information counts as 0 in broja and in S - R.`,
        ],
  );
}

/** From which difference on, in bits and as a share of I12, random folds are called easier than the data's own split. */
const EASIER_BITS = 0.05;
const EASIER_SHARE = 0.1;

/** A warning where the data's own test rows are told better by random folds: rows of one hour or one recording are alike. */
function easier({ usable, terms, options }: Context, own: Crossfit): string[] {
  const place = new Map([...terms.rows].map((row, i) => [row, i]));
  const i12 = Float64Array.from(own.rows, (row) => terms.i12[place.get(row)!]!);
  const groups = groupNumbers(usable, own.rows);
  const [random, split, apart] = meanIntervals([i12, own.i12, i12.map((v, i) => v - own.i12[i]!)], {
    seed: options.seed,
    rounds: 200,
    ...(groups === undefined ? {} : { groups }),
  }) as [Interval, Interval, Interval];
  if (apart.lower <= 0 || apart.value < Math.max(EASIER_BITS, EASIER_SHARE * random.value)) return [];
  return [
    `random folds tell ${bits(random.value)} bit of the test rows, the data's own split ${bits(split.value)}: its parts differ more than rows at random do, as hours, recordings or features fitted to training labels make them. Use --folds own (in the library folds) for claims about new data.`,
  ];
}

function shares(types: Uint8Array): Quantified["types"] {
  const count = (t: number): number => types.reduce((n, own) => n + (own === t ? 1 : 0), 0);
  return Object.fromEntries(SAMPLE_TYPES.map((name, t) => [name, count(t) / types.length]));
}

function groupNumbers({ groups }: Dataset, rows: Int32Array): Int32Array | undefined {
  if (groups === undefined) return undefined;
  const numbers = new Map([...new Set(groups)].map((name, i) => [name, i]));
  return Int32Array.from(rows, (row) => numbers.get(groups[row]!)!);
}

/** A row a sample, in the order of the data. */
function sampleRows(
  { ids, classes }: Dataset,
  terms: Crossfit,
  { r, u1, u2, s }: SampleScores,
  noise: TypeNull,
  types: Uint8Array,
  project: boolean,
): Quantified["rows"] {
  const density = terms.density;
  const other = density === undefined ? undefined : lsmi({ ...terms, ...density }, { project }).scores;
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
    ...(other === undefined
      ? {}
      : { lsmi_r: other.r[i]!, lsmi_u1: other.u1[i]!, lsmi_u2: other.u2[i]!, lsmi_s: other.s[i]! }),
  }));
}
