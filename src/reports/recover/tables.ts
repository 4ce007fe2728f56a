/** @file The tables of the suite: targets, metrics by method and by true type, ceilings, Theorem 1, probes. */

import { caseNamed, type RecoveryResult } from "../../experiments/recover/job.ts";
import {
  type Cell,
  cells,
  METRICS,
  type Measured,
  meanText,
  measure,
  measured,
} from "../../experiments/recover/metrics.ts";
import type { Verdict } from "../../experiments/recover/targets.ts";
import type { ByType } from "../../interactions/truth.ts";
import type { TextTable } from "../text-table.ts";

/** Columns of the table of a method; columns without values are omitted. */
const COLUMNS: readonly (readonly [metric: string, heading: string])[] = [
  ["accuracy", "accuracy"],
  ["behind-bayes", "behind Bayes"],
  ["identified", "identified"],
  ["identified-label", "with label"],
  ["error", "error/sample"],
  ["error-label", "with label"],
  ["error-set", "error/set"],
  ["ceiling-off", "from ceiling"],
  ["absent-synergy", "absent S"],
  ["sets", "sets named"],
  ["gate", "gate names"],
  ["leak-synergy", "S elsewhere"],
  ["leak-unique", "U elsewhere"],
  ["synergy-kept", "S on S"],
];

/** The meaning of the columns of the method tables, one per line. */
export const COLUMN_NOTES: readonly string[] = COLUMNS.map(
  ([metric, heading]) => `${heading}: ${METRICS[metric]!.title}`,
);

/** Target, case, limit, what was measured, met or missed. */
export function targetTable(found: readonly Verdict[]): TextTable {
  return {
    title: `targets of dmil: ${found.filter(({ met }) => met).length} of ${found.length} met`,
    header: ["target", "case", "limit", "measured", "exact posterior", ""],
    rows: found.map(({ target, case: own, measured: value, met, ceiling }) => [
      target.name,
      own,
      `${target.relation} ${target.limit}`,
      meanText(value),
      meanText(ceiling),
      met ? "met" : "missed",
    ]),
  };
}

/** One table per method: cases by metrics. */
export function methodTables(results: readonly RecoveryResult[]): TextTable[] {
  const all = cells(results);
  const methods = [...new Set(all.map(({ method }) => method))];
  return methods.map((method) => {
    const own = all.filter((cell) => cell.method === method);
    return metricTable(method, own, (cell) => cell.results);
  });
}

/** The same metrics for exact posteriors, which are the best that this way of computing atoms can reach. */
export function ceilingTable(results: readonly RecoveryResult[]): TextTable {
  const seen = new Set<string>();
  const own = cells(results).filter((cell) => !seen.has(cell.case) && seen.add(cell.case));
  return metricTable("exact posterior", own, (cell) =>
    cell.results.map((result) => ({ ...result, metrics: result.ceiling })),
  );
}

function metricTable(
  title: string,
  own: readonly Cell[],
  results: (cell: Cell) => readonly RecoveryResult[],
): TextTable {
  const values = COLUMNS.map(([metric]) => own.map((cell) => meanText(measure(METRICS[metric]!, results(cell)))));
  const kept = COLUMNS.map((_, c) => c).filter((c) => values[c]!.some((text) => text !== ""));
  return {
    title,
    header: ["case", ...kept.map((c) => COLUMNS[c]![1])],
    rows: own.map((cell, r) => [cell.case, ...kept.map((c) => values[c]![r]!)]),
  };
}

/** Tables of one case by true type: accuracy, mean atoms, mean gate, information of each component. */
export function typeTables(results: readonly RecoveryResult[]): TextTable[] {
  const types = Object.keys(results[0]!.metrics.accuracy);
  const atoms = results[0]!.metrics.components;
  const own = cells(results);
  const mean = (cell: Cell, read: (result: RecoveryResult) => ByType | undefined, type: string): string => {
    const values = cell.results.map((result) => read(result)?.[type]);
    return values.some((v) => v === undefined) ? "" : meanText(measured(values as number[]));
  };
  const row = (cell: Cell, name: string, read: (result: RecoveryResult) => ByType | undefined): string[] => [
    cell.method,
    name,
    ...types.map((type) => mean(cell, read, type)),
  ];
  const gated = own.filter((cell) => Object.keys(cell.results[0]!.metrics.own).length > 0);
  const components = (cell: Cell): string[] => Object.keys(cell.results[0]!.metrics.own);
  const atomsByType = (result: RecoveryResult, atom: string): ByType =>
    Object.fromEntries(types.map((type) => [type, result.metrics.bits.labelFree[type]![atom]!]));
  const ideal = own.slice(0, 1).map((cell) => ({
    ...cell,
    method: "exact posterior",
    results: cell.results.map((result) => ({ ...result, metrics: result.ceiling })),
  }));
  return [
    {
      title: "accuracy by true type",
      header: ["method", "", ...types],
      rows: [...own, ...ideal].map((cell) => row(cell, "", ({ metrics }) => metrics.accuracy)),
    },
    {
      title: "mean bits by true type, label-free",
      header: ["method", "atom", ...types],
      rows: [
        ...[...own, ...ideal].flatMap((cell) =>
          atoms.map((atom) => row(cell, atom, (result) => atomsByType(result, atom))),
        ),
        ...own.slice(0, 1).flatMap((cell) =>
          atoms.flatMap((atom) => {
            const planted = row({ ...cell, method: "planted" }, atom, (result) => plantedByType(result, atom));
            return planted.slice(2).every((text) => text === "") ? [] : [planted];
          }),
        ),
      ],
    },
    {
      title: "mean gate by true type",
      header: ["method", "component", ...types],
      rows: gated.flatMap((cell) =>
        components(cell).map((name) => row(cell, name, ({ metrics }) => metrics.own[name]?.gate)),
      ),
    },
    {
      title: "own information of each component by true type, bits, label-free",
      header: ["method", "component", ...types],
      rows: gated.flatMap((cell) =>
        components(cell).map((name) => row(cell, name, ({ metrics }) => metrics.own[name]?.information.labelFree)),
      ),
    },
    {
      title: "accuracy of each component's own prediction by true type",
      header: ["method", "component", ...types],
      rows: gated.flatMap((cell) =>
        components(cell).map((name) => row(cell, name, ({ metrics }) => metrics.own[name]?.accuracy)),
      ),
    },
  ].filter(({ rows }) => rows.length > 0);
}

