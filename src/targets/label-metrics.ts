/**
 * @file Metrics for several binary labels: log-odds and truths [N, L]. A truth is 0, 1, or NaN if unknown; unknown entries are ignored.
 * A label is predicted if its log-odds are above 0.
 */

const known = (truth: number): boolean => !Number.isNaN(truth);

/** Share of known entries that are predicted correctly. */
export function labelAccuracy(odds: Float32Array, truths: Float32Array): number {
  let [right, count] = [0, 0];
  truths.forEach((truth, i) => {
    if (!known(truth)) return;
    count++;
    right += Number(odds[i]! > 0 === truth > 0.5);
  });
  return right / count;
}

/** Mean of -log p over known entries, in nats. */
export function labelLogLoss(odds: Float32Array, truths: Float32Array): number {
  let [total, count] = [0, 0];
  truths.forEach((truth, i) => {
    if (!known(truth)) return;
    const wrong = truth > 0.5 ? -odds[i]! : odds[i]!;
    total += Math.max(wrong, 0) + Math.log1p(Math.exp(-Math.abs(wrong)));
    count++;
  });
  return total / count;
}

/** Share of the samples with all labels known whose labels are all predicted correctly; NaN without such samples. */
export function subsetAccuracy(odds: Float32Array, truths: Float32Array, labels: number): number {
  let [right, count] = [0, 0];
  for (let start = 0; start < truths.length; start += labels) {
    const row = truths.subarray(start, start + labels);
    if (!row.every(known)) continue;
    count++;
    right += Number(row.every((truth, l) => odds[start + l]! > 0 === truth > 0.5));
  }
  return right / count;
}

/** Counts for one label: true positives, predicted positives, actual positives. */
function countsOf(odds: Float32Array, truths: Float32Array, labels: number, label: number): [number, number, number] {
  let [truePositives, predicted, positives] = [0, 0, 0];
  for (let i = label; i < truths.length; i += labels) {
    if (!known(truths[i]!)) continue;
    const [isPredicted, is] = [odds[i]! > 0, truths[i]! > 0.5];
    truePositives += Number(isPredicted && is);
    predicted += Number(isPredicted);
    positives += Number(is);
  }
  return [truePositives, predicted, positives];
}

/** F1 of each label, [L]; 0 for a label that is neither predicted nor present, as in scikit-learn. */
export function labelF1(odds: Float32Array, truths: Float32Array, labels: number): number[] {
  return Array.from({ length: labels }, (_, l) => {
    const [truePositives, predicted, positives] = countsOf(odds, truths, labels, l);
    return predicted + positives === 0 ? 0 : (2 * truePositives) / (predicted + positives);
  });
}

/** F1 over all entries together (micro average). */
export function microF1(odds: Float32Array, truths: Float32Array, labels: number): number {
  let [truePositives, sum] = [0, 0];
  for (let l = 0; l < labels; l++) {
    const [both, predicted, positives] = countsOf(odds, truths, labels, l);
    truePositives += both;
    sum += predicted + positives;
  }
  return sum === 0 ? 0 : (2 * truePositives) / sum;
}

/**
 * Area under the ROC curve of each label, [L]: the share of pairs of a positive and a negative sample in which the positive one has the
 * larger log-odds; ties count half. NaN if all known samples are positive, or none is.
 */
export function auroc(odds: Float32Array, truths: Float32Array, labels: number): number[] {
  return Array.from({ length: labels }, (_, l) => {
    const entries: { readonly value: number; readonly isPositive: boolean }[] = [];
    for (let i = l; i < truths.length; i += labels) {
      if (known(truths[i]!)) entries.push({ value: odds[i]!, isPositive: truths[i]! > 0.5 });
    }
    entries.sort((a, b) => a.value - b.value);
    let [negatives, pairs, positives] = [0, 0, 0];
    for (let start = 0; start < entries.length; ) {
      let end = start;
      while (end < entries.length && entries[end]!.value === entries[start]!.value) end++;
      const tied = entries.slice(start, end);
      const [tiedPositives, tiedNegatives] = [
        tied.filter((one) => one.isPositive).length,
        tied.filter((one) => !one.isPositive).length,
      ];
      pairs += tiedPositives * (negatives + tiedNegatives / 2);
      negatives += tiedNegatives;
      positives += tiedPositives;
      start = end;
    }
    return positives === 0 || negatives === 0 ? Number.NaN : pairs / (positives * negatives);
  });
}
