/** @file Elementwise operations, with NumPy broadcasting for those of two inputs. */
import { erf as erfOf } from "../../core/erf.ts";
import { broadcastShapes, type Shape, sameShape, sizeOf, stridesOf } from "../../core/shape.ts";
import { apply, type Expr, type OpRecord, type Value } from "../expr.ts";
import { beforeBroadcast, unbroadcast } from "./broadcast.ts";
import { constant, scalarOf } from "./constant.ts";

type None = Readonly<Record<string, never>>;

function unary(
  name: string,
  onnxName: string,
  value: (x: number) => number,
  gradient: (cotangent: Expr, x: Expr, y: Expr) => Expr | undefined,
): OpRecord<None> {
  return {
    name,
    shape: ([x]) => x!.shape,
    value: ([x]) => x!.data.map(value),
    gradient: (node, cotangent) => [gradient(cotangent, node.inputs[0]!, node)],
    onnx: (emit, inputs) => emit.node(onnxName, inputs),
    rows: (_, [axis]) => axis,
  };
}

/** For each output element, its index in an input of shape `from` that broadcasts to `to`. */
function broadcastIndex(from: Shape, to: Shape): (i: number) => number {
  if (sizeOf(from) === sizeOf(to)) return (i) => i;
  const strides = stridesOf(to);
  const fromStrides = stridesOf(from);
  const lead = to.length - from.length;
  return (i) => {
    let index = 0;
    for (let axis = lead; axis < to.length; axis++) {
      if (from[axis - lead] !== 1) index += (Math.floor(i / strides[axis]!) % to[axis]!) * fromStrides[axis - lead]!;
    }
    return index;
  };
}

function binaryRows(node: Expr, axes: readonly (number | undefined)[]): number | undefined {
  // Row axes are compared counted from the back, where broadcasting aligns; a row axis must keep its length.
  const fromBack = node.inputs.map((input, i) => (axes[i] === undefined ? undefined : input.shape.length - axes[i]!));
  const known = fromBack.filter((axis) => axis !== undefined);
  if (known.length === 0 || known.some((axis) => axis !== known[0])) return undefined;
  const back = known[0]!;
  const size = node.shape[node.shape.length - back];
  const fits = node.inputs.every((input, i) => {
    const length = input.shape[input.shape.length - back];
    return fromBack[i] === undefined ? length === undefined || length === 1 : length === size;
  });
  return fits ? node.shape.length - back : undefined;
}

function binary(
  name: string,
  onnxName: string,
  value: (a: number, b: number) => number,
  gradient: (cotangent: Expr, a: Expr, b: Expr, y: Expr) => readonly (Expr | undefined)[],
): OpRecord<None> {
  return {
    name,
    shape: ([a, b]) => broadcastShapes(a!.shape, b!.shape, name),
    value([a, b]: readonly Value[], _: None, shape) {
      const out = new Float64Array(sizeOf(shape));
      const indexA = broadcastIndex(a!.shape, shape);
      const indexB = broadcastIndex(b!.shape, shape);
      for (let i = 0; i < out.length; i++) out[i] = value(a!.data[indexA(i)]!, b!.data[indexB(i)]!);
      return out;
    },
    gradient(node, cotangent) {
      const [a, b] = node.inputs as [Expr, Expr];
      const [da, db] = gradient(cotangent, a, b, node);
      return [da && unbroadcast(da, a.shape), db && unbroadcast(db, b.shape)];
    },
    onnx: (emit, inputs) => emit.node(onnxName, inputs),
    rows: binaryRows,
  };
}

