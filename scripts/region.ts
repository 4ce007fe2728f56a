/** @file Generated parts of documents: a command writes the region between two comments. */
import { readFileSync, writeFileSync } from "node:fs";
import * as os from "node:os";

/** Replaces the text between `<!-- name: made by ... -->` and `<!-- end of name -->`. @throws Error if the file has no such region. */
export function writeRegion(file: string, name: string, command: string, text: string): void {
  const old = readFileSync(file, "utf8");
  const region = new RegExp(`<!-- ${name}: made by .*? -->[\\s\\S]*?<!-- end of ${name} -->`);
  if (!region.test(old)) throw new Error(`${file} has no region "${name}"; add its two comments.`);
  const made = `<!-- ${name}: made by \`${command}\` -->\n\n${text.trim()}\n\n<!-- end of ${name} -->`;
  writeFileSync(
    file,
    old.replace(region, () => made),
  );
}

/** A Markdown table with its columns padded to one width. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, c) => Math.max(3, ...rows.map((row) => row[c]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, c) => cell.padEnd(widths[c]!)).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head!), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

/** Conditions of a measurement: date, processor, cores, load, Node. */
export function machine(): string {
  const load = os.loadavg()[0]!.toFixed(1);
  const [cpu] = os.cpus();
  return `${new Date().toISOString().slice(0, 10)}, ${cpu?.model.trim() ?? "unknown processor"}, ${os.cpus().length} cores (load ${load}), Node ${process.version}`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
