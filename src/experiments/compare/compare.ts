/**
 * @file Compares methods in each setting (data, kind of split, share of the training samples): means over seeds or splits, paired tests
 * against one method and against the best, and ranks. Failed runs are reported.
 */

import { configError, hint } from "../../core/errors.ts";
import { ownValue } from "../../core/record.ts";
import { holm, type Mean, meanOf } from "../../info/statistics/paired.ts";
import { runFiles } from "../../runs/record.ts";
import type { SampleBits } from "../../runs/sample-bits.ts";
import type { SweepEntry } from "../entry.ts";
import { byUnit, type Difference, difference, placeIn, type UnitOf } from "./difference.ts";
import { type Metric, metricsOf, rankingMetric, requireMetric, type ScoredSplit } from "./metrics.ts";
import type { FinishedEntry } from "./read.ts";
import { type Stability, stabilityOf } from "./stability.ts";

export interface CompareOptions {
  /** Method that all others are compared with; default: `joint`, if it has runs. */
  readonly against?: string;
  /** Metric for ranks and tests; default: the primary metric of the runs. */
  readonly metric?: string;
  /** Default: test. */
  readonly split?: ScoredSplit;
  /** Bits of the test samples of a run, if known; used for the agreement between seeds. */
  readonly bits?: (run: SweepEntry) => SampleBits | undefined;
}

/** Significance level for p-values after Holm's correction. */
export const LEVEL = 0.05;

/** The results of a method in a setting. */
export interface MethodResult {
  readonly method: string;
  /** Finished runs, in input order. */
  readonly runs: readonly FinishedEntry[];
  readonly failed: number;
  /** Seeds or splits of other methods for which this method has no run. */
  readonly lacks: readonly string[];
  /** Means over seeds or splits, by metric. */
  readonly metrics: Readonly<Record<string, Mean>>;
  /** Difference to the reference method; undefined for itself, or if the reference has no run. */
  readonly against?: Difference;
  /** Rank from 1, with mean ranks for ties; undefined if the metric is missing. */
  readonly rank?: number;
  /** Best, or not significantly different from the best. */
  readonly mark?: "best" | "tied";
  /** Agreement of the seeds on the bits of test samples; undefined if no two runs can be compared. */
  readonly stability?: Stability;
}

/** One table: a data set, a kind of split, a share. */
export interface Setting {
  readonly data: string;
  /** First word of the split: own, share, fold, classes, or the name of the groups. */
  readonly kind: string;
  readonly trainShare: number;
  /** The unit of repetition: seeds on one split, or splits (each the mean of its seeds). */
  readonly unit: "seed" | "split";
  readonly units: number;
  /** Test samples / training samples if splits overlap, otherwise 0; see `meanOf`. */
  readonly overlap: number;
  readonly metrics: readonly Metric[];
  /** The best first. */
  readonly methods: readonly MethodResult[];
  /** The reference method, if it has runs in this setting. */
  readonly against?: string;
}

/** The results of a comparison. */
export interface Comparison {
  readonly split: ScoredSplit;
  readonly settings: readonly Setting[];
  readonly failed: readonly SweepEntry[];
  readonly notes: readonly string[];
}

