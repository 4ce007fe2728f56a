/** @file Expr: one node of the tensor language. A graph is the set of nodes that its outputs reach; nothing is mutated. */
import { internalError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Emitter } from "./onnx/emitter.ts";

/** Settings of a node besides its inputs; plain data, so that equal nodes can be found equal. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Values of the interpreter: double precision, so that it can serve as the oracle of the float32 backends. */
export interface Value {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/**
 * All that is known of one operation, in one place.
 * `shape` throws a ShapeError for inputs that do not fit; `value` is plain loops; `gradient` gives, for the cotangent of
 * the output, one cotangent per input (undefined: no gradient flows); `onnx` emits nodes and returns the output's name.
 */
export interface OpRecord<A extends Attributes = Attributes> {
  readonly name: string;
  shape(inputs: readonly Expr[], attributes: A): Shape;
  value(inputs: readonly Value[], attributes: A, shape: Shape): Float64Array;
  gradient(node: Expr, cotangent: Expr): readonly (Expr | undefined)[];
  onnx(emit: Emitter, inputs: readonly string[], node: Expr): string;
  /**
   * Does row i of the output depend on row i of the inputs alone, where rows are counted on the axes given per input
   * (undefined: the input has no rows)? Answers with the output's row axis, or undefined when rows mix.
   * Left out: elementwise, so the row axis must agree in all inputs that have one.
   */
  rows?(node: Expr, rowAxes: readonly (number | undefined)[]): number | undefined;
}

/** A float32 tensor to be: an operation, its inputs, its settings and the shape that follows. */
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

/** What a leaf stands for: a batch array, a trained or stored number, drawn noise, a number that training keeps from step to step. */
export type LeafKind = "input" | "parameter" | "noise" | "memory";

export interface LeafAttributes extends Attributes {
  readonly kind: LeafKind;
  readonly name: string;
  readonly shape: Shape;
}

/** A value that comes from outside. Leaves are told apart by kind and name. */
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

/** All nodes that `outputs` reach, inputs before users, each once. Iterative: graphs may be deep. */
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
