/** @file A setting as tables of texts: the main one, and further metrics by theme. */

import { type Comparison, type MethodResult, type Setting, settingName } from "../../experiments/compare/compare.ts";
import type { Metric } from "../../experiments/compare/metrics.ts";
import type { Mean } from "../../info/statistics/paired.ts";
import type { Mark, TextTable } from "../text-table.ts";

/** A column: its head, the text of a method's cell, and whether the best is marked in it. */
interface Column {
  readonly heading: string;
  cell(result: MethodResult): string;
  readonly marked?: boolean;
}

/** Mean and standard deviation: `0.912 ± 0.012`, `0.912` for one run, `-` where there is none. */
export function spread(mean: Mean | undefined, digits: number): string {
  if (mean === undefined) return "-";
  const text = mean.mean.toFixed(digits);
  return Number.isNaN(mean.sd) ? text : `${text} ± ${mean.sd.toFixed(digits)}`;
}

/** `0.034`, `<0.001`, `-` where nothing was tested. */
export function probability(p: number | undefined): string {
  return p === undefined || Number.isNaN(p) ? "-" : p < 0.0005 ? "<0.001" : p.toFixed(3);
}

function range({ lower, upper }: Pick<Mean, "lower" | "upper">, digits: number, signed = false): string {
  const text = (value: number): string => (signed ? signedText(value, digits) : value.toFixed(digits));
  return Number.isNaN(lower) ? "-" : `${text(lower)} to ${text(upper)}`;
}

function signedText(value: number, digits: number): string {
  const text = value.toFixed(digits);
  // What rounds to nothing has no sign.
  return Number(text) === 0 ? text.replace("-", "") : value > 0 ? `+${text}` : text;
}

/** `5`, or `4 of 5` where other methods have runs that this one lacks. */
function runsOf({ runs, lacks }: MethodResult): string {
  return lacks.length === 0 ? String(runs.length) : `${runs.length} of ${runs.length + lacks.length}`;
}

/** The ranking metric with its interval; in short as its half-width. */
function rankingColumns({ metrics: [ranking] }: Setting, short: boolean): Column[] {
  const { name, heading, digits } = ranking!;
  const interval = (mean: Mean | undefined): string => {
    if (mean === undefined || Number.isNaN(mean.lower)) return "-";
    return short ? `± ${(mean.upper - mean.mean).toFixed(digits)}` : range(mean, digits);
  };
  return [
    { heading: "method", cell: ({ method }) => method },
    { heading: "n", cell: runsOf },
    {
      heading: short ? heading : `${heading} ± sd`,
      cell: ({ metrics }) => spread(metrics[name], digits),
      marked: true,
    },
    { heading: short ? "95 %" : "95 % interval", cell: ({ metrics }) => interval(metrics[name]) },
  ];
}

/** The difference to the chosen method; in short without its interval and the further tests. */
function differenceColumns({ against, metrics: [ranking], methods }: Setting, short: boolean): Column[] {
  if (against === undefined || methods.length < 2) return [];
  const { digits } = ranking!;
  const from =
    (read: (found: NonNullable<MethodResult["against"]>) => string): Column["cell"] =>
    (result) =>
      result.against === undefined ? "" : read(result.against);
  const columns: (Column & { readonly long?: true })[] = [
    { heading: `- ${against}`, cell: from(({ mean }) => (Number.isNaN(mean) ? "-" : signedText(mean, digits))) },
    { heading: "its 95 % interval", cell: from((found) => range(found, digits, true)), long: true },
    { heading: "p", cell: from(({ p }) => probability(p)), long: true },
    { heading: "p (Holm)", cell: from((found) => probability(found.holm)) },
    { heading: "p, signs", cell: from(({ signFlip }) => probability(signFlip)), long: true },
  ];
  if (methods.some((result) => result.against?.samples !== undefined)) {
    columns.push(
      {
        heading: "samples won : lost",
        cell: from(({ samples }) => (samples === undefined ? "-" : `${samples.onlyThis} : ${samples.onlyOther}`)),
        long: true,
      },
      { heading: "p, samples", cell: from(({ samples }) => probability(samples?.p)), long: true },
    );
  }
  return columns.filter(({ long }) => !(short && long));
}

function metricColumn({ name, heading, digits }: Metric, withSpread: boolean): Column {
  return {
    heading,
    cell: ({ metrics }) =>
      withSpread
        ? spread(metrics[name], digits)
        : metrics[name] === undefined
          ? "-"
          : metrics[name].mean.toFixed(digits),
  };
}

function tableOf(title: string, columns: readonly Column[], methods: readonly MethodResult[]): TextTable {
  return {
    title,
    header: columns.map(({ heading }) => heading),
    rows: methods.map((result) => columns.map(({ cell }) => cell(result))),
    marks: methods.map((result) => columns.map(({ marked }): Mark | undefined => (marked ? result.mark : undefined))),
  };
}

/** What a setting is, in a line: `mfeat: accuracy on test, 6 methods, 5 seeds`. */
export function settingTitle(setting: Setting, split: string): string {
  const { metrics, methods, unit, units } = setting;
  const number = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
  return `${settingName(setting)}: ${metrics[0]!.heading} on ${split}, ${number(methods.length, "method")}, ${number(units, unit)}`;
}

