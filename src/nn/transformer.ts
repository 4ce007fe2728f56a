/** @file Layers of transformers: multi-head self-attention, and blocks of attention and a feed-forward network. */
import { shapeError } from "../core/errors.ts";
import type { Expr } from "../graph/expr.ts";
import { add, attention, gelu, matmul, mul, relu, reshape, split, transpose } from "../graph/ops/index.ts";
import { type LinearInit, linearWith, xavier } from "./linear.ts";
import type { Init, Scope } from "./module.ts";
import { dropout, layerNormOfRows } from "./norm.ts";

const ZERO: Init = { kind: "constant", value: 0 };

export interface AttentionSettings {
  readonly heads: number;
  /** What is added to the scores of keys, [B, 1, 1, T] (`keyBias`). */
  readonly bias?: Expr | undefined;
  /** A step reads itself and earlier steps only. Default false. */
  readonly causal?: boolean;
}

/**
 * Multi-head self-attention of steps [B, T, D] as rows [B T, D]: rows of the same size. Parameters as PyTorch's MultiheadAttention:
 * `qkv` (queries, keys, values beside each other; Xavier uniform, bias 0) and `out` (bias 0). Source: Vaswani et al. 2017.
 * @throws ShapeError if the heads do not divide D.
 */
export function selfAttention(
  scope: Scope,
  rows: Expr,
  [batch, steps]: readonly [number, number],
  { heads, bias, causal = false }: AttentionSettings,
): Expr {
  const width = rows.shape[1]!;
  if (width % heads !== 0) {
    throw shapeError(`${scope.path}: ${heads} heads do not divide ${width} units; use a width that they divide.`);
  }
  const perHead = width / heads;
  const inner = scope.child("qkv");
  const weights = split(inner.parameter("weight", [width, 3 * width], xavier(width, 3 * width)), 1, [
    width,
    width,
    width,
  ]);
  const biases = split(inner.parameter("bias", [3 * width], ZERO), 0, [width, width, width]);
  // Three products and not one, because columns of rows would have to be copied apart. The scale of scores is one of the weights.
  const [q, k, v] = weights.map((weight, i) => {
    const scaled = (x: Expr): Expr => (i === 0 ? mul(x, 1 / Math.sqrt(perHead)) : x);
    const part = matmul(rows, scaled(weight), { bias: scaled(biases[i]!) });
    return transpose(reshape(part, [batch, steps, heads, perHead]), [0, 2, 1, 3]);
  });
  const read = transpose(attention(q!, k!, v!, bias, { causal }), [0, 2, 1, 3]);
  return linearWith(scope.child("out"), reshape(read, [batch * steps, width]), width, { bias: ZERO });
}

export interface BlockSettings extends AttentionSettings {
  /** Units of the hidden layer of the feed-forward network. */
  readonly feedForward: number;
  /** Rate for the hidden layer and for what attention and feed-forward network add. */
  readonly dropout: number;
  /** Layer normalisation before each part (`pre`), or after it was added (`post`). */
  readonly norm: "pre" | "post";
  readonly activation: "relu" | "gelu";
  /** Of the normalisations. Default 1e-5. */
  readonly epsilon?: number;
  /** Initial values of the feed-forward network. Default: those of `linear`. */
  readonly init?: (fanIn: number, fanOut: number) => LinearInit;
}

/**
 * A block of a transformer on rows [B T, D]: self-attention and a feed-forward network, each added to its input and normalised. The weights
 * of attention have no dropout. Parameters: `norm1`, `attention.{qkv,out}`, `norm2`, `mlp.{0,1}`.
 */
export function transformerBlock(
  scope: Scope,
  rows: Expr,
  size: readonly [number, number],
  settings: BlockSettings,
): Expr {
  const { feedForward, dropout: rate, norm, activation, epsilon, init = () => ({}) } = settings;
  const width = rows.shape[1]!;
  const mlp = scope.child("mlp");
  const normed = (name: string, x: Expr): Expr => layerNormOfRows(scope.child(name), x, epsilon);
  const around = (name: string, x: Expr, part: (x: Expr) => Expr): Expr =>
    norm === "pre" ? add(x, part(normed(name, x))) : normed(name, add(x, part(x)));
  const read = around("norm1", rows, (x) => {
    const inner = scope.child("attention");
    return dropout(inner, selfAttention(inner, x, size, settings), rate);
  });
  return around("norm2", read, (x) => {
    const hidden = linearWith(mlp.child("0"), x, feedForward, init(width, feedForward));
    const units = dropout(mlp.child("0"), (activation === "gelu" ? gelu : relu)(hidden), rate);
    return dropout(mlp.child("1"), linearWith(mlp.child("1"), units, width, init(feedForward, width)), rate);
  });
}
