/** @file Metrics for classes in an order; missing labels (-1) are ignored. */

/**
 * Cohen's kappa with quadratic weights: 1 minus the mean squared distance of classes over the one expected from independent predictions
 * and labels. 1 is perfect, 0 chance; NaN where that expectation is 0. Source: Cohen, Psychological Bulletin 1968.
 */
export function quadraticKappa(predictions: Int32Array, labels: Int32Array, classes: number): number {
  const predicted = new Float64Array(classes);
  const actual = new Float64Array(classes);
  let [observed, count] = [0, 0];
  labels.forEach((label, row) => {
    if (label < 0) return;
    const other = predictions[row]!;
    observed += (other - label) ** 2;
    predicted[other]!++;
    actual[label]!++;
    count++;
  });
  let expected = 0;
  for (let i = 0; i < classes; i++) {
    for (let j = 0; j < classes; j++) expected += (predicted[i]! * actual[j]! * (i - j) ** 2) / count;
  }
  return expected === 0 ? Number.NaN : 1 - observed / expected;
}
