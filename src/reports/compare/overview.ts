/** @file All settings at a glance: means and ranks, the first of each, metrics by share of the training samples; and what is missing. */
import { listing } from "../../core/errors.ts";
import {
  type Comparison,
  type MethodResult,
  percent,
  type Setting,
  settingName,
} from "../../experiments/compare/compare.ts";
import type { TextTable } from "../text-table.ts";
import { spread } from "./tables.ts";

/** Settings of the overview: all of the training samples, or what there is. */
function wholeSettings({ settings }: Comparison): readonly Setting[] {
  const whole = settings.filter(({ trainShare }) => trainShare === 1);
  return whole.length > 0 ? whole : settings;
}

/** Methods by settings: means, ranks, the first of each and what is tied with it. Undefined for a single setting. */
export function overviewTable(comparison: Comparison): TextTable | undefined {
  const settings = wholeSettings(comparison);
  if (settings.length < 2) return undefined;
  const methods = [...new Set(settings.flatMap((setting) => setting.methods.map(({ method }) => method)))];
  const rows = methods.map((method) => {
    const cells = settings.map((setting) => setting.methods.find((result) => result.method === method));
    const ranks = cells.flatMap((result) => (result?.rank === undefined ? [] : [result.rank]));
    const rank = ranks.reduce((sum, own) => sum + own, 0) / ranks.length;
    return { method, cells, rank, ranked: ranks.length };
  });
  // A mean rank over fewer settings is no fair rival; it comes after those over all.
  rows.sort((a, b) => b.ranked - a.ranked || a.rank - b.rank);
  const metrics = new Set(settings.map(({ metrics }) => metrics[0]!.heading));
  const sameMetric = metrics.size === 1;
  return {
    title: `${sameMetric ? `mean ${[...metrics][0]}` : "mean of the first figure"} on ${comparison.split}, and mean rank`,
    header: [
      "method",
      "rank",
      "sets",
      ...settings.map((setting) => `${settingName(setting)}${sameMetric ? "" : ` (${setting.metrics[0]!.heading})`}`),
    ],
    rows: rows.map(({ method, cells, rank, ranked }) => [
      method,
      ranked === 0 ? "-" : rank.toFixed(1),
      String(ranked),
      ...cells.map((result, s) => {
        const { name, digits } = settings[s]!.metrics[0]!;
        const mean = result?.metrics[name];
        return mean === undefined ? "-" : mean.mean.toFixed(digits);
      }),
    ]),
    marks: rows.map(({ cells }) => [undefined, undefined, undefined, ...cells.map((result) => result?.mark)]),
  };
}

/** Per setting the first method and those not shown to differ from it. */
export function firstsTable(comparison: Comparison): TextTable {
  return {
    title: "first on each set, and what is not shown to differ from it (Holm-corrected p of at least 0.05)",
    header: ["data", "first", "value", "tied with it"],
    rows: wholeSettings(comparison).map((setting) => {
      const [ranking] = setting.metrics;
      const first = setting.methods.find(({ mark }) => mark === "best")!;
      const tied = setting.methods.filter(({ mark }) => mark === "tied").map(({ method }) => method);
      return [
        settingName(setting),
        first.method,
        spread(first.metrics[ranking!.name], ranking!.digits),
        tied.length === 0 ? "none" : tied.join(", "),
      ];
    }),
  };
}

/** Settings that differ in the share of training samples alone, the smallest first; groups of one are left out. */
export function shareGroups({ settings }: Comparison): Setting[][] {
  const groups = new Map<string, Setting[]>();
  for (const setting of settings) {
    const key = `${setting.data}\n${setting.kind}\n${setting.metrics[0]!.name}`;
    groups.set(key, [...(groups.get(key) ?? []), setting]);
  }
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => group.sort((a, b) => a.trainShare - b.trainShare));
}

/** How metrics grow with the training samples: methods by shares. */
export function shareTable(group: readonly Setting[]): TextTable {
  const largest = group.at(-1)!;
  const [ranking] = largest.metrics;
  const methods = [...new Set([largest, ...group].flatMap((setting) => setting.methods.map(({ method }) => method)))];
  const found = (setting: Setting, method: string): MethodResult | undefined =>
    setting.methods.find((result) => result.method === method);
  return {
    title: `${settingName({ ...largest, trainShare: 1 })}: ${ranking!.heading} by share of the training samples`,
    header: ["method", ...group.map(({ trainShare }) => percent(trainShare))],
    rows: methods.map((method) => [
      method,
      ...group.map((setting) => spread(found(setting, method)?.metrics[ranking!.name], ranking!.digits)),
    ]),
    marks: methods.map((method) => [undefined, ...group.map((setting) => found(setting, method)?.mark)]),
  };
}

/** Runs that failed, and methods with fewer runs than others: a line each. */
export function missingLines({ failed, settings }: Comparison): string[] {
  const lines = failed.map(
    ({ data, method, seed, split, error = "no reason is known" }) =>
      `failed: ${method} on ${data}, seed ${seed}${split === "own" ? "" : `, ${split}`}: ${error.split("\n")[0]}`,
  );
  const fewer = settings.flatMap((setting) =>
    setting.methods
      .filter(({ lacks }) => lacks.length > 0)
      .map(({ method, lacks, failed: broken }) => {
        const listed = listing(lacks, 6);
        return `${settingName(setting)}: ${method} lacks ${listed}${broken > 0 ? ` (${broken} failed)` : ""}; its mean is over fewer runs than others'.`;
      }),
  );
  return [...lines, ...fewer];
}
