/**
 * @file Figures of merit for several yes/no labels: log-odds and truths [N, L], truths 0, 1, or NaN where unknown, which counts nowhere.
 * A label is predicted where its log-odds are above 0.
 */

const known = (truth: number): boolean => !Number.isNaN(truth);

/** Share of known entries that are right. */
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

/** Share of samples, of those with every label known, that are right in all; NaN where there is none. */
export function subsetAccuracy(odds: Float32Array, truths: Float32Array, labels: number): number {
  let [right, count] = [0, 0];
  for (let start = 0; start < truths.length; start += labels) {
    const own = truths.subarray(start, start + labels);
    if (!own.every(known)) continue;
    count++;
    right += Number(own.every((truth, l) => odds[start + l]! > 0 === truth > 0.5));
  }
  return right / count;
}

/** Counts of one label: said and true, said, true. */
function countsOf(odds: Float32Array, truths: Float32Array, labels: number, label: number): [number, number, number] {
  let [both, said, yes] = [0, 0, 0];
  for (let i = label; i < truths.length; i += labels) {
    if (!known(truths[i]!)) continue;
    const [says, is] = [odds[i]! > 0, truths[i]! > 0.5];
    both += Number(says && is);
    said += Number(says);
    yes += Number(is);
  }
  return [both, said, yes];
}

/** F1 of each label, [L]; 0 where it is neither predicted nor there, as scikit-learn has it. */
export function labelF1(odds: Float32Array, truths: Float32Array, labels: number): number[] {
  return Array.from({ length: labels }, (_, l) => {
    const [both, said, yes] = countsOf(odds, truths, labels, l);
    return said + yes === 0 ? 0 : (2 * both) / (said + yes);
  });
}

/** F1 of all entries together. */
export function microF1(odds: Float32Array, truths: Float32Array, labels: number): number {
  let [both, sum] = [0, 0];
  for (let l = 0; l < labels; l++) {
    const [own, said, yes] = countsOf(odds, truths, labels, l);
    both += own;
    sum += said + yes;
  }
  return sum === 0 ? 0 : (2 * both) / sum;
}

/**
 * Area under the ROC curve of each label, [L]: how often a sample that has the label is given more than one that has not, a tie counting
 * half; NaN where all known samples have it, or none.
 */
export function auroc(odds: Float32Array, truths: Float32Array, labels: number): number[] {
  return Array.from({ length: labels }, (_, l) => {
    const own: { readonly value: number; readonly yes: boolean }[] = [];
    for (let i = l; i < truths.length; i += labels) {
      if (known(truths[i]!)) own.push({ value: odds[i]!, yes: truths[i]! > 0.5 });
    }
    own.sort((a, b) => a.value - b.value);
    let [below, won, yes] = [0, 0, 0];
    for (let start = 0; start < own.length; ) {
      let end = start;
      while (end < own.length && own[end]!.value === own[start]!.value) end++;
      const tied = own.slice(start, end);
      const [has, lacks] = [tied.filter((one) => one.yes).length, tied.filter((one) => !one.yes).length];
      won += has * (below + lacks / 2);
      below += lacks;
      yes += has;
      start = end;
    }
    return yes === 0 || below === 0 ? Number.NaN : won / (yes * below);
  });
}
