/** @file Agreement of two raters: Cohen's kappa of classes; ranks and their correlation, which is Spearman's. */

/**
 * Cohen's kappa of two classifications of the same N samples, each a number from 0 to `types` - 1: agreement beyond chance, 1 for equal ones, 0
 * for independent ones. NaN if both assign all samples to one class, since chance agreement is then 1. Source: Cohen 1960.
 */
export function cohenKappa(a: ArrayLike<number>, b: ArrayLike<number>, types: number): number {
  const [ofA, ofB] = [new Float64Array(types), new Float64Array(types)];
  let same = 0;
  for (let i = 0; i < a.length; i++) {
    ofA[a[i]!]!++;
    ofB[b[i]!]!++;
    if (a[i] === b[i]) same++;
  }
  const n = a.length;
  const chance = ofA.reduce((sum, count, t) => sum + (count / n) * (ofB[t]! / n), 0);
  return chance === 1 ? Number.NaN : (same / n - chance) / (1 - chance);
}

/** Rows from the smallest value to the largest. */
export function order(values: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i]! - values[j]!);
}

/** Ranks from 1 of the rows that `ordered` lists, equal values sharing their mean; the others' are NaN. */
export function ranks(values: ArrayLike<number>, ordered: ArrayLike<number>): Float64Array {
  const found = new Float64Array(values.length).fill(Number.NaN);
  for (let from = 0; from < ordered.length; ) {
    let to = from + 1;
    while (to < ordered.length && values[ordered[to]!] === values[ordered[from]!]) to++;
    for (let i = from; i < to; i++) found[ordered[i]!] = (from + 1 + to) / 2;
    from = to;
  }
  return found;
}

/** Pearson's correlation over the rows that have both numbers; NaN where one is constant over them. */
export function correlation(a: Float64Array, b: Float64Array): number {
  let [n, sumA, sumB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]! + b[i]!)) continue;
    n++;
    sumA += a[i]!;
    sumB += b[i]!;
  }
  const [meanA, meanB] = [sumA / n, sumB / n];
  let [both, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]! + b[i]!)) continue;
    const [x, y] = [a[i]! - meanA, b[i]! - meanB];
    both += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  return squareA === 0 || squareB === 0 ? Number.NaN : both / Math.sqrt(squareA * squareB);
}