/** Metrics that the short table shows besides the ranking one; those at the end are given up where room is short. */
const SHORT = ["probe", "macroF1", "synergy.slices", "logLoss", "calibrationError", "seconds"];

/** Synergy with its chance, without which it says nothing. */
const SYNERGY: Column = {
  heading: "synergy (chance)",
  cell: ({ metrics: { "synergy.slices": found, "synergy.slices.chance": chance } }) =>
    found === undefined ? "-" : `${found.mean.toFixed(3)} (${chance === undefined ? "-" : chance.mean.toFixed(3)})`,
};

/** The table for the terminal: the main columns, the most important first. */
export function shortTable(setting: Setting, split: string): TextTable {
  const metrics = SHORT.flatMap((name) => setting.metrics.slice(1).filter((metric) => metric.name === name));
  const columns = [
    ...rankingColumns(setting, true),
    ...differenceColumns(setting, true),
    ...metrics.map((metric) => (metric.name === "synergy.slices" ? SYNERGY : metricColumn(metric, false))),
  ];
  return tableOf(settingTitle(setting, split), columns, setting.methods);
}

/** The short tables turned: a table a method, a row a set. A column that a set has not is empty there. */
export function tablesByMethod(comparison: Comparison): TextTable[] {
  const tables = comparison.settings.map((setting) => ({ setting, table: shortTable(setting, comparison.split) }));
  const headings = [...new Set(tables.flatMap(({ table }) => table.header.slice(1)))];
  const methods = [...new Set(comparison.settings.flatMap((setting) => setting.methods.map(({ method }) => method)))];
  return methods.map((method) => {
    const found = tables.flatMap(({ setting, table: { header, rows, marks } }) => {
      const r = setting.methods.findIndex((result) => result.method === method);
      if (r < 0) return [];
      const at = headings.map((heading) => header.indexOf(heading));
      return [
        {
          cells: [settingName(setting), ...at.map((c) => (c < 0 ? "" : rows[r]![c]!))],
          marks: [undefined, ...at.map((c) => marks?.[r]?.[c])],
        },
      ];
    });
    return {
      title: `${method} on ${comparison.split}`,
      header: ["data", ...headings],
      rows: found.map(({ cells }) => cells),
      marks: found.map((own) => own.marks),
    };
  });
}

/** Metrics by theme; a theme that no metric belongs to has no table. */
const THEMES: readonly (readonly [title: string, belongs: (name: string) => boolean])[] = [
  ["synergy, and what chance alone would give", (name) => name.startsWith("synergy.")],
  [
    "accuracy with modalities missing, and each modality's own prediction",
    (name) => /^(present|unimodal)\./.test(name),
  ],
  ["mean gate of the components", (name) => name.startsWith("gate.")],
  ["mean bits of the components, label-free", (name) => name.startsWith("bits.")],
  ["cost", (name) => /^(seconds|msPerStep|peakMemory)$/.test(name)],
];

/** Everything of a setting: ranking metric and tests, other scores, then a table a theme; methods without any metric of a theme are left out there. */
export function fullTables(setting: Setting, split: string): TextTable[] {
  const [, ...rest] = setting.metrics;
  const themed = (name: string): boolean => THEMES.some(([, belongs]) => belongs(name));
  const method: Column = { heading: "method", cell: (result) => result.method };
  const table = (title: string, metrics: readonly Metric[]): TextTable[] => {
    const methods = setting.methods.filter((result) => metrics.some(({ name }) => result.metrics[name] !== undefined));
    if (methods.length === 0) return [];
    return [tableOf(title, [method, ...metrics.map((metric) => metricColumn(metric, true))], methods)];
  };
  return [
    tableOf(
      settingTitle(setting, split),
      [...rankingColumns(setting, false), ...differenceColumns(setting, false)],
      setting.methods,
    ),
    ...table(
      "other figures",
      rest.filter(({ name }) => !themed(name)),
    ),
    ...THEMES.flatMap(([title, belongs]) =>
      table(
        title,
        rest.filter(({ name }) => belongs(name)),
      ),
    ),
  ];
}

/** Accuracy on each class of the test split, mean over runs; undefined where classes are not known. */
export function classTable({ methods }: Setting): TextTable | undefined {
  const classes = methods.flatMap(({ runs }) => runs.flatMap(({ scores }) => scores.classes ?? []));
  const names = [...new Set(classes.map(({ name }) => name))];
  const known = methods.filter(({ runs }) => runs.some(({ scores }) => (scores.classes ?? []).length > 0));
  if (known.length === 0) return undefined;
  return {
    title: "accuracy by class",
    header: ["method", ...names],
    rows: known.map(({ method, runs }) => [
      method,
      ...names.map((name) => {
        const values = runs.flatMap(({ scores }) =>
          (scores.classes ?? []).flatMap((own) => (own.name === name && own.accuracy !== null ? [own.accuracy] : [])),
        );
        return values.length === 0 ? "-" : (values.reduce((sum, v) => sum + v, 0) / values.length).toFixed(3);
      }),
    ]),
  };
}
