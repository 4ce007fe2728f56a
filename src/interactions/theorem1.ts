/**
 * @file Theorem 1 of DMIL on a trained model: I(Z; Y) >= E_c I(Z; Y | C = c) - H(C | Z) + I(Y; C), with slack H(C | Z, Y).
 * Source: paper, Theorem 1; the inequality is the chain rule for I(Z, C; Y), so it holds for any Z.
 *
 * Z is learned and continuous, so the terms are bounds by fresh probes on rows the model never saw: I(Z; Y) and I(Z; Y | c) from
 * below (prior log-loss less the probe's), H(C | Z) and H(C | Z, Y) from above (the probe's log-loss); I(Y; C) by counts.
 * Bounds on both sides: the difference of the estimates may miss the slack by what the probes miss, and may fall below 0.
 */
import { dataError } from "../core/errors.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import { requireClassLabels } from "../data/target.ts";
import { type Estimate, estimate, joined, type ProbeOptions, priorLosses, probeLosses, probeRows } from "./probe.ts";

/** The five numbers and both sides, in bits. */
export interface Theorem1Estimate {
  /** I(Z; Y), at least: the left side. */
  readonly labelInformation: Estimate;
  /** E_c I(Z; Y | C = c), at least. */
  readonly withinTypes: Estimate;
  /** H(C | Z), at most. */
  readonly hiddenType: Estimate;
  /** I(Y; C) by counts, less its bias. */
  readonly labelOfType: Estimate;
  /** H(C | Z, Y), at most: what the left side has over the right. */
  readonly slack: Estimate;
  /** E_c I(Z; Y | c) - H(C | Z) + I(Y; C): the right side. */
  readonly lower: number;
  /** Left side less right side. */
  readonly difference: number;
  /** Held-out rows. */
  readonly samples: number;
}

/** Estimates all terms for Z [N, F] on data whose true component is known. @throws DataError without it, or for too few samples. */
export async function estimateTheorem1(
  z: Tensor<"float32">,
  dataset: Dataset,
  options: ProbeOptions,
): Promise<Theorem1Estimate> {
  requireClassLabels(dataset, "estimateTheorem1");
  const { labels, classes, truth } = dataset;
  if (truth === undefined) {
    throw dataError(`the ${dataset.name} data has no true component for each sample; Theorem 1 needs it.`);
  }
  const types = [...new Set(truth)].sort();
  const type = Int32Array.from(truth, (name) => types.indexOf(name));
  const rows = probeRows(labels.length, options.seed);
  const [K, C] = [classes.length, types.length];

  const before = priorLosses(labels, K, rows);
  const after = await probeLosses(z, labels, K, rows, options);
  const labelInformation = estimate(before.map((loss, i) => loss - after[i]!));

  const within = new Float64Array(rows.test.length);
  for (let c = 0; c < C; c++) {
    const keep = (own: Uint32Array): Uint32Array => own.filter((row) => type[row] === c);
    const part = { train: keep(rows.train), validation: keep(rows.validation), test: keep(rows.test) };
    if (part.train.length < 20 || part.validation.length < 5 || part.test.length < 5) {
      throw dataError(
        `only ${part.train.length} samples of type ${types[c]} are left to train a probe on; use more data.`,
      );
    }
    const [own, told] = [priorLosses(labels, K, part), await probeLosses(z, labels, K, part, options)];
    let next = 0;
    rows.test.forEach((row, i) => {
      if (type[row] === c) within[i] = own[next]! - told[next++]!;
    });
  }

  const hidden = await probeLosses(z, type, C, rows, options);
  const withLabel = float32([labels.length, K]);
  labels.forEach((label, i) => {
    withLabel.data[i * K + label] = 1;
  });
  const left = await probeLosses(joined([z, withLabel]), type, C, rows, options);

  const withinTypes = estimate(within);
  const hiddenType = estimate(hidden);
  const labelOfType = countedInformation(labels, K, type, C);
  const lower = withinTypes.value - hiddenType.value + labelOfType.value;
  return {
    labelInformation,
    withinTypes,
    hiddenType,
    labelOfType,
    slack: estimate(left),
    lower,
    difference: labelInformation.value - lower,
    samples: rows.test.length,
  };
}

/** Mutual information of two labellings by counts, in bits, less the Miller-Madow bias; the error is that of its mean. */
function countedInformation(a: Int32Array, A: number, b: Int32Array, B: number): Estimate {
  const n = a.length;
  const joint = new Float64Array(A * B);
  const [first, second] = [new Float64Array(A), new Float64Array(B)];
  for (let i = 0; i < n; i++) {
    joint[a[i]! * B + b[i]!]! += 1 / n;
    first[a[i]!]! += 1 / n;
    second[b[i]!]! += 1 / n;
  }
  const pointwise = Float64Array.from(a, (label, i) =>
    Math.log2(joint[label * B + b[i]!]! / (first[label]! * second[b[i]!]!)),
  );
  const { value, error } = estimate(pointwise);
  return { value: value - ((A - 1) * (B - 1)) / (2 * n * Math.LN2), error };
}
