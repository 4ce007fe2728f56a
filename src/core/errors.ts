/** @file The errors of this package: a code and fields for programs, and a message for users. */

/** The cause of an error, which determines who can fix it. */
export type ErrorCode = "ShapeError" | "DataError" | "ConfigError" | "RunError" | "MethodError" | "InternalError";

/** Facts of an error by name (a path, a row, a shape), for programs that react to it. */
export type ErrorFields = Readonly<Record<string, unknown>>;

/** Every error this package throws on purpose. The message says where it occurred, what was given, what is allowed and what to do. */
export class DmilError extends Error {
  readonly code: ErrorCode;
  readonly fields: ErrorFields;

  constructor(code: ErrorCode, message: string, fields: ErrorFields = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = code;
    this.code = code;
    this.fields = fields;
  }
}

/** Shapes that do not fit together. */
export function shapeError(message: string, fields?: ErrorFields): DmilError {
  return new DmilError("ShapeError", message, fields);
}

/** A file or an array with invalid content. */
export function dataError(message: string, fields?: ErrorFields): DmilError {
  return new DmilError("DataError", message, fields);
}

/** An option, flag or configuration file that is wrong. */
export function configError(message: string, fields?: ErrorFields): DmilError {
  return new DmilError("ConfigError", message, fields);
}

/** A run that cannot start, continue or be read. */
export function runError(message: string, fields?: ErrorFields): DmilError {
  return new DmilError("RunError", message, fields);
}

/** A method, layer or encoder that breaks its contract: its author can mend it. */
export function methodError(message: string, fields?: ErrorFields): DmilError {
  return new DmilError("MethodError", message, fields);
}

/** A broken invariant of this package: please report it. */
export function internalError(message: string, fields?: ErrorFields): DmilError {
  return new DmilError(
    "InternalError",
    `internal: ${message} Please report this with the command and the data's shapes.`,
    fields,
  );
}

/** The allowed word nearest to `word` by edit distance, if it is near enough to be a typing error. */
export function nearest(word: string, allowed: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of allowed) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `a, b, c`; for more than `most` names `a, b, ... and 990 more`. */
export function listing(names: readonly string[], most: number = 12): string {
  // The last one takes no more room than the words that would stand for it.
  if (names.length <= most + 1) return names.join(", ");
  return `${names.slice(0, most).join(", ")}, ... and ${names.length - most} more`;
}

/** Largest number of allowed words in a message: enough for all methods, and for the metrics of most runs. */
const MOST_ALLOWED = 40;

/** `"; did you mean x?"` or `". Allowed: a, b."`, to end a message about an unknown name. */
export function hint(word: string, allowed: readonly string[]): string {
  const near = nearest(word, allowed);
  return (near === undefined ? "." : `; did you mean "${near}"?`) + ` Allowed: ${listing(allowed, MOST_ALLOWED)}.`;
}

/** Edit distance: insertions, deletions, substitutions, and swaps of two neighbours. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  let before = previous;
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      // Two swapped letters count as one edit.
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const transposition = swapped ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(substitution, transposition, previous[j]! + 1, current[j - 1]! + 1));
    }
    [before, previous] = [previous, current];
  }
  return previous[b.length]!;
}
