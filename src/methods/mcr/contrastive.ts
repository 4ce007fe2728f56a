/** @file Supervised contrastive loss among the embeddings of several modalities. Source: Khosla et al., NeurIPS 2020; temperature of MCR's authors. */
import type { Expr } from "../../graph/expr.ts";
import {
  add,
  concat,
  constant,
  div,
  logSoftmax,
  matmul,
  mean,
  mul,
  reshape,
  sqrt,
  square,
  sub,
  sum,
} from "../../graph/ops/index.ts";

/** Temperature of the contrastive term (authors). */
const TEMPERATURE = 0.5;

/**
 * Supervised contrastive term in nats, []: among the embeddings [M, B, E] of all modalities on the unit sphere, those of one class
 * should be more similar than the rest (NT-Xent, mean over all M B anchors).
 */
export function contrastive(stacked: Expr, target: Expr): Expr {
  const [modalities, batch, width] = stacked.shape as [number, number, number];
  const count = modalities * batch;
  const flat = reshape(stacked, [count, width]);
  const unit = div(flat, sqrt(add(sum(square(flat), -1, true), 1e-12)));
  const self = constant(
    Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 1 : 0)),
    [count, count],
  );
  const similarity = mul(matmul(unit, unit, { transposeB: true }), 1 / TEMPERATURE);
  const logs = logSoftmax(sub(similarity, mul(self, 1e9)));
  const labels = concat(
    Array.from({ length: modalities }, () => target),
    0,
  );
  const sameClass = sub(matmul(labels, labels, { transposeB: true }), self);
  return mul(mean(div(sum(mul(sameClass, logs), -1), sum(sameClass, -1))), -1);
}
