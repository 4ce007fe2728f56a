/** @file The report as one self-contained HTML page: tables, confusion matrices, reliability diagrams, training curves. */
import { escaped, listed, markupPage } from "../../core/markup.ts";
import { caseNamed, type RecoveryResult } from "../../experiments/recover/job.ts";
import { cells } from "../../experiments/recover/metrics.ts";
import type { Recovery } from "../../experiments/recover.ts";
import { type Chart, svgChart } from "../charts.ts";
import { folded, htmlTable, REPORT_STYLE, titledTable } from "../html.ts";
import type { Origin } from "./markdown.ts";
import {
  COLUMN_NOTES,
  ceilingTable,
  failures,
  methodTables,
  probeTables,
  targetTable,
  theoremTable,
  typeTables,
} from "./tables.ts";

/** The HTML page. */
export function recoverHtml({ results, verdicts, failed }: Recovery, { command, environment }: Origin): string {
  const wrong = failures(results, verdicts);
  const theorem = theoremTable(results);
  const names = [...new Set(results.map(({ job }) => job.case))];
  const body = [
    "<h1>Does the decomposition tell the truth?</h1>",
    "<p>Methods on data whose truth is known. Means over seeds on the test split, &plusmn; the half-width of the 95 % confidence interval. Bits are information about the class; a gate is a share of the prediction.</p>",
    "<h2>Targets</h2>",
    verdicts.length === 0
      ? "<p>No target concerns what was run.</p>"
      : folded(
          `${verdicts.filter(({ met }) => met).length} of ${verdicts.length} targets of dmil are met`,
          htmlTable(targetTable(verdicts)),
        ),
    "<h2>Where it still fails</h2>",
    wrong.length === 0 ? "<p>No target is missed.</p>" : listed(wrong),
    ...(failed.length === 0
      ? []
      : [
          "<p>Jobs that gave no result:</p>",
          `<ul>${failed.map(({ job, error }) => `<li class="missed">${escaped(`${job.case}, ${job.method}, seed ${job.seed}: ${error}`)}</li>`).join("")}</ul>`,
        ]),
    "<h2>By method</h2>",
    folded("What the columns mean", listed(COLUMN_NOTES)),
    ...[...methodTables(results), ceilingTable(results)].map((table) => titledTable(table)),
    ...(theorem === undefined ? [] : ["<h2>Theorem 1</h2>", titledTable(theorem)]),
    ...probeTables(results).map((table) => folded(table.title, htmlTable(table))),
    "<h2>Case by case</h2>",
    ...names.map((name) => caseSection(results.filter(({ job }) => job.case === name))),
    "<h2>To reproduce</h2>",
    `<pre>${escaped(command)}</pre>`,
    `<p>${escaped(
      Object.entries(environment)
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
    )}</p>`,
  ];
  return markupPage("dmil recover", REPORT_STYLE, body.join("\n"));
}

function caseSection(results: readonly RecoveryResult[]): string {
  const { title, name } = caseNamed(results[0]!.job.case);
  const confusions = cells(results).flatMap(({ method, results: own }) => confusion(method, own));
  return [
    `<details><summary>${escaped(name)}: ${escaped(title)}</summary>`,
    `<div class="row">${svgChart(curves(results))}${svgChart(reliability(results))}</div>`,
    ...(confusions.length === 0
      ? []
      : [
          "<h4>True type (rows) against largest atom, label-free (columns): share of the row</h4>",
          `<div class="row">${confusions.join("")}</div>`,
        ]),
    ...typeTables(results).map((table) => titledTable(table)),
    "</details>",
  ].join("\n");
}

/** Confusion matrix of true and predicted types over all seeds; darker cells have larger shares of their row. */
function confusion(method: string, results: readonly RecoveryResult[]): string[] {
  const tables = results.flatMap(({ metrics }) =>
    metrics.confusion === undefined ? [] : [metrics.confusion.labelFree],
  );
  if (tables.length === 0) return [];
  const components = results[0]!.metrics.components;
  const rows = components.flatMap((type) => {
    const counts = components.map((found) => tables.reduce((sum, table) => sum + (table[type]?.[found] ?? 0), 0));
    const all = counts.reduce((a, b) => a + b, 0);
    if (all === 0) return [];
    const painted = counts.map((n) => {
      const share = n / all;
      return `<td style="background:rgba(0,114,178,${(0.75 * share).toFixed(3)})">${share.toFixed(3)}</td>`;
    });
    return [`<tr><td>${escaped(type)}</td>${painted.join("")}</tr>`];
  });
  const head = components.map((name) => `<th>${escaped(name)}</th>`).join("");
  return [`<table><tr><th>${escaped(method)}</th>${head}</tr>${rows.join("")}</table>`];
}

/** Validation accuracy by epoch over all stages, of the first seed of each method. */
function curves(results: readonly RecoveryResult[]): Chart {
  const first = cells(results).map(({ method, results: own }) => ({ method, points: own[0]!.curves }));
  const longest = Math.max(1, ...first.map(({ points }) => points.length));
  const lowest = Math.min(...first.flatMap(({ points }) => points.map((point) => point.validationAccuracy)));
  return {
    title: `training: validation accuracy, seed ${results[0]!.job.seed}`,
    x: "epoch, stages one after another",
    y: "accuracy",
    range: { x: [1, Math.max(2, longest)], y: [Math.floor(lowest * 10) / 10, 1] },
    series: first.map(({ method, points }) => ({
      name: method,
      points: points.map((point, i) => [i + 1, point.validationAccuracy] as const),
    })),
  };
}

/** Reliability diagram: mean realised bits against mean predicted bits of all modalities together, by bin, over all seeds. */
function reliability(results: readonly RecoveryResult[]): Chart {
  const top = results[0]!.metrics.unit;
  return {
    title: "reliability of bits: predicted against realised",
    x: "label-free bits, mean of a bin",
    y: "bits with the label",
    range: { x: [0, top], y: [Math.min(0, -0.25 * top), 1.1 * top] },
    diagonal: true,
    series: cells(results).map(({ method, results: own }) => ({
      name: method,
      points: own
        .flatMap(({ metrics }) => metrics.reliability.total ?? [])
        .filter(({ samples }) => samples >= 20)
        .map(({ predicted, realised }) => [predicted, Math.max(realised, -0.25 * top)] as const)
        .sort(([a], [b]) => a - b),
    })),
  };
}
