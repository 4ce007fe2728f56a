/** @file The errors a user can meet: data first (code and fields), text second. */

/** Who is at fault, and so who can mend it. */
export type ErrorCode = "ShapeError" | "DataError" | "ConfigError" | "RunError" | "InternalError";

/** Facts of an error by name (a path, a row, a shape), for programs that react to it. */
export type ErrorFields = Readonly<Record<string, unknown>>;

/** Every error this package throws on purpose. The message says where, what was given, what is allowed, what to do. */
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

/** A file or an array that does not hold what it must. */
export function dataError(message: string, fields?: ErrorFields): DmilError {
  return new DmilError("DataError", message, fields);
}

/** An option, flag or configuration file that is wrong. */
export function configError(message: string, fields?: ErrorFields): DmilError {
  return new DmilError("ConfigError", message, fields);
}

/** A run that cannot start, go on or be read. */
export function runError(message: string, fields?: ErrorFields): DmilError {
  return new DmilError("RunError", message, fields);
}

/** A broken invariant of this package: please report it. */
export function internalError(message: string, fields?: ErrorFields): DmilError {
  return new DmilError(
    "InternalError",
    `internal: ${message} Please report this with the command and the data's shapes.`,
    fields,
  );
}

/** The allowed word nearest to `word` by edit distance, when near enough to be a slip of the hand. */
export function nearest(word: string, allowed: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of allowed) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `a, b, c`, and where there are more than `most` of them `a, b, ... and 990 more`. */
export function listing(names: readonly string[], most: number = 12): string {
  // The last one takes no more room than the words that would stand for it.
  if (names.length <= most + 1) return names.join(", ");
  return `${names.slice(0, most).join(", ")}, ... and ${names.length - most} more`;
}

/** So many allowed words are told: all methods, and the figures of most runs. */
const MOST_ALLOWED = 40;

/** `"; did you mean x?"` or `". Allowed: a, b."`, to end a message about an unknown name. */
export function hint(word: string, allowed: readonly string[]): string {
  const near = nearest(word, allowed);
  return (near === undefined ? "." : `; did you mean "${near}"?`) + ` Allowed: ${listing(allowed, MOST_ALLOWED)}.`;
}

/** Letters inserted, left out, exchanged for others, or two neighbours swapped. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  let before = previous;
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      // Two letters in the wrong order are one slip of the fingers.
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const transposition = swapped ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(substitution, transposition, previous[j]! + 1, current[j - 1]! + 1));
    }
    [before, previous] = [previous, current];
  }
  return previous[b.length]!;
}
