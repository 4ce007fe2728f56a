/**
 * @file Attention over sequences, in chunks of queries where they are long: the scores of all pairs are never in memory together, neither
 * in the forward pass nor in the backward pass, which computes them again. Source: Dao et al. 2022 (the idea, without its tiles of keys).
 */
import { methodError, shapeError } from "../../core/errors.ts";
import { checkOptions } from "../../core/keys.ts";
import { formatShape, type Shape, sizeOf } from "../../core/shape.ts";
import { type Attributes, apply, type Expr, type OpRecord, type Value } from "../expr.ts";
import type { Emitter } from "../onnx/emitter.ts";
import { sum } from "./broadcast.ts";
import { constant } from "./constant.ts";
import { add, exp, mul, sub } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { concat, reshape, slice, transpose } from "./movement.ts";
import { softmax } from "./softmax.ts";

/** What is added to the score of a key that is not read; exp of it is 0, and a query without any key still gets finite weights. */
export const MASKED = -1e9;

/** Longest sequence whose scores are kept for the backward pass, and the queries of a chunk of longer ones. */
const LONGEST = 256;
const CHUNK = 64;

interface ChunkAttributes extends Attributes {
  /** Queries of a chunk. */
  readonly chunk: number;
  /** For each term of the scores, whether it is an order of steps. */
  readonly orders: readonly boolean[];
}

/** Whether a term of the scores is one for pairs of steps, [T, S]; else it is a bias of keys, [B, 1, 1, S]. */
const isOrder = (shape: Shape): boolean => shape.length === 2;

/** Start and length of each chunk of T queries. */
function chunksOf(queries: number, chunk: number): (readonly [number, number])[] {
  return Array.from({ length: Math.ceil(queries / chunk) }, (_, i) => {
    const start = i * chunk;
    return [start, Math.min(chunk, queries - start)] as const;
  });
}

/** Calls `visit` for every query: exp(score - largest score) of its keys, the largest score, the sum of these, and the query's number. */
function forEachQuery(
  inputs: readonly Value[],
  visit: (weights: Float64Array, top: number, total: number, query: number) => void,
): void {
  const [q, k, ...terms] = inputs as [Value, Value, ...Value[]];
  const [, heads, queries, width] = q.shape as [number, number, number, number];
  const keys = k.shape[2]!;
  const weights = new Float64Array(keys);
  for (let query = 0; query < q.data.length / width; query++) {
    const matrix = Math.floor(query / queries); // sample * heads + head
    const sample = Math.floor(matrix / heads);
    for (let key = 0; key < keys; key++) {
      let score = 0;
      for (const { data, shape } of terms) score += data[(isOrder(shape) ? query % queries : sample) * keys + key]!;
      for (let d = 0; d < width; d++) score += q.data[query * width + d]! * k.data[(matrix * keys + key) * width + d]!;
      weights[key] = score;
    }
    const top = weights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    for (let key = 0; key < keys; key++) weights[key] = Math.exp(weights[key]! - top);
    visit(
      weights,
      top,
      weights.reduce((a, b) => a + b, 0),
      query,
    );
  }
}

/** Nodes of a chunk that both ops below have in common; equal nodes are emitted once. */
function emitChunk(
  emit: Emitter,
  [q, k, ...terms]: readonly string[],
  orders: readonly boolean[],
  [start, length]: readonly [number, number],
): { readonly weights: string; readonly top: string; readonly total: string } {
  const rows = (name: string, axis: number): string =>
    emit.node("Slice", [name, emit.integers([start]), emit.integers([start + length]), emit.integers([axis])]);
  const products = emit.node("MatMul", [rows(q!, 2), emit.node("Transpose", [k!], { perm: [0, 1, 3, 2] })]);
  const scores = terms.reduce((sum, term, i) => emit.node("Add", [sum, orders[i] ? rows(term, 0) : term]), products);
  const top = emit.reduce("ReduceMax", scores, { axes: [3], keep: true });
  const weights = emit.node("Exp", [emit.node("Sub", [scores, top])]);
  return { weights, top, total: emit.reduce("ReduceSum", weights, { axes: [3], keep: true }) };
}

