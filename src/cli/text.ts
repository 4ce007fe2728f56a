/** @file Numbers, times, tables and paths as people read them. */

/** Rows as aligned columns, two spaces apart; columns of numbers (below their first row) are aligned at the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const layout = Array.from({ length: columns }, (_, c) => {
    const cells = rows.map((row) => row[c] ?? "");
    return {
      width: Math.max(...cells.map((cell) => cell.length)),
      isNumeric: cells.slice(1).every((cell) => /^[-+\d.]+$/.test(cell)),
    };
  });
  const line = (row: readonly string[]): string =>
    layout
      .map(({ width, isNumeric }, c) => (isNumeric ? (row[c] ?? "").padStart(width) : (row[c] ?? "").padEnd(width)))
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
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

/** `1 sample`, `2 samples`, `2 classes`, `2 modalities`. */
export function count(n: number, noun: string): string {
  const plural = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : noun.endsWith("ss") ? `${noun}es` : `${noun}s`;
  return `${n} ${n === 1 ? noun : plural}`;
}

/** A path as one word of a shell. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