function plantedByType({ against }: RecoveryResult, atom: string): ByType {
  return Object.fromEntries(
    Object.entries(against.means).flatMap(([type, { planted }]) =>
      planted === undefined ? [] : [[type, planted[atom]!]],
    ),
  );
}

/** Theorem 1 on the trained models: all five numbers and both sides, in bits. */
export function theoremTable(results: readonly RecoveryResult[]): TextTable | undefined {
  const own = cells(results.filter((result) => result.synergyBound !== undefined));
  if (own.length === 0) return undefined;
  const kinds = ["representation", "prediction"] as const;
  const parts = ["labelInformation", "withinTypes", "hiddenType", "labelOfType", "slack"] as const;
  const rows = own.flatMap((cell) =>
    kinds.map((kind) => {
      const estimates = cell.results.map((result) => result.synergyBound![kind]);
      const value = (read: (estimate: (typeof estimates)[number]) => number): string =>
        meanText(measured(estimates.map(read)));
      return [
        cell.case,
        cell.method,
        kind,
        ...parts.map((part) => combined(estimates.map((estimate) => estimate[part]))),
        value(({ lower }) => lower),
        value(({ difference }) => difference),
      ];
    }),
  );
  return {
    title: "Theorem 1 on trained models, bits: I(Z;Y) >= E I(Z;Y|c) - H(C|Z) + I(Y;C), with slack H(C|Z,Y)",
    header: ["case", "method", "Z", "I(Z;Y)", "E I(Z;Y|c)", "H(C|Z)", "I(Y;C)", "slack", "right side", "left - right"],
    rows,
  };
}

/** Mean over seeds with the interval over seeds; for one seed with 1.96 standard errors over samples. */
function combined(estimates: readonly { readonly value: number; readonly error: number }[]): string {
  const over = measured(estimates.map(({ value }) => value));
  return meanText(estimates.length > 1 ? over : { ...over, interval: 1.96 * estimates[0]!.error });
}

/** Information of probes in each representation, and how well components predict each other. */
export function probeTables(results: readonly RecoveryResult[]): TextTable[] {
  const own = cells(results.filter((result) => result.probes !== undefined));
  const table = (
    title: string,
    heading: string,
    read: (result: RecoveryResult) => Readonly<Record<string, number>>,
  ): TextTable => ({
    title,
    header: ["case", "method", heading, "value"],
    rows: own.flatMap((cell) =>
      Object.keys(read(cell.results[0]!)).map((name) => {
        const value: Measured = measured(cell.results.map((result) => read(result)[name]!));
        return [cell.case, cell.method, name, meanText(value)];
      }),
    ),
  });
  const information = ({ probes }: RecoveryResult): Record<string, number> =>
    Object.fromEntries(Object.entries(probes!.information).map(([name, { value }]) => [name, value]));
  return [
    table("bits about the class that a fresh probe reads off a representation", "representation", information),
    table(
      "one component from another: share of variance explained",
      "component",
      ({ probes }) => probes!.predictability,
    ),
  ].filter(({ rows }) => rows.length > 0);
}

/** Open errors: missed targets, and cases for which even exact posteriors miss the planted atoms. */
export function failures(results: readonly RecoveryResult[], found: readonly Verdict[]): string[] {
  const missed = found
    .filter(({ met }) => !met)
    .map(
      ({ target, case: own, measured: value }) =>
        `${own}: ${target.name}: ${meanText(value)}; the target is ${target.relation} ${target.limit}.`,
    );
  const seen = new Set<string>();
  const limits = results.flatMap(({ job, ceiling }) => {
    if (seen.has(job.case)) return [];
    seen.add(job.case);
    const off = ceiling.error?.labelFree.set ?? 0;
    if (off / ceiling.unit < 0.05) return [];
    const { title, hides } = caseNamed(job.case);
    if (hides === true) {
      return [
        `${job.case} (${title}): the ceiling itself is off what is planted by ${off.toFixed(3)} bits per atom in the mean. So much of it no reader gets out of the inputs.`,
      ];
    }
    return [
      `${job.case} (${title}): exact posteriors, read by the pointwise minimum, are off by ${off.toFixed(3)} bits per atom in the mean. That is a limit of the measure, whatever the model: amounts of information are compared, not what it is about.`,
    ];
  });
  return [...missed, ...limits];
}