/** All inputs have samples in axis 0, except an order of steps. */
const sampleRows: OpRecord["rows"] = (node, axes) =>
  axes.every((axis, i) => axis === (isOrder(node.inputs[i]!.shape) ? undefined : 0)) ? 0 : undefined;

/** Inputs: queries [B, H, T, D], keys [B, H, S, D], values [B, H, S, E], and terms of the scores: [B, 1, 1, S] or [T, S]. */
const attentionOp: OpRecord<ChunkAttributes> = {
  name: "attention",
  shape: ([q, , v]) => [...q!.shape.slice(0, 3), v!.shape[3]!],
  value([q, k, v, ...terms], _, shape) {
    const out = new Float64Array(sizeOf(shape));
    const [, , queries, width] = shape as [number, number, number, number];
    const keys = k!.shape[2]!;
    forEachQuery([q!, k!, ...terms], (weights, _, total, query) => {
      const first = Math.floor(query / queries) * keys;
      for (let d = 0; d < width; d++) {
        let mean = 0;
        for (let key = 0; key < keys; key++) mean += weights[key]! * v!.data[(first + key) * width + d]!;
        out[query * width + d] = mean / total;
      }
    });
    return out;
  },
  gradient: attentionGradient,
  onnx(emit, [q, k, v, ...terms], { chunk, orders }, shape) {
    const parts = chunksOf(shape[2]!, chunk).map((part) => {
      const { weights, total } = emitChunk(emit, [q!, k!, ...terms], orders, part);
      return emit.node("Div", [emit.node("MatMul", [weights, v!]), total]);
    });
    return parts.length === 1 ? parts[0]! : emit.node("Concat", parts, { axis: 2 });
  },
  rows: sampleRows,
};

/** For each query the largest score and 1 / sum of exp(score - largest): [B, H, T, 2], with which the backward pass computes its weights again. */
const attentionStatisticsOp: OpRecord<ChunkAttributes> = {
  name: "attentionStatistics",
  shape: ([q]) => [...q!.shape.slice(0, 3), 2],
  value(inputs, _, shape) {
    const out = new Float64Array(sizeOf(shape));
    forEachQuery(inputs, (_, top, total, query) => out.set([top, 1 / total], 2 * query));
    return out;
  },
  gradient() {
    throw methodError("the gradient of attention over long sequences cannot be differentiated again; stopGradient it.");
  },
  onnx(emit, inputs, { chunk, orders }, shape) {
    const parts = chunksOf(shape[2]!, chunk).map((part) => {
      const { top, total } = emitChunk(emit, inputs, orders, part);
      return emit.node("Concat", [top, emit.node("Reciprocal", [total])], { axis: 3 });
    });
    return parts.length === 1 ? parts[0]! : emit.node("Concat", parts, { axis: 2 });
  },
  rows: sampleRows,
};

/** The scores are computed transposed, [B, H, S, chunk], so that they are no nodes of the forward pass, which would keep those in memory. */
function attentionGradient(node: Expr, g: Expr, attributes: ChunkAttributes): Expr[] {
  const [q, k, v, ...terms] = node.inputs as [Expr, Expr, Expr, ...Expr[]];
  const [batch, heads, queries] = q.shape as [number, number, number];
  const statistics = apply(attentionStatisticsOp, [q, k, ...terms], attributes);
  const parts = chunksOf(queries, attributes.chunk).map(([start, length]) => {
    const part = (x: Expr): Expr => slice(x, 2, start, length);
    const perQuery = (x: Expr): Expr => reshape(x, [batch, heads, 1, length]);
    const [queriesHere, slopes] = [part(q), part(g)];
    const turned = (term: Expr): Expr =>
      isOrder(term.shape) ? transpose(slice(term, 0, start, length), [1, 0]) : transpose(term, [0, 1, 3, 2]);
    const products = matmul(k, queriesHere, { transposeB: true });
    const scores = terms.reduce((total, term) => add(total, turned(term)), products);
    const [top, share] = [0, 1].map((i) => perQuery(slice(part(statistics), 3, i, 1))) as [Expr, Expr];
    const weights = mul(exp(sub(scores, top)), share);
    const mean = perQuery(sum(mul(slopes, part(node)), 3));
    const scoreSlopes = mul(weights, sub(matmul(v, slopes, { transposeB: true }), mean));
    return {
      // Transposed, because the kernel is slow in reading a large matrix transposed.
      q: transpose(matmul(k, scoreSlopes, { transposeA: true }), [0, 1, 3, 2]),
      k: matmul(scoreSlopes, queriesHere),
      v: matmul(weights, slopes),
      scores: scoreSlopes,
    };
  });
  const total = (of: (part: (typeof parts)[number]) => Expr): Expr => parts.map(of).reduce((a, b) => add(a, b));
  const joined = (of: (part: (typeof parts)[number]) => Expr): Expr => concat(parts.map(of), 2);
  const termSlopes = terms.map(({ shape }) => {
    const slopes = isOrder(shape)
      ? joined(({ scores }) => transpose(sum(scores, [0, 1], true), [0, 1, 3, 2]))
      : total(({ scores }) => sum(scores, [1, 3]));
    return reshape(slopes, shape);
  });
  return [joined((part) => part.q), total((part) => part.k), total((part) => part.v), ...termSlopes];
}

