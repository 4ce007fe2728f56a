/** @file Text inside HTML and SVG, and the frame of a page. */

/** Text with the characters that mean something in markup written as entities: safe between tags and in double quotes. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Texts as a list of points. */
export function listed(lines: readonly string[]): string {
  return `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>`;
}

/** A page that needs nothing else: `style` and `script` are written into it, `body` is markup. */
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
