/** @file Lines about features of frozen encoders while they are computed. */
import type { EncodingProgress } from "../features/frozen.ts";

/** Milliseconds between two lines of progress. */
const LINE_MS = 5000;

/** A line about progress, if it is time for one: `features of face, train: 1200 of 6698`. */
export function encodingLines(every: number = LINE_MS): (progress: EncodingProgress) => string | undefined {
  let shown = performance.now();
  return ({ modality, data, done, rows }) => {
    if (done < rows && performance.now() - shown < every) return undefined;
    shown = performance.now();
    return `features of ${modality}, ${data}: ${done} of ${rows}`;
  };
}
