/** @file Quantify features: cross-fitted classifiers for two sources, then every measure asked for on their out-of-fold terms. */
import { configError, hint } from "../../core/errors.ts";
import type { Dataset } from "../../data/dataset.ts";
import { atLeast } from "../../info/batch.ts";
import {
  entropy,
  type Interval,
  lsmi,
  meanScores,
  pminScores,
  SAMPLE_TYPES,
  type SampleScores,
  type TypeNull,
  typeNull,
  typeSamples,
} from "../../info/index.ts";
import { type Crossfit, type CrossfitOptions, crossfit, permutedLabels } from "./crossfit.ts";
import { findingsOf } from "./findings.ts";
import type { Fold } from "./folds.ts";
import { type Context, intervals, MEASURES, withNull } from "./measures.ts";
import { type Amount, type ClassMeans, QUANTIFY_MEASURES, type Quantified, type QuantifyMeasure } from "./result.ts";
import { usableRows } from "./usable.ts";

/** Options of quantify. */
export interface QuantifyOptions extends Omit<CrossfitOptions, "density" | "onFold"> {
  /** ["broja", "pmin"] when left out; the first leads the findings. */
  readonly measures?: readonly QuantifyMeasure[];
  /** K of the cross-fit, 5; or folds of one's own, which must hold out no row twice. */
  readonly folds?: number | readonly Fold[];
  /** Fits to permuted labels that make the null; 1. */
  readonly nulls?: number;
  /** LSMI: shift per-sample scores so that no mean is negative. Raw means are always told. */
  readonly project?: boolean;
  /** Told what is under way and how far it is, from 0 to 1. */
  readonly onProgress?: (what: string, share: number) => void;
}

/**
 * Redundant, unique and synergistic information of a dataset's two modalities about its labels, with 95 % intervals and the level
 * that permuted labels reach; bits. Classifiers give lower bounds in expectation: weak ones understate. Rows without a label and
 * rows of classes with fewer rows than folds are left out, with a warning. Source: ours.
 *
 * @throws DataError for fewer than 50 usable rows or one class; ConfigError for other than two modalities, unknown measures.
 * @example (await quantify(dataset, { seed: 0 })).findings
 */
export async function quantify(dataset: Dataset, options: QuantifyOptions): Promise<Quantified> {
  const {
    measures = ["broja", "pmin"],
    nulls = 1,
    onProgress = () => {},
    folds: wished = 5,
    project = false,
    ...fitting
  } = options;
  if (!Number.isSafeInteger(nulls) || nulls < 1) {
    throw configError(`quantify: nulls is ${nulls}; a whole number from 1 is needed.`, { nulls });
  }
  for (const measure of measures) {
    if (!QUANTIFY_MEASURES.includes(measure)) {
      throw configError(`quantify: measure "${measure}" is not known${hint(measure, QUANTIFY_MEASURES)}`, { measure });
    }
  }
  const names = Object.keys(dataset.modalities);
  if (names.length !== 2) {
    throw configError(`quantify: ${names.length} modalities (${names.join(", ")}); a decomposition has two sources.`);
  }
  const { usable, folds, warnings } = usableRows(dataset, wished, options.seed);
  const density = measures.includes("lsmi");
  const run = (data: Dataset, what: string, from: number, to: number): Promise<Crossfit> =>
    crossfit(data, folds, {
      ...fitting,
      density: density && from === 0,
      onFold: (done, all) => onProgress(`${what}, fold ${done} of ${all}`, from + ((to - from) * done) / all),
    });
  const share = 1 / (1 + nulls);
  const terms = await run(usable, "classifiers", 0, 0.95 * share);
  const permuted: Crossfit[] = [];
  for (let round = 0; round < nulls; round++) {
    const shuffled = permutedLabels(usable, options.seed, round);
    const place = 0.95 * (round + 1) * share;
    const own = await run(shuffled, "permuted labels", place, place + 0.95 * share);
    // Densities do not depend on labels.
    permuted.push(terms.density === undefined ? own : { ...own, density: terms.density });
  }
  onProgress("measures", 0.95);

  const context: Context = {
    usable,
    terms,
    permuted,
    groups: groupNumbers(usable, terms.rows),
    options: { seed: options.seed, project },
  };
  const columns = (c: Crossfit): Float64Array[] => [c.i1, c.i2, c.i12];
  const amounts = withNull(
    intervals(context, columns(terms)),
    permuted.map((c) => intervals(context, columns(c))),
  );
  const [I1, I2, I12] = amounts as [Amount, Amount, Amount];
  names.forEach((name, m) => {
    if (amounts[m]!.upper >= 0) return;
    warnings.push(
      `${name} predicts held-out rows worse than the frequencies of the classes do: they differ from the rows it was fitted on. Its information counts as 0 in broja and in S - R.`,
    );
  });
  const [spread] = intervals(context, [terms.i12.map((v, i) => v - terms.i1[i]! - terms.i2[i]!)]) as [Interval];
  const floored = atLeast([I1.value, I2.value, I12.value]);
  const value = floored[2] - floored[0] - floored[1];
  const balance = { value, lower: value + spread.lower - spread.value, upper: value + spread.upper - spread.value };
  const scores = pminScores(terms);
  const noise = typeNull(permuted.map(pminScores));
  const types = typeSamples(scores, noise);
  const measured = measures.map((measure) => MEASURES[measure](context));
  const result = {
    from: "features" as const,
    sources: names as [string, string],
    target: "label",
    samples: terms.rows.length,
    classes: usable.classes,
    entropy: entropy(usable.classes.map((_, k) => terms.labels.reduce((n, label) => n + (label === k ? 1 : 0), 0))),
    informations: { I1, I2, I12 },
    balance,
    measures: measured,
    byClass: classMeans(usable.classes, terms, scores),
    types: Object.fromEntries(
      SAMPLE_TYPES.map((name, t) => [name, types.reduce((n, own) => n + (own === t ? 1 : 0), 0) / types.length]),
    ),
    warnings,
    rows: sampleRows(usable, terms, scores, noise, types, project),
  };
  return { ...result, findings: findingsOf(result) };
}

function groupNumbers({ groups }: Dataset, rows: Int32Array): Int32Array | undefined {
  if (groups === undefined) return undefined;
  const numbers = new Map([...new Set(groups)].map((name, i) => [name, i]));
  return Int32Array.from(rows, (row) => numbers.get(groups[row]!)!);
}

function classMeans(classes: readonly string[], terms: Crossfit, scores: SampleScores): ClassMeans[] {
  return classes.flatMap((name, k): ClassMeans[] => {
    const rows = [...terms.labels.keys()].filter((i) => terms.labels[i] === k);
    if (rows.length === 0) return [];
    const mean = (values: Float64Array): number => rows.reduce((sum, i) => sum + values[i]!, 0) / rows.length;
    return [
      {
        name,
        samples: rows.length,
        I1: mean(terms.i1),
        I2: mean(terms.i2),
        I12: mean(terms.i12),
        ...meanScores(scores, rows),
      },
    ];
  });
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
