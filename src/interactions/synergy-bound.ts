/**
 * @file Theorem 1 of DMIL on a trained model: I(Z; Y) >= E_c I(Z; Y | C = c) - H(C | Z) + I(Y; C), with slack H(C | Z, Y).
 * Source: paper, Theorem 1; the inequality is the chain rule for I(Z, C; Y), so it holds for any Z.
 *
 * Z is learned and continuous, so the terms are bounded by new probes on rows that the model was not trained on: I(Z; Y) and I(Z; Y | c)
 * from below (the prior's log-loss minus the probe's), H(C | Z) and H(C | Z, Y) from above (the probe's log-loss); I(Y; C) by counts.
 * Both sides are bounds, so the difference of the estimates deviates from the slack by the errors of the probes, and may be negative.
 */

import { dataError } from "../core/errors.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import { classesOf, labelsOf, requireKind } from "../data/target.ts";
import { type Estimate, estimate, joined, type ProbeOptions, priorLosses, probeLosses, probeRows } from "./probe.ts";

/** The five terms and both sides, in bits. */
export interface SynergyBoundEstimate {
  /** Lower bound on I(Z; Y): the left side. */
  readonly labelInformation: Estimate;
  /** Lower bound on E_c I(Z; Y | C = c). */
  readonly withinTypes: Estimate;
  /** Upper bound on H(C | Z). */
  readonly hiddenType: Estimate;
  /** I(Y; C) by counts, corrected for its bias. */
  readonly labelOfType: Estimate;
  /** Upper bound on H(C | Z, Y), the slack of the inequality. */
  readonly slack: Estimate;
  /** E_c I(Z; Y | c) - H(C | Z) + I(Y; C): the right side. */
  readonly lower: number;
  /** Left side minus right side. */
  readonly difference: number;
  /** Held-out rows. */
  readonly samples: number;
}

/** Estimates all terms for Z [N, F] on data whose true component is known. @throws DataError without it, or for too few samples. */
export async function estimateSynergyBound(
  z: Tensor<"float32">,
  dataset: Dataset,
  options: ProbeOptions,
): Promise<SynergyBoundEstimate> {
  requireKind(dataset, ["multiclass"], "estimateSynergyBound");
  const labels = labelsOf(dataset);
  const classes = classesOf(dataset);
  const { truth } = dataset;
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
    const keep = (split: Uint32Array): Uint32Array => split.filter((row) => type[row] === c);
    const part = { train: keep(rows.train), validation: keep(rows.validation), test: keep(rows.test) };
    if (part.train.length < 20 || part.validation.length < 5 || part.test.length < 5) {
      throw dataError(
        `only ${part.train.length} samples of type ${types[c]} are available to train a probe; use more data.`,
      );
    }
    const [prior, probed] = [priorLosses(labels, K, part), await probeLosses(z, labels, K, part, options)];
    let next = 0;
    rows.test.forEach((row, i) => {
      if (type[row] === c) within[i] = prior[next]! - probed[next++]!;
    });
  }

  const hidden = await probeLosses(z, type, C, rows, options);
  const withLabel = float32([labels.length, K]);
  labels.forEach((label, i) => {
    withLabel.data[i * K + label] = 1;
  });
  const slackLosses = await probeLosses(joined([z, withLabel]), type, C, rows, options);

  const withinTypes = estimate(within);
  const hiddenType = estimate(hidden);
  const labelOfType = countedInformation(labels, K, type, C);
  const lower = withinTypes.value - hiddenType.value + labelOfType.value;
  return {
    labelInformation,
    withinTypes,
    hiddenType,
    labelOfType,
    slack: estimate(slackLosses),
    lower,
    difference: labelInformation.value - lower,
    samples: rows.test.length,
  };
}

/** Mutual information of two labellings by counts, in bits, minus the Miller-Madow bias; with the standard error of the mean. */
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
