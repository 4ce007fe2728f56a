/** @file The findings as one HTML page without scripts or external files; the numbers of every bar are printed beside it. */
import { escaped, listed, markupPage } from "../core/markup.ts";
import { atomLabel, bits } from "./findings.ts";
import {
  type Amount,
  ATOMS,
  CLASS_COLUMNS,
  type ClassMeans,
  type MeasuredAtoms,
  type Quantified,
  type QuantifyMeasure,
} from "./result.ts";

/** A short description of each measure. */
const TITLES: Readonly<Record<QuantifyMeasure, string>> = {
  broja: "minimum unique information over joint distributions with the same source-label margins",
  pmin: "pointwise minimum; also gives each sample its type",
  lsmi: "specificity less ambiguity",
  gaussian: "broja of jointly normal sources and values, from their covariance",
  cvx: "broja of clusters of features",
  imin: "the smaller information about each class",
  mmi: "the smaller information",
  ccs: "common change in surprisal",
  sx: "shared exclusions",
};

const STYLE = `
:root { color-scheme: light dark; --real: light-dark(#0072b2, #56b4e9); --null: light-dark(#d55e00, #e69f00);
  --faint: light-dark(#767676, #9a9a9a); --line: light-dark(#ddd, #444); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { border-top: 1px solid var(--line); padding-top: 1rem; } h3 { margin-bottom: .3rem; }
h3 small, .note, small { color: var(--faint); font-weight: normal; font-size: .875rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; } .amounts td:first-child { width: 13rem; }
td { border-top: 1px solid var(--line); }
.bar { min-width: 8rem; } .amounts th:nth-child(n+3), .amounts td:nth-child(n+3) { width: 1%; } .amounts td:last-child { min-width: 5rem; }
.bar div { position: relative; height: 1rem; } .bar i { position: absolute; }
.zero { width: 1px; height: 100%; background: var(--faint); }
.range { top: .3rem; height: .4rem; background: currentColor; opacity: .35; border-radius: .2rem; }
.value, .null { width: .6rem; height: .6rem; margin-left: -.3rem; top: .2rem; border-radius: 50%; }
.value { background: currentColor; } .null { box-shadow: inset 0 0 0 2px var(--null); }
.is-real { color: var(--real); } .is-not { color: var(--faint); }
.wide { overflow-x: auto; } .wide th, .wide td { padding: .25rem .4rem; } .lead { font-size: 1.1rem; }
@media (max-width: 44rem) {
  .amounts tr { display: grid; grid-template-columns: auto 1fr auto; column-gap: 1rem; padding: .3rem 0; } .amounts tr:first-child { display: none; }
  .amounts td { border: 0; padding: .1rem 0; text-align: left; } .amounts td:first-child { grid-column: span 2; width: auto; }
  .amounts td:nth-child(2) { grid-column: 1 / -1; order: 2; width: auto; } .amounts td:nth-child(n+3) { order: 3; }
  .amounts td:last-child { order: 1; text-align: right; } .amounts tr + tr { border-top: 1px solid var(--line); }
  .amounts td[data-name]::before { content: attr(data-name) " "; color: var(--faint); font-size: .875rem; }
}
@media print { body { margin: 0; max-width: none; } tr, h3 { break-inside: avoid; break-after: auto; } }`;

/** The page of one or several quantified pairs. */
export function quantifyPage(title: string, results: readonly Quantified[]): string {
  const body = `<h1>${escaped(title)}</h1>
<p>Information in bits. A dot is a value, the bar its 95 % interval, the ring what 95 % of runs without any information stay
below. An amount is called real when its interval does not reach 0 and it lies above the ring.</p>
${results.map(section).join("\n")}`;
  return markupPage(title, STYLE, body);
}

