/** @file Text inside HTML and SVG. */

/** Text with the characters that mean something in markup written as entities: safe between tags and in double quotes. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