const negOp: OpRecord<None> = unary(
  "neg",
  "Neg",
  (x) => -x,
  (g) => neg(g),
);
const expOp: OpRecord<None> = unary("exp", "Exp", Math.exp, (g, _, y) => mul(g, y));
const logOp: OpRecord<None> = unary("log", "Log", Math.log, (g, x) => div(g, x));
const sqrtOp: OpRecord<None> = unary("sqrt", "Sqrt", Math.sqrt, (g, _, y) => div(mul(g, constant(0.5)), y));
const tanhOp: OpRecord<None> = unary("tanh", "Tanh", Math.tanh, (g, _, y) => mul(g, sub(constant(1), mul(y, y))));
const sigmoidOp: OpRecord<None> = unary(
  "sigmoid",
  "Sigmoid",
  (x) => 1 / (1 + Math.exp(-x)),
  (g, _, y) => mul(g, mul(y, sub(constant(1), y))),
);
const reluOp: OpRecord<None> = unary(
  "relu",
  "Relu",
  (x) => Math.max(x, 0),
  (g, _, y) => mul(g, one(positiveOp, [y])),
);
/** 1 above zero, 0 elsewhere. */
const positiveOp: OpRecord<None> = {
  ...unary(
    "positive",
    "HardSigmoid",
    (x) => (x > 0 ? 1 : 0),
    () => undefined,
  ),
  // A line so steep that it reaches 1 at the smallest normal float32; ONNX Runtime's Sign and Greater are slower.
  onnx: (emit, inputs) => emit.node("HardSigmoid", inputs, { alpha: { float: 3e38 }, beta: { float: 0 } }),
};
const erfOp: OpRecord<None> = unary("erf", "Erf", erfOf, (g, x) =>
  mul(mul(g, 2 / Math.sqrt(Math.PI)), exp(neg(square(x)))),
);
const squareOp: OpRecord<None> = {
  ...unary(
    "square",
    "Mul",
    (x) => x * x,
    (g, x) => mul(mul(g, 2), x),
  ),
  onnx: (emit, [x]) => emit.node("Mul", [x!, x!]),
};
const signOp: OpRecord<None> = unary("sign", "Sign", Math.sign, () => undefined);
const stopOp: OpRecord<None> = {
  ...unary(
    "stopGradient",
    "Identity",
    (x) => x,
    () => undefined,
  ),
  onnx: (_, inputs) => inputs[0]!,
};

const addOp: OpRecord<None> = binary(
  "add",
  "Add",
  (a, b) => a + b,
  (g) => [g, g],
);
const subOp: OpRecord<None> = binary(
  "sub",
  "Sub",
  (a, b) => a - b,
  (g) => [g, neg(g)],
);
const mulOp: OpRecord<None> = binary(
  "mul",
  "Mul",
  (a, b) => a * b,
  (g, a, b) => [mul(g, b), mul(g, a)],
);
const divOp: OpRecord<None> = binary(
  "div",
  "Div",
  (a, b) => a / b,
  (g, _, b, y) => [div(g, b), neg(div(mul(g, y), b))],
);
const powOp: OpRecord<None> = binary("pow", "Pow", Math.pow, (g, a, b, y) => [
  mul(mul(g, b), pow(a, sub(b, 1))),
  mul(mul(g, y), log(a)),
]);
const maximumOp: OpRecord<None> = binary("maximum", "Max", Math.max, (g, a, b) => [
  mul(g, greater(a, b)),
  mul(g, sub(constant(1), greater(a, b))),
]);
const minimumOp: OpRecord<None> = binary("minimum", "Min", Math.min, (g, a, b) => [
  mul(g, sub(constant(1), greater(a, b))),
  mul(g, greater(a, b)),
]);
const greaterOp: OpRecord<None> = {
  ...binary(
    "greater",
    "Greater",
    (a, b) => (a > b ? 1 : 0),
    () => [undefined, undefined],
  ),
  onnx: (emit, inputs) => emit.cast(emit.node("Greater", inputs)),
};

/** `where(condition, a, b)` is arithmetic on a 0/1 condition; a NaN in the branch not taken does not leak. */
const whereOp: OpRecord<None> = {
  name: "where",
  shape: ([c, a, b]) => broadcastShapes(c!.shape, broadcastShapes(a!.shape, b!.shape, "where"), "where"),
  value([c, a, b], _, shape) {
    const index = [c!, a!, b!].map((v) => broadcastIndex(v.shape, shape));
    return Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
      c!.data[index[0]!(i)]! !== 0 ? a!.data[index[1]!(i)]! : b!.data[index[2]!(i)]!,
    );
  },
  gradient(node, cotangent) {
    const [c, a, b] = node.inputs as [Expr, Expr, Expr];
    const zero = constant(0);
    return [
      undefined,
      unbroadcast(where(c, cotangent, zero), a.shape),
      unbroadcast(where(c, zero, cotangent), b.shape),
    ];
  },
  onnx: (emit, inputs) => emit.node("Where", [emit.cast(inputs[0]!, "bool"), inputs[1]!, inputs[2]!]),
  rows: binaryRows,
};