function section(result: Quantified): string {
  const { sources, target, samples, classes, informations, entropy, measures, findings, warnings, from } = result;
  const read = measures[0]?.measure === "gaussian" ? "read as jointly normal" : "read by cross-fitted classifiers";
  const how = from === "table" ? "counted" : read;
  const numbers = from === "values";
  const about = numbers
    ? `values of ${escaped(target)}`
    : `${classes.length} classes, H(${escaped(target)}) = ${bits(entropy)} bit`;
  const informationRows: [string, Amount][] = [
    [`${sources[0]} alone`, informations.I1],
    [`${sources[1]} alone`, informations.I2],
    ["both together", informations.I12],
  ];
  const general = findings.filter((line) => !measures.some(({ measure }) => line.startsWith(`${measure}: `)));
  return `<section><h2>${escaped(sources.join(" and "))}</h2>
<p class="note">${samples} samples, ${about}; ${how}.</p>
${general.map((line) => `<p class="lead">${escaped(line)}</p>`).join("\n")}
${warnings.length === 0 ? "" : `<h3>Warnings</h3>${listed(warnings)}`}
<h3>Information about the target</h3>${amountTable(informationRows)}
${measures.map((measure) => measured(measure, sources, findings)).join("\n")}
${numbers ? "" : bySample(result)}</section>`;
}

/** Shares of sample types, and means by class. */
function bySample({ types, byClass }: Quantified): string {
  const shares = Object.entries(types).map(([type, share]) => `${type} ${(100 * share!).toFixed(0)} %`);
  return `<h3>Samples by type</h3><p>${shares.join(", ")} <span class="note">(largest part by the pointwise minimum, above its null)</span></p>
<h3>By class</h3>
${classTable(byClass)}
<p class="note">Means over the samples of a class, ± half a 95 % interval; parts by the pointwise minimum, which may be negative.</p>`;
}

function measured(
  { measure, atoms, notes }: MeasuredAtoms,
  sources: Quantified["sources"],
  findings: readonly string[],
): string {
  const amounts = ATOMS.map((atom): [string, Amount] => [atomLabel(atom, sources), atoms[atom]]);
  return `<h3>${measure} <small>${TITLES[measure]}</small></h3>${amountTable(amounts)}
${listed(findings.filter((line) => line.startsWith(`${measure}: `)))}
${notes.map((text) => `<p class="note">Note: ${escaped(text)}</p>`).join("\n")}`;
}

function classTable(byClass: readonly ClassMeans[]): string {
  const rows = byClass.map((means) => {
    const cells = CLASS_COLUMNS.map((column) => {
      const { value, lower, upper } = means[column];
      return `<td>${bits(value)} <small>± ${((upper - lower) / 2).toFixed(2)}</small></td>`;
    });
    return `<tr><td>${escaped(means.name)}</td><td>${means.samples}</td>${cells.join("")}</tr>`;
  });
  const heads = CLASS_COLUMNS.map((column) => `<th>${column}</th>`).join("");
  return `<div class="wide"><table><tr><th>class</th><th>samples</th>${heads}</tr>\n${rows.join("\n")}</table></div>`;
}

/** One row per amount: a bar on a common scale, and its numbers. */
function amountTable(amounts: readonly (readonly [string, Amount])[]): string {
  const low = Math.min(0, ...amounts.flatMap(([, { lower, value, null95 }]) => [lower, value, null95]));
  const high = Math.max(0.01, ...amounts.flatMap(([, { upper, null95 }]) => [upper, null95]));
  const at = (value: number): string => `${((100 * (value - low)) / (high - low)).toFixed(2)}%`;
  const rows = amounts.map(([name, { value, lower, upper, null95, real }]) => {
    const width = `${((100 * (upper - lower)) / (high - low)).toFixed(2)}%`;
    const bar =
      `<i class="zero" style="left:${at(0)}"></i><i class="range" style="left:${at(lower)};width:${width}"></i>` +
      `<i class="value" style="left:${at(value)}"></i><i class="null" style="left:${at(null95)}"></i>`;
    const kind = real ? "is-real" : "is-not";
    return (
      `<tr><td>${escaped(name)}</td><td class="bar ${kind}"><div>${bar}</div></td><td><b>${bits(value)}</b></td>` +
      `<td>${bits(lower)} to ${bits(upper)}</td><td data-name="null">${bits(null95)}</td><td class="${kind}">${real ? "real" : "not shown"}</td></tr>`
    );
  });
  return `<table class="amounts"><tr><th></th><th></th><th>bits</th><th>95 % interval</th><th>null 95 %</th><th></th></tr>\n${rows.join("\n")}</table>`;
}
