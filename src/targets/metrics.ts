/** @file Metrics for classes. All are shares in [0, 1] unless stated otherwise; missing labels (-1) are ignored. */

/** Index of the largest value of each row of [N, K]; the first one for ties. */
export function argmaxRows(values: Float32Array | Float64Array, classes: number): Int32Array {
  const out = new Int32Array(values.length / classes);
  for (let i = 0; i < out.length; i++) {
    let best = 0;
    for (let k = 1; k < classes; k++) if (values[i * classes + k]! > values[i * classes + best]!) best = k;
    out[i] = best;
  }
  return out;
}

/** Log-probabilities [N, K] in nats from logits [N, K]. */
export function logSoftmaxRows(logits: Float32Array | Float64Array, classes: number): Float64Array {
  const out = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) top = Math.max(top, logits[start + k]!);
    let total = 0;
    for (let k = 0; k < classes; k++) total += Math.exp(logits[start + k]! - top);
    const logSum = top + Math.log(total);
    for (let k = 0; k < classes; k++) out[start + k] = logits[start + k]! - logSum;
  }
  return out;
}

/** Share of labelled samples that are predicted correctly; NaN without labels. */
export function accuracy(predictions: Int32Array, labels: Int32Array): number {
  let right = 0;
  let count = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]! < 0) continue;
    count++;
    if (predictions[i] === labels[i]) right++;
  }
  return right / count;
}

/** Macro F1: the mean of F1 over classes, without classes that neither occur nor are predicted. */
export function macroF1(predictions: Int32Array, labels: Int32Array, classes: number): number {
  const right = new Float64Array(classes);
  const predicted = new Float64Array(classes);
  const actual = new Float64Array(classes);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label < 0) continue;
    predicted[predictions[i]!]!++;
    actual[label]!++;
    if (label === predictions[i]) right[label]!++;
  }
  let total = 0;
  let counted = 0;
  for (let k = 0; k < classes; k++) {
    const size = predicted[k]! + actual[k]!;
    if (size === 0) continue;
    total += (2 * right[k]!) / size;
    counted++;
  }
  return total / counted;
}

/** Mean of -log p(label), in nats. */
export function logLoss(logits: Float32Array | Float64Array, labels: Int32Array, classes: number): number {
  const logs = logSoftmaxRows(logits, classes);
  let total = 0;
  let count = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]! < 0) continue;
    total -= logs[i * classes + labels[i]!]!;
    count++;
  }
  return total / count;
}

/**
 * Expected calibration error: the mean absolute difference between confidence and accuracy over `bins` confidence bins of equal width,
 * weighted by samples. Source: Guo et al., ICML 2017.
 */
export function calibrationError(
  logits: Float32Array | Float64Array,
  labels: Int32Array,
  classes: number,
  bins = 15,
): number {
  const logs = logSoftmaxRows(logits, classes);
  const predictions = argmaxRows(logits, classes);
  const confidence = new Float64Array(bins);
  const right = new Float64Array(bins);
  let count = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]! < 0) continue;
    const p = Math.exp(logs[i * classes + predictions[i]!]!);
    const bin = Math.min(bins - 1, Math.floor(p * bins));
    confidence[bin]! += p;
    if (predictions[i] === labels[i]) right[bin]!++;
    count++;
  }
  let gap = 0;
  for (let b = 0; b < bins; b++) gap += Math.abs(confidence[b]! - right[b]!);
  return gap / count;
}

/** Share of samples for which the prediction is correct and every unimodal prediction is wrong. Source: paper, section 4. */
export function synergyRate(predictions: Int32Array, unimodal: readonly Int32Array[], labels: Int32Array): number {
  let synergistic = 0;
  let count = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]! < 0) continue;
    count++;
    if (predictions[i] === labels[i] && unimodal.every((alone) => alone[i] !== labels[i])) synergistic++;
  }
  return synergistic / count;
}
