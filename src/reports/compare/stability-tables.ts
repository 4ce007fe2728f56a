/** @file Agreement between seeds as tables: of a setting, and of all settings at a glance. */

import { type Comparison, type MethodResult, type Setting, settingName } from "../../experiments/compare/compare.ts";
import { COLUMN_NOTES } from "../../experiments/compare/metrics.ts";
import type { Stability } from "../../experiments/compare/stability.ts";
import type { Estimate } from "../../interactions/uncertainty.ts";
import type { TextTable } from "../text-table.ts";

/** What the tables of agreement mean, a line each. */
const STABILITY_NOTES: readonly string[] = [
  "same type: share of test samples to which two seeds give one type, the component with the most label-free bits; kappa: the same beyond chance (Cohen's), 1 where seeds always agree, 0 where they agree as independent ones would, - where all samples have one type",
  "ranks: Spearman's correlation over test samples of a component's bits under two seeds; -, where a seed gives all samples the same bits",
  "agreement is the mean over all pairs of seeds on the same test samples; its 95 % interval is Student's, by the jackknife over seeds (from three on) and over 20 groups of samples; where a set is split anew, Student's over splits",
  "mean bits: their 95 % interval is Student's over seeds and test samples at once: other seeds and other samples of the same kind; it does not see what all seeds get wrong alike",
];

type Stable = MethodResult & { readonly stability: Stability };

/** Methods of a setting whose seeds could be compared. */
function stableIn({ methods }: Setting): Stable[] {
  return methods.filter((result): result is Stable => result.stability !== undefined);
}

/** How far seeds agree, a row a method; undefined where no seeds can be compared. `short` gives intervals of kappa alone. */
export function stabilityTable(setting: Setting, short = false): TextTable | undefined {
  const methods = stableIn(setting);
  if (methods.length === 0) return undefined;
  const components = componentsOf(methods);
  const cell = short ? plain : ranged;
  return {
    title: `${settingName(setting)}: agreement between seeds on the test samples`,
    header: [
      "method",
      "runs",
      "samples",
      "same type",
      "kappa (95 % interval)",
      ...components.map((name) => `ranks ${name}`),
    ],
    rows: methods.map(({ method, stability: { runs, samples, sameType, kappa, ranks } }) => [
      method,
      String(runs),
      String(samples),
      cell(sameType),
      ranged(kappa),
      ...components.map((name) => cell(ranks[name])),
    ]),
  };
}

/** Mean bits with their intervals over seeds and samples; undefined where no seeds can be compared. */
function meanBitsTable(setting: Setting): TextTable | undefined {
  const methods = stableIn(setting);
  if (methods.length === 0) return undefined;
  const components = componentsOf(methods);
  return {
    title: "mean bits with 95 % intervals over seeds and test samples",
    header: ["method", ...components],
    rows: methods.map(({ method, stability: { bits } }) => [method, ...components.map((name) => ranged(bits[name]))]),
  };
}

/** Both tables of a setting; none where no seeds can be compared. */
export function stabilityTables(setting: Setting): TextTable[] {
  return [stabilityTable(setting), meanBitsTable(setting)].filter((table) => table !== undefined);
}

/** What the columns mean, with those of agreement if there are any. */
export function columnNotes({ settings }: Comparison): readonly string[] {
  return settings.some((setting) => stableIn(setting).length > 0)
    ? [...COLUMN_NOTES, ...STABILITY_NOTES]
    : COLUMN_NOTES;
}

/** Kappa of the types, methods by settings; undefined for a single setting. */
export function kappaTable({ settings }: Comparison): TextTable | undefined {
  const stable = settings.filter((setting) => stableIn(setting).length > 0);
  if (stable.length < 2) return undefined;
  const methods = [...new Set(stable.flatMap((setting) => stableIn(setting).map(({ method }) => method)))];
  const kappaIn = (setting: Setting, method: string): number | undefined =>
    setting.methods.find((result) => result.method === method)?.stability?.kappa.value;
  const rows = methods.map((method) => {
    const found = stable.map((setting) => kappaIn(setting, method));
    const known = found.filter((kappa): kappa is number => kappa !== undefined && !Number.isNaN(kappa));
    return { method, found, known, mean: known.reduce((sum, kappa) => sum + kappa, 0) / known.length };
  });
  // A mean over fewer settings is no fair rival; it comes after those over all.
  rows.sort((a, b) => b.known.length - a.known.length || b.mean - a.mean);
  return {
    title: "agreement between seeds: kappa of the types of test samples",
    header: ["method", "mean", "sets", ...stable.map(settingName)],
    rows: rows.map(({ method, found, known, mean }) => [
      method,
      known.length === 0 ? "-" : mean.toFixed(3),
      String(known.length),
      ...found.map((kappa) => (kappa === undefined || Number.isNaN(kappa) ? "-" : kappa.toFixed(3))),
    ]),
  };
}

function componentsOf(methods: readonly Stable[]): string[] {
  return [...new Set(methods.flatMap(({ stability }) => Object.keys(stability.bits)))];
}

/** `0.93`. */
function plain(estimate: Estimate | undefined): string {
  return estimate === undefined || Number.isNaN(estimate.value) ? "-" : estimate.value.toFixed(3);
}

/** `0.930 (0.901 to 0.954)`. */
function ranged(estimate: Estimate | undefined): string {
  const value = plain(estimate);
  if (estimate === undefined || value === "-" || Number.isNaN(estimate.lower)) return value;
  return `${value} (${estimate.lower.toFixed(3)} to ${estimate.upper.toFixed(3)})`;
}