export interface AttentionOptions {
  /** Step t reads steps 0..t only. Default false. */
  readonly causal?: boolean;
  /** Queries whose scores are in memory together. Default: all where there are 256 steps or fewer, else 64. */
  readonly chunk?: number;
}

/**
 * Softmax(q k^T + bias) v for queries [B, H, T, D] (divided by sqrt(D)), keys [B, H, S, D], values [B, H, S, E] and a bias [B, 1, 1, S] of
 * keys (0, or `MASKED` for those that are not read): [B, H, T, E]. A query without any key to read gets a mean of the values, never NaN.
 * Source: Vaswani et al. 2017, equation 1. @throws ShapeError for shapes that do not fit.
 */
export function attention(q: Expr, k: Expr, v: Expr, bias: Expr | undefined, options: AttentionOptions = {}): Expr {
  checkOptions<AttentionOptions>("attention", options, { causal: true, chunk: true });
  const [queries, keys] = [q.shape[2]!, k.shape[2]!];
  const { causal = false, chunk = queries > LONGEST ? CHUNK : queries } = options;
  requireFitting(q, k, v, bias);
  const order = causal ? [constant(later(queries, keys), [queries, keys])] : [];
  const terms = [...(bias === undefined ? [] : [bias]), ...order];
  if (chunk < queries) {
    const orders = terms.map(({ shape }) => isOrder(shape));
    return apply(attentionOp, [q, k, v, ...terms], { chunk, orders });
  }
  const scores = matmul(q, transpose(k, [0, 1, 3, 2]));
  return matmul(softmax(terms.reduce((a, b) => add(a, b), scores)), v);
}

/** `MASKED` where the key is after the query, else 0: [T, S]. */
function later(queries: number, keys: number): Float32Array {
  return Float32Array.from({ length: queries * keys }, (_, i) => (i % keys > Math.floor(i / keys) ? MASKED : 0));
}

function requireFitting(q: Expr, k: Expr, v: Expr, bias: Expr | undefined): void {
  const shapes: Shape[] = [q, k, v].map(({ shape }) => shape);
  const fits =
    shapes.every((shape) => shape.length === 4 && shape[0] === q.shape[0] && shape[1] === q.shape[1]) &&
    k.shape[3] === q.shape[3] &&
    k.shape[2] === v.shape[2] &&
    (bias === undefined || formatShape(bias.shape) === formatShape([q.shape[0]!, 1, 1, k.shape[2]!]));
  if (fits) return;
  throw shapeError(
    `attention: queries, keys and values are ${shapes.map(formatShape).join(", ")}${bias === undefined ? "" : `, the bias ${formatShape(bias.shape)}`}; needed are [B, H, T, D], [B, H, S, D], [B, H, S, E] and a bias [B, 1, 1, S].`,
  );
}

export const attentionOps: readonly OpRecord[] = [attentionOp, attentionStatisticsOp];
