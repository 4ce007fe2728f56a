/** @file Numbers, times, tables and paths as people read them. */

/** Rows as aligned columns, two spaces apart; columns of numbers are aligned at the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, c) => Math.max(...all.map((row) => (row[c] ?? "").length)));
  const isNumeric = header.map((_, c) => rows.length > 0 && rows.every((row) => /^[-+\d.]*[%]?$/.test(row[c] ?? "")));
  const line = (row: readonly string[]): string =>
    widths
      .map((width, c) => (isNumeric[c] ? (row[c] ?? "").padStart(width) : (row[c] ?? "").padEnd(width)))
      .join("  ")
      .trimEnd();
  return all.map(line).join("\n");
}

/** A share or an accuracy: three decimals. */
export function share(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "-" : value.toFixed(3);
}

/** A loss: four digits that count. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toExponential(2) : value.toPrecision(4).slice(0, 6);
}

/** `2.1 s`, `3 min 20 s`, `1 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `1 sample`, `2 samples`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : /(s|x|ch|sh)$/.test(noun) ? "es" : "s"}`;
}

/** A path as one word of a shell. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
