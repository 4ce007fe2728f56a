/** @file Expr: one node of a computation graph. A graph is the set of nodes on which its outputs depend; nodes are immutable. */
import { internalError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Emitter } from "./onnx/emitter.ts";

/** Attributes of a node besides its inputs; plain data, so that nodes can be compared. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Values of the interpreter, in double precision: it is the reference for the float32 backends. */
export interface Value {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/**
 * The complete definition of one operation.
 * `shape` throws a ShapeError for incompatible inputs; `value` computes with plain loops; `gradient` returns, for the cotangent of the
 * output, one cotangent per input (undefined: no gradient flows); `onnx` emits nodes and returns the output's name.
 */
export interface OpRecord<A extends Attributes = Attributes> {
  readonly name: string;
  shape(inputs: readonly Expr[], attributes: A): Shape;
  value(inputs: readonly Value[], attributes: A, shape: Shape): Float64Array;
  gradient(node: Expr, cotangent: Expr): readonly (Expr | undefined)[];
  onnx(emit: Emitter, inputs: readonly string[], node: Expr): string;
  /**
   * The row axis of the output, if row i of the output depends only on row i of the inputs, or undefined if rows mix. The row axis of each
   * input is given (undefined: the input has no rows), and the number of samples. A row axis has the same number of entries for each
   * sample, in order: 1, or T after [B, T, F] became [B * T, F]. Default: elementwise, so the row axis must agree in all inputs that have one.
   */
  rows?(node: Expr, rowAxes: readonly (number | undefined)[], samples: number): number | undefined;
}

/** A symbolic float32 tensor: an operation, its inputs, its attributes and the resulting shape. */
export interface Expr {
  readonly op: OpRecord;
  readonly inputs: readonly Expr[];
  readonly attributes: Attributes;
  readonly shape: Shape;
}

/** Makes a node; the op's shape rule checks the inputs. */
export function apply<A extends Attributes>(op: OpRecord<A>, inputs: readonly Expr[], attributes: A): Expr {
  const record = op as unknown as OpRecord;
  return { op: record, inputs, attributes, shape: record.shape(inputs, attributes) };
}

/** Kinds of leaves: a batch array, a parameter or statistic, random noise, a number that training keeps between steps. */
export type LeafKind = "input" | "parameter" | "noise" | "memory";

export interface LeafAttributes extends Attributes {
  readonly kind: LeafKind;
  readonly name: string;
  readonly shape: Shape;
}

/** An external input of the graph, identified by kind and name. */
export const leafOp: OpRecord<LeafAttributes> = {
  name: "leaf",
  shape: (_, { shape }) => shape,
  value() {
    throw internalError("a leaf has no value of its own.");
  },
  gradient: () => [],
  onnx() {
    throw internalError("a leaf must be bound before it is lowered.");
  },
};

/** A leaf: `kind` and `name` are its identity. */
export function leaf(kind: LeafKind, name: string, shape: Shape): Expr {
  return apply(leafOp, [], { kind, name, shape });
}

/** The attributes of a leaf, or undefined for any other node. */
export function asLeaf(expr: Expr): LeafAttributes | undefined {
  return expr.op.name === "leaf" ? (expr.attributes as LeafAttributes) : undefined;
}

/** All nodes on which `outputs` depend, once each, in topological order (inputs first). Iterative, because graphs can be deep. */
export function topological(outputs: readonly Expr[]): Expr[] {
  const order: Expr[] = [];
  const done = new Set<Expr>();
  const stack: { node: Expr; next: number }[] = [];
  for (const output of outputs) {
    if (done.has(output)) continue;
    stack.push({ node: output, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const input = top.node.inputs[top.next++];
      if (input === undefined) {
        stack.pop();
        if (!done.has(top.node)) {
          done.add(top.node);
          order.push(top.node);
        }
      } else if (!done.has(input)) stack.push({ node: input, next: 0 });
    }
  }
  return order;
}
