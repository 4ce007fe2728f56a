/** @file A line of progress that is written over. */
import { printable } from "../core/printable.ts";

/** One line at the foot of a terminal that is written over; nothing elsewhere. */
export function liveLine(quiet: boolean): { show(text: string): void; clear(): void } {
  const on = !quiet && process.stderr.isTTY === true;
  return {
    show: (text) =>
      void (on && process.stderr.write(`\r\x1b[2K${printable(text).slice(0, process.stderr.columns - 1)}`)),
    clear: () => void (on && process.stderr.write("\r\x1b[2K")),
  };
}
