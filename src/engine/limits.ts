/** @file Sizes that decide how a stage is computed. They change time and memory, and within float32 rounding nothing else. */

/** Models with at least this many parameters train faster with two threads. Measured. */
export const TWO_THREADS = 500_000;

/** Features of frozen parts are cached up to this many numbers (1 GiB); larger ones are computed in every step. */
export const KEPT_LIMIT: number = 2 ** 28;

/** Stored statistics are means over this many training samples: precise enough, and cheap to recompute. */
export const REFERENCE_SAMPLES = 2048;

/** Samples that predictions and a stage's statistics compute at a time. */
export const EVALUATED_AT_ONCE = 256;

/** Fewer samples are computed at a time where an array of the graph would have more numbers than this (64 MiB), as with maps of large images. */
export const EVALUATED_ARRAY: number = 2 ** 24;
