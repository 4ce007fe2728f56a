/** @file Softmax and log-softmax over the last axis, as single nodes: stable, and fewer of them. */
import { apply, type Expr, type OpRecord } from "../expr.ts";
import { sum } from "./broadcast.ts";
import { exp, mul, sub } from "./elementwise.ts";

type None = Readonly<Record<string, never>>;

/** f(x, log-sum-exp of the row of x) for every element x; a row is the last axis, of length `width`. */
function byRow(data: Float64Array, width: number, f: (x: number, logSumExp: number) => number): Float64Array {
  const out = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += width) {
    let top = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < width; i++) top = Math.max(top, data[start + i]!);
    let total = 0;
    for (let i = 0; i < width; i++) total += Math.exp(data[start + i]! - top);
    const logSumExp = top + Math.log(total);
    for (let i = 0; i < width; i++) out[start + i] = f(data[start + i]!, logSumExp);
  }
  return out;
}

const rows: OpRecord["rows"] = (node, [axis]) => (axis === node.shape.length - 1 ? undefined : axis);

const softmaxOp: OpRecord<None> = {
  name: "softmax",
  shape: ([x]) => x!.shape,
  value: ([x], _, shape) => byRow(x!.data, shape.at(-1)!, (v, lse) => Math.exp(v - lse)),
  gradient: (node, g) => {
    const weighted = mul(g, node);
    return [sub(weighted, mul(node, sum(weighted, -1, true)))];
  },
  onnx: (emit, inputs) => emit.node("Softmax", inputs, { axis: -1 }),
  rows,
};

const logSoftmaxOp: OpRecord<None> = {
  name: "logSoftmax",
  shape: ([x]) => x!.shape,
  value: ([x], _, shape) => byRow(x!.data, shape.at(-1)!, (v, lse) => v - lse),
  gradient: (node, g) => [sub(g, mul(exp(node), sum(g, -1, true)))],
  onnx: (emit, inputs) => emit.node("LogSoftmax", inputs, { axis: -1 }),
  rows,
};

/** Probabilities over the last axis: exp(x) / sum exp(x). */
export const softmax = (x: Expr): Expr => apply(softmaxOp, [x], {});
/** Log-probabilities over the last axis, in nats. */
export const logSoftmax = (x: Expr): Expr => apply(logSoftmaxOp, [x], {});

export const softmaxOps: readonly OpRecord[] = [softmaxOp, logSoftmaxOp];
