/**
 * @file The ceiling of data with planted truth: class posteriors of a strong classifier of the inputs. Under noise no classifier extracts
 * all the planted information, so a model should be compared with the ceiling, not only with the planted truth.
 */
import { dataError, listing } from "../core/errors.ts";
import { float32, type Tensor } from "../core/tensor.ts";

/** Log-probabilities of the classes of N samples, nats: given all modalities [N, K], and given each alone [N, K]. */
export interface Posteriors {
  readonly logits: Float32Array;
  readonly unimodal: Readonly<Record<string, Float32Array>>;
}

/** Location of a ceiling in dataset.json: an array [N, 1 + M, K], given all modalities together first, then given each of `of`. */
export interface CeilingPlace {
  readonly array: string;
  readonly of: readonly string[];
}

/** The posteriors as one array [N, 1 + M, K], and the modalities in its order. */
export function ceilingArray({ logits, unimodal }: Posteriors, classes: number): Tensor<"float32"> {
  const parts = [logits, ...Object.values(unimodal)];
  const n = logits.length / classes;
  const out = float32([n, parts.length, classes]);
  for (let i = 0; i < n; i++) {
    parts.forEach((part, p) => {
      out.data.set(part.subarray(i * classes, (i + 1) * classes), (i * parts.length + p) * classes);
    });
  }
  return out;
}

/** The posteriors of an array made by `ceilingArray`. @throws DataError for another shape, and for rows whose probabilities do not sum to 1. */
export function ceilingFrom(
  array: Tensor<"float32">,
  of: readonly string[],
  classes: number,
  where: string,
): Posteriors {
  const { shape, data } = array;
  const parts = of.length + 1;
  if (shape.length !== 3 || shape[1] !== parts || shape[2] !== classes) {
    throw dataError(
      `${where} is [${shape.join(", ")}]; the ceiling of ${listing(of)} with ${classes} classes is [samples, ${parts}, ${classes}]: log-probabilities given all modalities, then given each.`,
      { where, shape },
    );
  }
  const n = shape[0]!;
  const columns = Array.from({ length: parts }, () => new Float32Array(n * classes));
  for (let row = 0; row < n * parts; row++) {
    const logs = data.subarray(row * classes, (row + 1) * classes);
    const total = logs.reduce((sum, log) => sum + Math.exp(log), 0);
    if (!(Math.abs(total - 1) < 1e-3)) {
      throw dataError(
        `${where}: the probabilities of row ${Math.floor(row / parts)} (from 0) sum to ${total}; the array must contain natural logarithms of probabilities.`,
        { where, row: Math.floor(row / parts) },
      );
    }
    columns[row % parts]!.set(logs, Math.floor(row / parts) * classes);
  }
  return { logits: columns[0]!, unimodal: Object.fromEntries(of.map((name, m) => [name, columns[m + 1]!])) };
}

/** The posteriors of the given rows, in that order. */
export function takeCeiling({ logits, unimodal }: Posteriors, rows: ArrayLike<number>, classes: number): Posteriors {
  const take = (from: Float32Array): Float32Array => {
    const out = new Float32Array(rows.length * classes);
    for (let i = 0; i < rows.length; i++) {
      out.set(from.subarray(rows[i]! * classes, (rows[i]! + 1) * classes), i * classes);
    }
    return out;
  };
  return {
    logits: take(logits),
    unimodal: Object.fromEntries(Object.entries(unimodal).map(([name, values]) => [name, take(values)])),
  };
}

/** Are these exactly the modalities of the ceiling? For a subset it is not valid, as the joint posterior would differ. */
export function isCeilingOf(of: readonly string[], modalities: readonly string[]): boolean {
  return of.length === modalities.length && of.every((name) => modalities.includes(name));
}
