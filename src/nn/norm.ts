/** @file Layer and batch normalisation, and dropout. */
import { shapeError } from "../core/errors.ts";
import { formatShape, sizeOf } from "../core/shape.ts";
import type { Expr } from "../graph/expr.ts";
import { add, batchNormalise, div, mean, mul, sqrt, square, standardise, sub } from "../graph/ops/index.ts";
import { checkRate, type Scope } from "./module.ts";

/**
 * Layer normalisation over the last axis, with a learned scale and shift of that width: [..., F] to [..., F].
 * Variance is biased, epsilon 1e-5, as in PyTorch. Source: Ba, Kiros, Hinton 2016.
 */
export function layerNorm(scope: Scope, x: Expr): Expr {
  const width = x.shape.at(-1)!;
  const scale = scope.parameter("scale", [width], { kind: "constant", value: 1 });
  const shift = scope.parameter("shift", [width], { kind: "constant", value: 0 });
  return add(mul(normalize(x), scale), shift);
}

/**
 * Layer normalisation of the many rows of sequences, [N, F]: as `layerNorm`, but the standardised rows are one node, which takes half the
 * time. `layerNorm` keeps the form of earlier versions, whose runs repeat to the bit.
 */
export function layerNormOfRows(scope: Scope, rows: Expr, epsilon = 1e-5): Expr {
  const width = rows.shape.at(-1)!;
  const scale = scope.parameter("scale", [width], { kind: "constant", value: 1 });
  const shift = scope.parameter("shift", [width], { kind: "constant", value: 0 });
  return add(mul(standardise(rows, epsilon), scale), shift);
}

/** Standardises to mean 0 and standard deviation 1 over the last axis, without parameters: [..., F] to [..., F]. Variance is biased, epsilon 1e-5. */
export function normalize(x: Expr): Expr {
  const centred = sub(x, mean(x, -1, true));
  return div(centred, sqrt(add(mean(square(centred), -1, true), 1e-5)));
}

/** Share of the batch in the running statistics of `batchNorm` (PyTorch's momentum). */
const MOMENTUM = 0.1;
/** Added to variances, as in PyTorch. */
const EPSILON = 1e-5;

/**
 * Batch normalisation of each feature, with a learned scale and shift: [..., F] to [..., F]. In training mode mean and biased variance are
 * those of the batch over all other axes, and the buffers `running_mean` and `running_var` move by 0.1 towards the batch's mean and unbiased
 * variance; in evaluation mode and in frozen parts the buffers are used. Epsilon 1e-5, momentum and both variances as in PyTorch's
 * BatchNorm1d. Source: Ioffe, Szegedy 2015. @throws ShapeError if a training batch has one value of each feature.
 */
export function batchNorm(scope: Scope, x: Expr): Expr {
  const width = x.shape.at(-1)!;
  const scale = scope.parameter("scale", [width], { kind: "constant", value: 1 });
  const shift = scope.parameter("shift", [width], { kind: "constant", value: 0 });
  const runningMean = scope.buffer("running_mean", [width], 0);
  const runningVariance = scope.buffer("running_var", [width], 1);
  if (!scope.training || scope.frozen) {
    return add(mul(sub(x, runningMean), div(scale, sqrt(add(runningVariance, EPSILON)))), shift);
  }
  const count = sizeOf(x.shape) / width;
  if (count < 2) {
    throw shapeError(
      `${scope.path}: batch normalisation needs two values of each feature; the batch is ${formatShape(x.shape)}.`,
    );
  }
  const batch = batchNormalise(x, scale, shift, EPSILON);
  const moved = (from: Expr, to: Expr): Expr => add(mul(from, 1 - MOMENTUM), mul(to, MOMENTUM));
  scope.update("running_mean", moved(runningMean, batch.mean));
  scope.update("running_var", moved(runningVariance, mul(batch.variance, count / (count - 1))));
  return batch.value;
}

/** Dropout: sets a share `rate` of elements to 0 and scales the rest by 1 / (1 - rate); the identity in evaluation mode and in frozen parts. */
export function dropout(scope: Scope, x: Expr, rate: number): Expr {
  checkRate(rate, `${scope.path}: dropout`);
  return rate === 0 || !scope.training || scope.frozen ? x : mul(x, scope.noise("mask", x.shape, "dropout", rate));
}
