/** @file A comparison as one HTML page that needs nothing else: tables that sort, a dot a run, training curves, how to reproduce it. */
import { escaped, listed, markupPage } from "../../core/markup.ts";
import { type Comparison, type MethodResult, type Setting, settingName } from "../../experiments/compare/compare.ts";
import type { CurvePoint, Trace } from "../../experiments/compare/trace.ts";
import { type ComparedSweeps, environmentLine } from "../../experiments/compare.ts";
import type { SweepEntry } from "../../experiments/entry.ts";
import { type Chart, type Series, svgChart } from "../charts.ts";
import { folded, htmlTable, REPORT_STYLE, SORT_SCRIPT, titledTable } from "../html.ts";
import { firstsTable, missingLines, overviewTable, shareGroups, shareTable } from "./overview.ts";
import { protocolLines, tuningLines } from "./protocol.ts";
import { columnNotes, kappaTable, stabilityTables } from "./stability-tables.ts";
import { classTable, fullTables, spread } from "./tables.ts";

const STYLE = `${REPORT_STYLE}
.dots { display: grid; gap: 0 1rem; margin: 1rem 0; align-items: center; font-size: 13px; font-variant-numeric: tabular-nums; }
.dots > div { display: grid; grid-template-columns: 11rem 1fr 8.5rem; gap: 0 1rem; align-items: center; }
.dots svg { display: block; width: 100%; height: 20px; } .dots .value { text-align: right; white-space: nowrap; }
.dots .interval { stroke: var(--c0); stroke-width: 5; opacity: .3; } .dots .run { fill: var(--c0); opacity: .75; }
.dots .mean { stroke: currentColor; stroke-width: 2; } .dots .reference { stroke: var(--c1); stroke-dasharray: 3 3; }
.dots .best { font-weight: 700; } .dots .tied { font-style: italic; } .dots .axis { color: var(--faint); }
nav { columns: 16rem; } nav a { display: block; }
@media (max-width: 40rem) {
  .dots > div { grid-template-columns: 1fr auto; } .dots svg { grid-column: 1 / -1; order: 3; margin-bottom: .3rem; }
}`;

/** The page. */
export function compareHtml(comparison: ComparedSweeps, command: string): string {
  const overview = overviewTable(comparison);
  const kappas = kappaTable(comparison);
  const missing = missingLines(comparison);
  const { settings, notes, traces } = comparison;
  const links = settings.map((setting, i) => `<a href="#set${i}">${escaped(settingName(setting))}</a>`);
  const body = [
    "<h1>Methods compared</h1>",
    "<p>The <b>best</b> is in bold; in <i>italics</i> what is not shown to differ from it. A click on a head sorts.</p>",
    folded("How figures were made and tested", listed(protocolLines(comparison))),
    folded("What the columns mean", listed(columnNotes(comparison))),
    ...(notes.length === 0 ? [] : ["<h3>Notes</h3>", listed(notes)]),
    ...(missing.length === 0 ? [] : [`<h3 class="missed">Runs that are missing</h3>`, listed(missing)]),
    "<h2>At a glance</h2>",
    ...(overview === undefined ? [] : [titledTable(overview, true)]),
    titledTable(firstsTable(comparison)),
    ...(kappas === undefined ? [] : [titledTable(kappas, true)]),
    ...shareSection(comparison),
    ...(links.length > 1 ? ["<h2>Set by set</h2>", `<nav>${links.join("")}</nav>`] : []),
    ...settings.map((setting, i) => settingSection(setting, i, comparison.split, traces)),
    ...reproduction(comparison, command),
  ];
  return markupPage("dmil compare", STYLE, body.join("\n"), SORT_SCRIPT);
}

function settingSection(setting: Setting, i: number, split: string, traces: ReadonlyMap<SweepEntry, Trace>): string {
  const [main, ...more] = fullTables(setting, split);
  const classes = classTable(setting);
  const curves = curveCharts(setting, traces);
  return [
    `<h2 id="set${i}">${escaped(main!.title)}</h2>`,
    dots(setting),
    htmlTable(main!, true),
    ...[...more, ...stabilityTables(setting)].map((table) => folded(table.title, htmlTable(table, true))),
    ...(classes === undefined ? [] : [folded(classes.title, htmlTable(classes, true))]),
    ...(curves.length === 0
      ? []
      : [
          folded(
            "training: validation accuracy by epoch, stages one after another",
            `<p class="note">A line a run${setting.against === undefined ? "" : `; grey: the first run of ${escaped(setting.against)}`}.</p><div class="row">${curves.map(svgChart).join("")}</div>`,
          ),
        ]),
  ].join("\n");
}

