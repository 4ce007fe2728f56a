/** @file Expr: one node of a computation graph. A graph is the set of nodes on which its outputs depend; nodes are immutable. */
import { DmilError, internalError } from "../core/errors.ts";
import { normalAxis, type Shape } from "../core/shape.ts";
import type { Emitter } from "./onnx/emitter.ts";

/** Attributes of a node besides its inputs; plain data, so that nodes can be compared. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Values of the interpreter, in double precision: it is the reference for the float32 backends. */
export interface Value {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/**
 * The complete definition of one operation; every rule receives the attributes of the node.
 * `shape` throws a ShapeError for incompatible inputs; `value` computes with plain loops; `gradient` returns, for the cotangent of the
 * output, one cotangent per input (undefined: no gradient flows); `onnx` emits nodes and returns the output's name.
 */
export interface OpRecord<A extends Attributes = Attributes> {
  readonly name: string;
  /** Floating-point operations of the node; without it, one for each number of the output. */
  flops?(inputs: readonly Expr[], attributes: A, shape: Shape): number;
  shape(inputs: readonly Expr[], attributes: A): Shape;
  value(inputs: readonly Value[], attributes: A, shape: Shape): Float64Array;
  gradient(node: Expr, cotangent: Expr, attributes: A): readonly (Expr | undefined)[];
  onnx(emit: Emitter, inputs: readonly string[], attributes: A, shape: Shape): string;
  /**
   * The row axis of the output, if row i of the output depends only on row i of the inputs, or undefined if rows mix. The row axis of each
   * input is given (undefined: the input has no rows), and the number of samples. A row axis has the same number of entries for each
   * sample, in order: 1, or T after [B, T, F] became [B * T, F].
   */
  rows(node: Expr, rowAxes: readonly (number | undefined)[], attributes: A, samples: number): number | undefined;
}

/** A symbolic float32 tensor: an operation, its inputs, its attributes and the resulting shape. */
export interface Expr {
  readonly op: OpRecord;
  readonly inputs: readonly Expr[];
  readonly attributes: Attributes;
  readonly shape: Shape;
  /** Dotted path in the model of the parameters that the node reads (`encoders.audio.0`), else the common path of its inputs; "" if none. */
  readonly scope: string;
}

/** Makes a node. @throws ShapeError of the op's shape rule, with the node's scope. */
export function apply<A extends Attributes>(op: OpRecord<A>, inputs: readonly Expr[], attributes: A): Expr {
  const scope = scopeOf(inputs);
  return { op, inputs, attributes, shape: inScope(scope, () => op.shape(inputs, attributes)), scope };
}

/** The result of `rule`; the message of a ShapeError that it throws begins with the scope. */
export function inScope<T>(scope: string, rule: () => T): T {
  try {
    return rule();
  } catch (error) {
    if (scope === "" || !(error instanceof DmilError) || error.code !== "ShapeError") throw error;
    throw new DmilError(error.code, `in ${scope}: ${error.message}`, { ...error.fields, scope });
  }
}

/** An axis of x, counted from the front. @throws ShapeError with the scope of x. */
export function axisOf(x: Expr, axis: number, where: string): number {
  return inScope(x.scope, () => normalAxis(axis, x.shape.length, where));
}

/** The attributes of a node of this op, or undefined for a node of another op. */
export function attributesOf<A extends Attributes>(op: OpRecord<A>, node: Expr): A | undefined {
  return node.op === op ? (node.attributes as A) : undefined;
}

/** The longest scope of the parameters among `inputs`, else the common dotted prefix of the inputs' scopes; inputs without one are ignored. */
function scopeOf(inputs: readonly Expr[]): string {
  let scope = "";
  for (const input of inputs) {
    if (asLeaf(input)?.kind === "parameter" && input.scope.length > scope.length) scope = input.scope;
  }
  if (scope !== "") return scope;
  const [first = "", ...others] = inputs.flatMap((input) => (input.scope === "" ? [] : [input.scope]));
  return others.reduce(commonPrefix, first);
}

function commonPrefix(a: string, b: string): string {
  if (a === b) return a;
  const [left, right] = [a.split("."), b.split(".")];
  const differs = left.findIndex((part, i) => part !== right[i]);
  return (differs < 0 ? left : left.slice(0, differs)).join(".");
}

/** Kinds of leaves: a batch array, a parameter or statistic, random noise, a number that training keeps between steps. */
export type LeafKind = "input" | "parameter" | "noise" | "memory";

interface LeafAttributes extends Attributes {
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
  rows: () => undefined,
};

/** A leaf: `kind` and `name` are its identity. A parameter's scope is its name without the last part, an input's its name. */
export function leaf(kind: LeafKind, name: string, shape: Shape): Expr {
  const path = kind === "parameter" ? name.slice(0, Math.max(0, name.lastIndexOf("."))) : kind === "input" ? name : "";
  return { ...apply(leafOp, [], { kind, name, shape }), scope: path };
}

/** The attributes of a leaf, or undefined for any other node. */
export function asLeaf(expr: Expr): LeafAttributes | undefined {
  return attributesOf(leafOp, expr);
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
