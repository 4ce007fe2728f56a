/** @file Parts of Markdown pages: titled tables, sections that vanish when they are empty, lists. */
import { markdownEscaped } from "../core/markup.ts";
import { markdownTable, type TextTable } from "./text-table.ts";

/** A table under its title. */
export function titled(table: TextTable, level = 3): string[] {
  return [`${"#".repeat(level)} ${markdownEscaped(table.title)}`, markdownTable(table)];
}

/** A heading with its content; nothing if there is no content. */
export function section(title: string, content: readonly string[]): string[] {
  return content.length === 0 ? [] : [title, ...content];
}

/** A list. */
export function points(lines: readonly string[]): string {
  return lines.map((line) => `- ${markdownEscaped(line)}`).join("\n");
}

/** The paragraphs as one page. */
export function markdownPage(parts: readonly string[]): string {
  return `${parts.join("\n\n")}\n`;
}