/** A row a method: a dot a run, the mean and its interval on a scale that all rows share. */
function dots({ methods, metrics: [ranking], against }: Setting): string {
  const { name, digits, read } = ranking!;
  const valuesOf = ({ runs }: MethodResult): number[] => runs.flatMap((run) => read(run) ?? []);
  const values = methods.flatMap(valuesOf);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const pad = Math.max(0.1 * (most - least), 0.5 * 10 ** -digits);
  const [low, high] = [least - pad, most + pad];
  const at = (value: number): string => `${((100 * (value - low)) / (high - low)).toFixed(2)}%`;
  const reference = methods.find(({ method }) => method === against)?.metrics[name];
  const line = (value: number, kind: string): string =>
    `<line class="${kind}" x1="${at(value)}" x2="${at(value)}" y1="0" y2="20"/>`;
  const rows = methods.map((result) => {
    const mean = result.metrics[name];
    const interval =
      mean === undefined || Number.isNaN(mean.lower)
        ? ""
        : `<line class="interval" x1="${at(Math.max(low, mean.lower))}" x2="${at(Math.min(high, mean.upper))}" y1="10" y2="10"/>`;
    const runs = valuesOf(result).map((value) => `<circle class="run" cx="${at(value)}" cy="10" r="3.5"/>`);
    const parts = [
      reference === undefined ? "" : line(reference.mean, "reference"),
      interval,
      ...runs,
      mean === undefined ? "" : line(mean.mean, "mean"),
    ];
    return `<div><span>${escaped(result.method)}</span><svg role="img" aria-label="${escaped(`${result.method} ${spread(mean, digits)}`)}">${parts.join("")}</svg><span class="value ${result.mark ?? ""}">${spread(mean, digits)}</span></div>`;
  });
  const ticks = [0.02, 0.35, 0.68, 0.98].map((t, i) => {
    const anchor = i === 0 ? "start" : i === 3 ? "end" : "middle";
    return `<text x="${100 * t}%" y="14" text-anchor="${anchor}">${(low + t * (high - low)).toFixed(digits)}</text>`;
  });
  const legend = reference === undefined ? "" : `; dashed: mean of ${escaped(against!)}`;
  return `<div class="dots">${rows.join("\n")}<div class="axis"><span></span><svg aria-hidden="true">${ticks.join("")}</svg><span></span></div></div>
<p class="note">A dot a run; bar: mean with its 95 % interval, cut where it leaves the scale${legend}.</p>`;
}

/** A small chart a method, on scales that all share. */
function curveCharts({ methods, against }: Setting, traces: ReadonlyMap<SweepEntry, Trace>): Chart[] {
  const curvesOf = ({ runs }: MethodResult): Series[] =>
    runs.flatMap((run) => {
      const curve = traces.get(run)?.curve ?? [];
      return curve.length === 0 ? [] : [{ name: `seed ${run.seed}`, points: curve }];
    });
  const own = methods.map((result) => ({ method: result.method, series: curvesOf(result) }));
  const points: CurvePoint[] = own.flatMap(({ series }) => series.flatMap((one) => one.points));
  if (points.length === 0) return [];
  const reference = own.find(({ method }) => method === against)?.series[0];
  const range = {
    x: [1, Math.max(2, ...points.map(([epoch]) => epoch))],
    y: [
      Math.floor(10 * Math.min(...points.map(([, value]) => value))) / 10,
      Math.ceil(10 * Math.max(...points.map(([, value]) => value))) / 10,
    ],
  } as const;
  return own
    .filter(({ series }) => series.length > 0)
    .map(({ method, series }) => ({
      title: method,
      x: "epoch",
      y: "",
      range,
      small: true,
      series: [...series, ...(reference === undefined || method === against ? [] : [{ ...reference, faint: true }])],
    }));
}

/** So many lines a chart of shares has at most; the table has all. */
const MOST_LINES = 8;

/** Charts and tables of metrics by share of the training samples. */
function shareSection(comparison: Comparison): string[] {
  const groups = shareGroups(comparison);
  if (groups.length === 0) return [];
  const parts = groups.map((group) => {
    const largest = group.at(-1)!;
    const ranking = largest.metrics[0]!;
    const first = largest.methods.filter(({ method }, i) => i < MOST_LINES || method === largest.against);
    const series = first.map(
      ({ method }): Series => ({
        name: method,
        points: group.flatMap(({ trainShare, methods }) => {
          const mean = methods.find((result) => result.method === method)?.metrics[ranking.name]?.mean;
          return mean === undefined ? [] : [[trainShare, mean] as const];
        }),
      }),
    );
    const values = series.flatMap(({ points }) => points.map(([, value]) => value));
    const table = shareTable(group);
    const chart: Chart = {
      title: `${settingName({ ...largest, trainShare: 1 })}: ${ranking.heading}`,
      x: "share of the training samples",
      y: ranking.heading,
      range: { x: [group[0]!.trainShare, largest.trainShare], y: [Math.min(...values), Math.max(...values)] },
      shares: group.map(({ trainShare }) => trainShare),
      marked: true,
      series,
    };
    return `<div class="row">${svgChart(chart)}<div>${titledTable(table, true)}</div></div>`;
  });
  return ["<h2>By share of the training samples</h2>", ...parts];
}

function reproduction(comparison: ComparedSweeps, command: string): string[] {
  const { sweeps, environments } = comparison;
  const tuning = tuningLines(comparison);
  const commands = [...sweeps.flatMap(({ head }) => (head === undefined ? [] : [head.command])), command];
  const runs = comparison.settings.flatMap(({ methods }) => methods.flatMap((result) => result.runs));
  const configs = new Map(runs.flatMap(({ method, config }) => (config === undefined ? [] : [[method, config]])));
  const json = (value: unknown): string => `<pre>${escaped(JSON.stringify(value, undefined, 1))}</pre>`;
  return [
    "<h2>To reproduce</h2>",
    `<pre>${escaped(commands.join("\n"))}</pre>`,
    ...environments.map((environment) => `<p class="note">${escaped(environmentLine(environment))}</p>`),
    ...(tuning.length === 0 ? [] : [folded("Tuning, on validation data", listed(tuning))]),
    ...sweeps.flatMap(({ label, head }) =>
      head === undefined ? [] : [folded(`Experiment of ${label}`, json(head.experiment))],
    ),
    ...[...configs].map(([method, config]) => folded(`Settings of ${method} (its last run)`, json(config))),
    folded(
      "Identities of all runs",
      `<pre>${escaped(runs.map(({ id, data, method, seed, split }) => `${id}  ${data} ${method} seed ${seed} ${split}`).join("\n"))}</pre>`,
    ),
  ];
}
