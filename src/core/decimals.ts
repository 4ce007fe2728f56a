/** @file Numbers with a fixed number of decimals. */

/** Formats with a fixed number of decimals, without a minus sign for zero. */
export function decimals(value: number, digits: number): string {
  return value.toFixed(digits).replace(/^-(0\.0+)$/, "$1");
}
