/** @file The findings as one HTML page: no script, no outside files; charts are SVG with the numbers beside them. */
import { escaped } from "../../core/markup.ts";
import { atomLabel, bits } from "./findings.ts";
import { type Amount, ATOMS, type Quantified } from "./result.ts";

/** The page of one or several quantified pairs. */
export function quantifyPage(title: string, results: readonly Quantified[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; } td, th { padding: .2rem .8rem; text-align: right; }
td:first-child, th:first-child { text-align: left; } tr + tr { border-top: 1px solid #8884; }
svg text { font: 13px system-ui, sans-serif; fill: currentColor; } .note { color: #777; font-size: .9rem; }
@media print { body { margin: 0; } }
</style></head><body>
<h1>${escaped(title)}</h1>
<p>Information about the label, in bits. Bars are 95 % intervals; the open mark is what 95 % of runs without any information stay below.
An amount is called real when its interval does not reach 0 and it lies above that mark.</p>
${results.map(section).join("\n")}
</body></html>
`;
}

function section(result: Quantified): string {
  const { sources, samples, classes, informations, entropy, measures, findings, warnings, byClass, from } = result;
  const how = from === "table" ? "counted" : "read by cross-fitted classifiers";
  const known: [string, Amount][] = [
    [`${sources[0]} alone`, informations.I1],
    [`${sources[1]} alone`, informations.I2],
    ["both together", informations.I12],
  ];
  const parts = measures.map(({ measure, atoms, notes }) => {
    const amounts = ATOMS.map((atom): [string, Amount] => [atomLabel(atom, sources), atoms[atom]]);
    return `<h3>${measure}</h3>${figure(amounts)}${amountTable(amounts)}<p class="note">${notes.map(escaped).join(" ")}</p>`;
  });
  return `<section><h2>${escaped(sources.join(" and "))}</h2>
<p>${samples} samples, ${classes.length} classes, H(Y) = ${bits(entropy)} bit; ${how}.</p>
${list(findings)}
${warnings.length === 0 ? "" : `<h3>Warnings</h3>${list(warnings)}`}
<h3>What is told</h3>${figure(known)}${amountTable(known)}
${parts.join("\n")}
<h3>By class</h3>
<table><tr><th>class</th><th>samples</th><th>I1</th><th>I2</th><th>I12</th><th>R</th><th>U1</th><th>U2</th><th>S</th></tr>
${byClass
  .map(
    (own) =>
      `<tr><td>${escaped(own.name)}</td><td>${own.samples}</td>${[own.I1, own.I2, own.I12, own.R, own.U1, own.U2, own.S].map((v) => `<td>${bits(v)}</td>`).join("")}</tr>`,
  )
  .join("\n")}</table>
<p class="note">Means over the samples of a class; parts by the pointwise minimum, which may be negative.</p></section>`;
}

function list(lines: readonly string[]): string {
  return `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>`;
}

function amountTable(amounts: readonly (readonly [string, Amount])[]): string {
  const rows = amounts.map(
    ([name, { value, lower, upper, null95, real }]) =>
      `<tr><td>${escaped(name)}</td><td>${bits(value)}</td><td>${bits(lower)} to ${bits(upper)}</td><td>${bits(null95)}</td><td>${real ? "real" : "not shown"}</td></tr>`,
  );
  return `<table><tr><th></th><th>bits</th><th>95 % interval</th><th>null 95 %</th><th></th></tr>${rows.join("")}</table>`;
}

const LEFT = 230;
const RIGHT = 20;
const WIDTH = 720;
const LINE = 30;

/** A dot with its interval and the null's mark per amount, on one scale from 0 or below. */
function figure(amounts: readonly (readonly [string, Amount])[]): string {
  const low = Math.min(0, ...amounts.map(([, { lower, value }]) => Math.min(lower, value)));
  const high = Math.max(0.01, ...amounts.map(([, { upper, null95 }]) => Math.max(upper, null95)));
  const at = (value: number): string => (LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const height = LINE * amounts.length + 24;
  const lines = amounts.map(([name, { value, lower, upper, null95, real }], i) => {
    const y = LINE * i + LINE / 2;
    const color = real ? "#0072b2" : "#999999";
    return (
      `<text x="${LEFT - 12}" y="${y + 5}" text-anchor="end">${escaped(name)}</text>` +
      `<line x1="${at(lower)}" x2="${at(upper)}" y1="${y}" y2="${y}" stroke="${color}" stroke-width="6" stroke-opacity=".4"/>` +
      `<circle cx="${at(value)}" cy="${y}" r="5" fill="${color}"/>` +
      `<circle cx="${at(null95)}" cy="${y}" r="5" fill="none" stroke="#d55e00" stroke-width="2"/>`
    );
  });
  const base = height - 20;
  const title = amounts.map(([name, { value }]) => `${name} ${bits(value)}`).join(", ");
  return (
    `<svg viewBox="0 0 ${WIDTH} ${height}" width="100%" role="img" aria-label="${escaped(title)}">` +
    `<line x1="${at(0)}" x2="${at(0)}" y1="0" y2="${base}" stroke="currentColor" stroke-opacity=".4"/>` +
    `${lines.join("")}<text x="${at(0)}" y="${height - 4}" text-anchor="middle">0</text>` +
    `<text x="${at(high)}" y="${height - 4}" text-anchor="end">${bits(high)} bit</text></svg>`
  );
}
