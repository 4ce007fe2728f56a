/** @file The results of `dmil bits` as one self-contained HTML page. */
import { decimals } from "../core/decimals.ts";
import { escaped, listed, markupPage } from "../core/markup.ts";
import type { Interval } from "../info/index.ts";
import { componentLabel, type ForeignReport } from "../interactions/foreign/index.ts";
import { classTable, componentTable, removalTable, setTable, shapleyTable } from "./bits-tables.ts";
import { folded, htmlTable, REPORT_STYLE, SORT_SCRIPT, titledTable } from "./html.ts";

/** Number of samples on a page; the tables beside it contain all. */
const SHOWN = 200;

const STYLE = `${REPORT_STYLE}
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: .3rem 1rem; align-items: center; max-width: 52rem; }
.bars div { position: relative; height: 1.1rem; } .bars i { position: absolute; height: 100%; }
.bars .mean { background: var(--c0); opacity: .75; } .bars .range { height: .2rem; top: .45rem; background: currentColor; }
.bars .zero { width: 1px; background: var(--faint); } .bars b { font-variant-numeric: tabular-nums; font-weight: 600; }
.lead { font-size: 1.1rem; } .bars small { color: var(--faint); }
@media (max-width: 40rem) { .bars { grid-template-columns: 1fr max-content; } .bars div { grid-column: 1 / -1; order: 0; } }`;

/** Inputs of a page besides the report. */
export interface BitsFacts {
  readonly title: string;
  /** How the input was interpreted. */
  readonly taken: readonly string[];
  /** For an ONNX model: the report for each way of removing modalities. */
  readonly removals?: Readonly<Record<string, ForeignReport>>;
}

/** The page of one report. */
export function bitsPage(report: ForeignReport, { title, taken, removals }: BitsFacts): string {
  const { verdicts, notes, samples, labelled, classes, modalities } = report;
  const shapley = shapleyTable(report);
  const body = [
    `<h1>${escaped(title)}</h1>`,
    `<p class="note">${samples} samples, ${labelled} with a label; ${classes.length} classes; ${escaped(modalities.join(", "))}.</p>`,
    ...verdicts.map((line) => `<p class="lead">${escaped(line)}</p>`),
    ...(notes.length === 0 ? [] : ["<h3>Notes</h3>", listed(notes)]),
    "<h2>Bits a sample</h2>",
    bars(report.bits),
    titledTable(componentTable(report)),
    `<p class="note">Label-free bits are how far predictions move from the prior; realised bits are how far they move the label's own probability, and fall below 0 where a prediction misleads.</p>`,
    titledTable(setTable(report)),
    titledTable(classTable(report)),
    ...(shapley === undefined ? [] : [titledTable(shapley)]),
    ...(removals === undefined ? [] : [titledTable(removalTable(removals))]),
    folded(`The first ${Math.min(SHOWN, samples)} samples`, sampleTable(report)),
    folded("How the input was read", listed(taken)),
  ];
  return markupPage(title, STYLE, body.join("\n"), SORT_SCRIPT);
}

/** One bar per component on a common scale, with its values. */
function bars(bits: Readonly<Record<string, Interval>>): string {
  const all = Object.values(bits);
  const low = Math.min(0, ...all.map(({ lower }) => lower));
  const high = Math.max(0.01, ...all.map(({ upper }) => upper));
  const at = (value: number): number => (100 * (value - low)) / (high - low);
  const box = (kind: string, from: number, to: number): string =>
    `<i class="${kind}" style="left:${at(from).toFixed(2)}%;width:${(at(to) - at(from)).toFixed(2)}%"></i>`;
  const rows = Object.entries(bits).map(([name, { value, lower, upper }]) => {
    const about = name === "total" ? "all together" : componentLabel(name);
    const bar = `${box("mean", Math.min(0, value), Math.max(0, value))}${box("range", lower, upper)}<i class="zero" style="left:${at(0).toFixed(2)}%"></i>`;
    return `<span>${escaped(name)} <small>${escaped(about)}</small></span><div>${bar}</div><b>${decimals(value, 3)}</b>`;
  });
  return `<div class="bars">${rows.join("\n")}</div>`;
}

function sampleTable({ rows, bits }: ForeignReport): string {
  const columns = ["id", "label", "prediction", ...Object.keys(bits).map((name) => `bits_${name}`), "largest"];
  const text = (cell: string | number | undefined): string =>
    typeof cell === "number" ? decimals(cell, 3) : (cell ?? "-");
  const shown = rows.slice(0, SHOWN).map((row) => columns.map((name) => text(row[name])));
  return htmlTable({ title: "", header: columns.map((name) => name.replace("bits_", "")), rows: shown }, true);
}
