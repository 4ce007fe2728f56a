/** @file Parts of HTML reports: tables, collapsible sections, and the style for light, dark, phone and print. */
import { escaped } from "../core/markup.ts";
import type { TextTable } from "./text-table.ts";

/** The style of all reports. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#ddd, #444); --faint: light-dark(#666, #a3a3a3); --shade: light-dark(#f3f3f3, #2a2a2a);
  --good: light-dark(#19702d, #5fc77a); --bad: light-dark(#b3261e, #ff8a80);
  --c0: light-dark(#0072b2, #56b4e9); --c1: light-dark(#c04f00, #f0894a); --c2: light-dark(#00795a, #2fc49a);
  --c3: light-dark(#a8487f, #e39cc5); --c4: light-dark(#9a6a00, #e9b23c); --c5: light-dark(#5b4bb5, #a99df0); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; } p, li { overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; } h2 { margin-top: 2.5rem; padding-top: .8rem; border-top: 1px solid var(--line); }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { vertical-align: bottom; } th:first-child, td:first-child, td.text, th.text { text-align: left; }
.scroll { overflow-x: auto; } .scroll th:first-child, .scroll td:first-child { position: sticky; left: 0; background: Canvas; }
.sortable th { cursor: pointer; } .sortable th:hover { text-decoration: underline; }
[aria-sort=ascending]::after { content: " \\2191"; } [aria-sort=descending]::after { content: " \\2193"; } .met { color: var(--good); } .missed { color: var(--bad); font-weight: 600; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; } .row > * { min-width: 0; max-width: 100%; } td.long { white-space: normal; min-width: 16rem; } svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
svg text.title { font-weight: 600; font-size: 12px; } svg { max-width: 100%; height: auto; }
.grid { stroke: var(--line); } .diagonal { stroke: #888; stroke-dasharray: 4 3; }
details { margin: .5rem 0; } summary { cursor: pointer; font-weight: 600; } pre { background: var(--shade); padding: .6rem; overflow-x: auto; }
td.best { font-weight: 700; } td.tied { font-style: italic; } .note { color: var(--faint); }
@media print { body { margin: 0; max-width: none; } tr, h3, svg { break-inside: avoid; } }`;

/** Sorts a table by a click on its header: words ascending, numbers descending; a second click reverses the order. */
export const SORT_SCRIPT = `
for (const th of document.querySelectorAll(".sortable th")) {
  th.tabIndex = 0;
  const sort = () => {
    const body = th.closest("table").tBodies[0], text = (tr) => tr.cells[th.cellIndex].textContent;
    const rows = [...body.rows], number = (tr) => parseFloat(text(tr).replace("<", ""));
    const numeric = rows.some((tr) => !Number.isNaN(number(tr))), before = th.getAttribute("aria-sort");
    const up = before === null ? !numeric : before === "descending";
    const order = (a, b) => (numeric ? number(a) - number(b) : text(a).localeCompare(text(b))) * (up ? 1 : -1);
    const known = (tr) => !numeric || !Number.isNaN(number(tr));
    for (const other of th.parentNode.cells) other.removeAttribute("aria-sort");
    th.setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append(...rows.filter(known).sort(order), ...rows.filter((tr) => !known(tr)));
  };
  th.onclick = sort;
  th.onkeydown = (event) => { if (event.key === "Enter") sort(); };
}
`;

/** A table; columns of words are left-aligned. A wide table scrolls; a sortable table needs SORT_SCRIPT. */
export function htmlTable({ header, rows, marks }: TextTable, sortable = false): string {
  const isText = header.map((_, c) => rows.some((row) => /^[a-zA-Z]/.test(row[c] ?? "")));
  const kind = (r: number, c: number, text: string): string => {
    const names = [
      ...(text === "met" || text === "missed" ? [text] : isText[c] ? ["text"] : []),
      ...(text.length > 40 ? ["long"] : []),
      ...(marks?.[r]?.[c] === undefined ? [] : [marks[r][c]]),
    ];
    return names.length === 0 ? "" : ` class="${names.join(" ")}"`;
  };
  const head = header.map((text, c) => `<th${isText[c] ? ' class="text"' : ""}>${escaped(text)}</th>`).join("");
  const lines = rows.map(
    (row, r) => `<tr>${row.map((text, c) => `<td${kind(r, c, text)}>${escaped(text)}</td>`).join("")}</tr>`,
  );
  return `<div class="scroll"><table${sortable ? ' class="sortable"' : ""}><thead><tr>${head}</tr></thead><tbody>${lines.join("\n")}</tbody></table></div>`;
}

/** A table with its title. */
export function titledTable(table: TextTable, sortable = false): string {
  return `<h3>${escaped(table.title)}</h3>${htmlTable(table, sortable)}`;
}

/** A collapsible section. */
export function folded(summary: string, body: string): string {
  return `<details><summary>${escaped(summary)}</summary>${body}</details>`;
}
