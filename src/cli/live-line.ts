/** @file A progress line that is overwritten. */
import { printable } from "../core/printable.ts";

/** A progress line at the bottom of a terminal; prints nothing if stderr is not a terminal. */
export function liveLine(quiet: boolean): { show(text: string): void; clear(): void } {
  const isLive = !quiet && process.stderr.isTTY === true;
  return {
    show: (text) =>
      void (isLive && process.stderr.write(`\r\x1b[2K${printable(text).slice(0, process.stderr.columns - 1)}`)),
    clear: () => void (isLive && process.stderr.write("\r\x1b[2K")),
  };
}