const one = (op: OpRecord<None>, inputs: readonly Expr[]): Expr => apply(op, inputs, {});
/** Applies an op that broadcasts: an explicit broadcast of an input is removed, if the result has the same shape without it. */
function two(op: OpRecord<None>, a: Operand, b: Operand): Expr {
  const [x, y] = [operand(a), operand(b)];
  const [x0, y0] = [beforeBroadcast(x), beforeBroadcast(y)];
  const result = one(op, [x, y]);
  for (const inputs of [...(x0 === x ? [] : [[x0, y]]), ...(y0 === y ? [] : [[x, y0]])]) {
    const shorter = one(op, inputs);
    if (sameShape(shorter.shape, result.shape)) return shorter;
  }
  return result;
}
/** Numbers stand for scalar constants. */
type Operand = Expr | number;
const operand = (x: Operand): Expr => (typeof x === "number" ? constant(x) : x);

/** -x */
export function neg(x: Expr): Expr {
  const fill = scalarOf(x);
  return fill === undefined ? one(negOp, [x]) : constant(-fill, x.shape);
}
/** x * x */
export const square = (x: Expr): Expr => one(squareOp, [x]);
/** e^x */
export const exp = (x: Expr): Expr => one(expOp, [x]);
/** Natural logarithm. */
export const log = (x: Expr): Expr => one(logOp, [x]);
export const sqrt = (x: Expr): Expr => one(sqrtOp, [x]);
export const tanh = (x: Expr): Expr => one(tanhOp, [x]);
export const sigmoid = (x: Expr): Expr => one(sigmoidOp, [x]);
/** The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export const erf = (x: Expr): Expr => one(erfOp, [x]);
/** x times the standard normal distribution function of x: the exact GELU, not the one with tanh. Source: Hendrycks, Gimpel 2016. */
export const gelu = (x: Expr): Expr => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
/** max(x, 0); its derivative at 0 is 0. */
export const relu = (x: Expr): Expr => one(reluOp, [x]);
/** -1, 0 or 1; no gradient. */
export const sign = (x: Expr): Expr => one(signOp, [x]);
/** x without gradient (`detach` in PyTorch). */
export const stopGradient = (x: Expr): Expr => one(stopOp, [x]);
/** a - b, broadcast. */
export const sub = (a: Operand, b: Operand): Expr => two(subOp, a, b);
/** a / b, broadcast. */
export const div = (a: Operand, b: Operand): Expr => two(divOp, a, b);
/** a to the power b, broadcast. Where a is negative, b must be a whole number and has no gradient (NaN). */
export const pow = (a: Operand, b: Operand): Expr => two(powOp, a, b);
export const maximum = (a: Operand, b: Operand): Expr => two(maximumOp, a, b);
export const minimum = (a: Operand, b: Operand): Expr => two(minimumOp, a, b);
/** 1 where a > b, else 0; no gradient. */
export const greater = (a: Operand, b: Operand): Expr => two(greaterOp, a, b);
/** a where the condition is not 0, else b; broadcast. */
export const where = (condition: Expr, a: Operand, b: Operand): Expr =>
  one(whereOp, [condition, operand(a), operand(b)]);
/** a + b, broadcast. */
export function add(a: Operand, b: Operand): Expr {
  return two(addOp, a, b);
}
/** a * b, broadcast; products of scalar constants fold, so that loss weights cost no nodes. */
export function mul(a: Operand, b: Operand): Expr {
  const [x, y] = [operand(a), operand(b)];
  const [fx, fy] = [scalarOf(x), scalarOf(y)];
  if (fx === 1 && x.shape.length === 0) return y;
  if (fy === 1 && y.shape.length === 0) return x;
  if (fx !== undefined && fy !== undefined) return constant(fx * fy, broadcastShapes(x.shape, y.shape, "mul"));
  return two(mulOp, x, y);
}

export const elementwiseOps: readonly OpRecord[] = [
  negOp,
  expOp,
  logOp,
  sqrtOp,
  tanhOp,
  sigmoidOp,
  reluOp,
  positiveOp,
  erfOp,
  squareOp,
  signOp,
  stopOp,
  addOp,
  subOp,
  mulOp,
  divOp,
  powOp,
  maximumOp,
  minimumOp,
  greaterOp,
  whereOp,
];
