/** @file Numbers with a fixed number of decimals. */

/** So many decimals, and no minus zero. */
export function decimals(value: number, digits: number): string {
  return value.toFixed(digits).replace(/^-(0\.0+)$/, "$1");
}
