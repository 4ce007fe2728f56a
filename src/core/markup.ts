/** @file Text inside HTML, SVG, Markdown and LaTeX, and the frame of a page. */
import { printable } from "./printable.ts";

/** Escapes text for HTML and SVG: safe between tags and in double quotes. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Escapes one line of text for Markdown, so that it is shown literally. */
export function markdownEscaped(text: string): string {
  // An underscore inside a word means nothing in Markdown; names are easier to read in the source without a backslash.
  return printable(text)
    .replace(/[\\`*[\]<>|~]|(?<![a-z0-9])_|_(?![a-z0-9])/gi, "\\$&")
    .replaceAll("&", "&amp;");
}

/** Text as a block of code in Markdown; the fence is longer than any that the text holds. */
export function markdownCode(language: string, text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

const TEX: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "±": "$\\pm$",
  "<": "$<$",
  ">": "$>$",
};

/** Escapes one line of text for LaTeX. */
export function texEscaped(text: string): string {
  return printable(text)
    .replace(/[\\{}$&#%_~^±<>]/g, (sign) => TEX[sign] ?? `\\${sign}`)
    .replace(/(^|\s)-(?=[\d.])/g, "$1$-$");
}

/** Texts as a list of points. */
export function listed(lines: readonly string[]): string {
  return `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>`;
}

/** A self-contained HTML page: `style` and `script` are inlined, `body` is markup. */
export function markupPage(title: string, style: string, body: string, script?: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}
</style></head><body>
${body}
${script === undefined ? "" : `<script>${script}</script>\n`}</body></html>
`;
}