/** Compares runs, setting by setting. @throws ConfigError for a method or metric that no run has. */
export function compareRuns(entries: readonly SweepEntry[], options: CompareOptions = {}): Comparison {
  const { against, metric, split = "test" } = options;
  // A comparison on validation data must not show results on test data.
  const bits = split === "test" && options.bits !== undefined ? options.bits : () => undefined;
  const methods = [...new Set(entries.map(({ method }) => method))];
  if (against !== undefined && !methods.includes(against)) {
    throw configError(`--against ${against}: no run of this method is here${hint(against, methods)}`);
  }
  const finished = entries.filter(isFinished);
  if (metric !== undefined && finished.length > 0) requireMetric(finished, split, metric);
  const groups = new Map<string, SweepEntry[]>();
  for (const entry of entries) {
    const key = JSON.stringify([entry.data, kindOf(entry.split), entry.trainShare]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  const notes: string[] = [];
  const settings = [...groups.values()].flatMap((group): Setting[] => {
    const runs = group.filter(isFinished);
    const ranking = rankingMetric(runs, split, metric);
    const { data, trainShare } = group[0]!;
    const kind = kindOf(group[0]!.split);
    if (ranking === undefined) {
      notes.push(
        `${settingName({ data, kind, trainShare })}: no finished run has ${metric ?? "a metric"} on the ${split} split; there is no table of it.`,
      );
      return [];
    }
    return [compareSetting({ all: group, runs, ranking, split, bits }, against ?? "joint")];
  });
  notes.push(...testNotes(settings, against ?? "joint"));
  if (split === "test" && options.bits !== undefined) notes.push(...agreementNotes(settings));
  return { split, settings, failed: entries.filter(({ status }) => status === "failed"), notes };
}

/** Notes on the limits of the tests: few seeds, missing methods, different test sets. */
function testNotes(settings: readonly Setting[], other: string): string[] {
  const about = (of: readonly Setting[]): string =>
    of.length === settings.length
      ? ""
      : `${of.map(settingName).slice(0, 4).join("; ")}${of.length > 4 ? ` and ${of.length - 4} more` : ""}: `;
  const notes: string[] = [];
  const alone = settings.filter((own) => own.against === undefined && own.methods.length > 1);
  if (alone.length > 0) {
    notes.push(
      `${about(alone)}${other} has no finished run, so nothing is compared with it; choose another with --against.`,
    );
  }
  const changed = settings.filter((own) => testSizes(own).some((sizes) => sizes.size > 1));
  if (changed.length > 0) {
    notes.push(
      `${about(changed)}test sets of one split differ in size between runs, so they are of different data; neither differences nor means can be trusted. Run the sweep again.`,
    );
  }
  const single = settings.filter(({ units }) => units < 2);
  if (single.length > 0) {
    notes.push(`${about(single)}one seed or split gives no spread and no test; nothing is shown to differ.`);
  }
  for (const units of [2, 3, 4, 5]) {
    const few = settings.filter((own) => own.units === units);
    if (few.length === 0) continue;
    notes.push(
      `${about(few)}with ${units} seeds or splits the exact sign-flip test cannot fall below ${(2 ** (1 - units)).toPrecision(2)}; p-values rest on the t-test's assumption of normal differences.`,
    );
  }
  return notes;
}

/** Notes on settings for which the agreement between seeds cannot be computed. */
function agreementNotes(settings: readonly Setting[]): string[] {
  const unknown = settings.filter(
    ({ unit, units, methods }) =>
      unit === "seed" &&
      units > 1 &&
      methods.every(({ stability }) => stability === undefined) &&
      methods.some(({ runs }) => runs.some(({ scores }) => scores.bits !== undefined)),
  );
  if (unknown.length === 0) return [];
  return [
    `${unknown.map(settingName).slice(0, 4).join("; ")}${unknown.length > 4 ? ` and ${unknown.length - 4} more` : ""}: agreement between seeds is not known; it takes two runs of a method with ${runFiles.bits} of the same test samples, which sweeps of earlier versions lack. Run the sweep again in another folder.`,
  ];
}

/** The numbers of test samples of runs, by split. */
function testSizes({ methods }: Setting): Set<number>[] {
  const sizes = new Map<string, Set<number>>();
  for (const { split, scores } of methods.flatMap(({ runs }) => runs)) {
    sizes.set(split, (sizes.get(split) ?? new Set()).add(scores.samples.test));
  }
  return [...sizes.values()];
}

function isFinished(entry: SweepEntry): entry is FinishedEntry {
  return entry.status === "finished";
}

/** First word of a split's name: `own`, `share`, `fold`, `classes`, or what groups are called, as `speaker`. */
export function kindOf(split: string): string {
  return split.split(" ")[0]!;
}

/** `mfeat`, `mfeat, by speaker`, `mfeat, 10 % of the training samples`. */
export function settingName({ data, kind, trainShare }: Pick<Setting, "data" | "kind" | "trainShare">): string {
  const kinds: Readonly<Record<string, string>> = {
    own: "",
    share: ", split anew",
    fold: ", folds",
    classes: ", classes apart",
  };
  return `${data}${ownValue(kinds, kind) ?? `, by ${kind}`}${trainShare === 1 ? "" : `, ${percent(trainShare)} of training`}`;
}

/** `10 %`, `2.5 %`. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

/** The runs of one setting. */
interface Group {
  readonly all: readonly SweepEntry[];
  readonly byMethod: ReadonlyMap<string, readonly FinishedEntry[]>;
  readonly unitOf: UnitOf;
  readonly overlap: number;
  readonly ranking: Metric;
  readonly split: ScoredSplit;
}

interface SettingRuns {
  readonly all: readonly SweepEntry[];
  readonly runs: readonly FinishedEntry[];
  readonly ranking: Metric;
  readonly split: ScoredSplit;
  readonly bits: NonNullable<CompareOptions["bits"]>;
}

function compareSetting({ all, runs, ranking, split, bits }: SettingRuns, other: string): Setting {
  const bySplit = new Set(all.map((run) => run.split)).size > 1;
  const unitOf: UnitOf = (run) => (bySplit ? run.split : `seed ${run.seed}`);
  const overlap = bySplit ? meanOf(runs.map(({ scores: { samples } }) => samples.test / samples.train)).mean : 0;
  const names = [...new Set(all.map(({ method }) => method))];
  const byMethod = new Map(names.map((name) => [name, runs.filter(({ method }) => method === name)]));
  const metrics = metricsOf(runs, ranking, split);
  const group: Group = { all, byMethod, unitOf, overlap, ranking, split };
  const sign = ranking.better === "smaller" ? -1 : 1;
  const value = ({ metrics: found }: MethodMeans): number =>
    found[ranking.name] === undefined
      ? Number.NEGATIVE_INFINITY
      : // Equal means may differ in the last bits because of the summation order.
        sign * Number(found[ranking.name]!.mean.toPrecision(12));
  // The sort is stable: among equals the order of names stays.
  const ordered = names
    .map((name) => meansOf(name, metrics, group))
    .sort((a, b) => (value(a) < value(b) ? 1 : value(a) > value(b) ? -1 : 0));
  const ranked = ordered.filter((means) => means.metrics[ranking.name] !== undefined);
  const against = ranked.some(({ method }) => method === other) ? other : undefined;
  const toOther = comparedWith(against, ranked, group);
  const first = ranked[0]!.method;
  const toFirst = comparedWith(first, ranked, group);
  const methods = ordered.map((means): MethodResult => {
    const found = toOther.get(means.method);
    const isTied = toFirst.has(means.method) && !(toFirst.get(means.method)!.holm < LEVEL);
    const mark = means.method === first ? "best" : isTied ? "tied" : undefined;
    const stability = stabilityOf(means.runs, bits, overlap);
    const equals = ranked.flatMap((one, i) => (value(one) === value(means) ? [i + 1] : []));
    return {
      ...means,
      ...(found !== undefined && { against: found }),
      ...(ranked.includes(means) && { rank: (equals[0]! + equals.at(-1)!) / 2 }),
      ...(mark !== undefined && { mark }),
      ...(stability !== undefined && { stability }),
    };
  });
  const { data, trainShare, split: any } = all[0]!;
  return {
    data,
    kind: kindOf(any),
    trainShare,
    unit: bySplit ? "split" : "seed",
    units: new Set(all.map(unitOf)).size,
    overlap,
    metrics,
    methods,
    ...(against !== undefined && { against }),
  };
}

type MethodMeans = Omit<MethodResult, "against" | "rank" | "mark" | "stability">;

/** The means of a method over units, and its missing runs. */
function meansOf(method: string, metrics: readonly Metric[], { all, byMethod, unitOf, overlap }: Group): MethodMeans {
  const runs = byMethod.get(method)!;
  const have = new Set(runs.map(placeIn));
  const found = metrics.flatMap((metric): [string, Mean][] => {
    const values = byUnit(runs, unitOf, metric.read);
    return values.length === 0 ? [] : [[metric.name, meanOf(values, overlap)]];
  });
  return {
    method,
    runs,
    failed: all.filter((run) => run.method === method && run.status === "failed").length,
    lacks: [...new Set(all.map(placeIn))].filter((place) => !have.has(place)),
    metrics: Object.fromEntries(found),
  };
}

/** Every other method against one, with Holm's correction over them. */
function comparedWith(
  reference: string | undefined,
  ranked: readonly MethodMeans[],
  { byMethod, ranking, unitOf, overlap, split }: Group,
): Map<string, Difference> {
  if (reference === undefined) return new Map();
  const rest = ranked.map(({ method }) => method).filter((method) => method !== reference);
  const tests = rest.map((method) => {
    const { samples, ...found } = difference(byMethod.get(method)!, byMethod.get(reference)!, ranking, unitOf, overlap);
    // The test over samples applies only to accuracy.
    const fits = samples !== undefined && split === "test" && ranking.name === "accuracy";
    return { ...found, ...(fits && { samples }) };
  });
  const adjusted = holm(tests.map(({ p }) => p));
  return new Map(rest.map((method, i) => [method, { ...tests[i]!, holm: adjusted[i]! }]));
}
