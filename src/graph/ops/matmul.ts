/** @file Matrix products: one matrix, or a stack of them along leading axes. */
import { shapeError } from "../../core/errors.ts";
import { checkOptions } from "../../core/keys.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../../core/shape.ts";
import { type Attributes, apply, type Expr, type OpRecord } from "../expr.ts";
import type { Emitter } from "../onnx/emitter.ts";
import { sum } from "./broadcast.ts";
import { reshape } from "./movement.ts";

interface MatmulAttributes extends Attributes {
  /** Read the last two axes of a (or b) swapped. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Rows of a where it is one transposed matrix: the length of the inner axis, which the shape of the product does not have. */
  readonly rows?: number;
}

/** Whether a^T b is worth a copy of a: the kernel that reads a transposed runs at three quarters of the speed of the plain one. */
function isTall(rows: number, [i, l]: Shape): boolean {
  return rows >= 512 && i! >= 64 && l! >= 64;
}

/** The transpose of a matrix [R, C] by a form that onnxruntime does not recognise, because it would undo it. */
function transposed(emit: Emitter, x: string, [rows, columns]: readonly [number, number]): string {
  const apart = emit.node("Reshape", [x, emit.integers([rows, columns, 1])]);
  const turned = emit.node("Transpose", [apart], { perm: [1, 0, 2] });
  return emit.node("Reshape", [turned, emit.integers([columns, rows])]);
}

/** Rows and columns as the product reads them. */
function sides(shape: readonly number[], transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

/** Whether one matrix b serves every matrix of a stack a. */
function isShared(a: { readonly shape: Shape }, b: { readonly shape: Shape }): boolean {
  return a.shape.length > 2 && b.shape.length === 2;
}

/** A stack of matrices [..., I, J] as one matrix [N, J]. */
function asRows(x: Expr): Expr {
  return reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]);
}

/**
 * Inputs: a [..., I, J], b [..., J, L] with equal leading axes or one shared matrix [J, L], optionally a bias: [L] where b is one matrix,
 * [..., 1, L] where it is a stack.
 */
const matmulOp: OpRecord<MatmulAttributes> = {
  name: "matmul",
  flops: ([a], { transposeA }, shape) => 2 * sizeOf(shape) * sides(a!.shape, transposeA)[1]!,
  shape([a, b, bias], { transposeA, transposeB }) {
    const [i, j] = sides(a!.shape, transposeA);
    const [j2, l] = sides(b!.shape, transposeB);
    const lead = a!.shape.slice(0, -2);
    const shared = isShared(a!, b!) && !transposeA;
    const problem =
      a!.shape.length < 2 || b!.shape.length < 2
        ? "both need at least two axes."
        : !shared && !sameShape(lead, b!.shape.slice(0, -2))
          ? `the leading axes ${formatShape(lead)} and ${formatShape(b!.shape.slice(0, -2))} differ.`
          : j === j2
            ? undefined
            : `the inner sizes ${j} and ${j2} differ.`;
    if (problem !== undefined) {
      throw shapeError(
        `matmul: ${formatShape(a!.shape)}${transposeA ? " transposed" : ""} x ${formatShape(b!.shape)}${transposeB ? " transposed" : ""}; ${problem}`,
        { a: a!.shape, b: b!.shape },
      );
    }
    const biasShape = b!.shape.length === 2 ? [l] : [...lead, 1, l];
    if (bias !== undefined && !sameShape(bias.shape, biasShape)) {
      throw shapeError(`matmul: the bias is ${formatShape(bias.shape)} and must be ${formatShape(biasShape)}.`);
    }
    return [...lead, i, l];
  },
  value([a, b, bias], { transposeA, transposeB }, shape) {
    const [i, l] = shape.slice(-2) as [number, number];
    const [, j] = sides(a!.shape, transposeA);
    const stride = isShared(a!, b!) ? 0 : 1;
    const out = new Float64Array(sizeOf(shape));
    for (let s = 0; s < sizeOf(shape.slice(0, -2)); s++) {
      for (let row = 0; row < i; row++) {
        for (let column = 0; column < l; column++) {
          let total = bias === undefined ? 0 : bias.data[s * stride * l + column]!;
          for (let k = 0; k < j; k++) {
            const left = a!.data[s * i * j + (transposeA ? k * i + row : row * j + k)]!;
            const right = b!.data[s * stride * j * l + (transposeB ? column * j + k : k * l + column)]!;
            total += left * right;
          }
          out[(s * i + row) * l + column] = total;
        }
      }
    }
    return out;
  },
  gradient(node, g, { transposeA: ta, transposeB: tb }) {
    const [a, b, bias] = node.inputs as [Expr, Expr, Expr | undefined];
    if (isShared(a, b)) {
      const [rows, slopes] = [asRows(a), asRows(g)];
      const db = tb ? matmul(slopes, rows, { transposeA: true }) : matmul(rows, slopes, { transposeA: true });
      return [matmul(g, b, { transposeB: !tb }), db, ...(bias === undefined ? [] : [sum(slopes, 0)])];
    }
    const da = ta ? matmul(b, g, { transposeA: tb, transposeB: true }) : matmul(g, b, { transposeB: !tb });
    const db = tb ? matmul(g, a, { transposeA: true, transposeB: ta }) : matmul(a, g, { transposeA: !ta });
    if (bias === undefined) return [da, db];
    return [da, db, g.shape.length === 2 ? sum(g, 0) : sum(g, -2, true)];
  },
  onnx(emit, inputs, { transposeA, transposeB, rows = 0 }, shape) {
    if (shape.length === 2) {
      if (transposeA && !transposeB && inputs.length === 2 && isTall(rows, shape)) {
        return emit.node("MatMul", [transposed(emit, inputs[0]!, [rows, shape[0]!]), inputs[1]!]);
      }
      return emit.node("Gemm", inputs, { transA: Number(transposeA), transB: Number(transposeB) });
    }
    const [a, b, bias] = inputs as [string, string, string | undefined];
    const product = emit.matmul(a, b, transposeA, transposeB);
    return bias === undefined ? product : emit.node("Add", [product, bias]);
  },
  rows(node, [a, b, bias], { transposeA }) {
    const inner = node.shape.length - 2;
    if (a === undefined || bias !== undefined) return undefined;
    // Both have rows: each sample has its own product.
    if (b !== undefined) return a === b && a < inner ? a : undefined;
    // Only a has rows: they are rows of its matrices, or matrices of their own that share b.
    const shared = isShared(node.inputs[0]!, node.inputs[1]!) && a < inner;
    return !transposeA && (a === inner || shared) ? a : undefined;
  },
};

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly bias?: Expr;
}

/** a [..., I, J] times b, plus a bias. b is [..., J, L] with the leading axes of a (a stack of products), or one matrix [J, L] for all of a. */
export function matmul(a: Expr, b: Expr, options: MatmulOptions = {}): Expr {
  checkOptions<MatmulOptions>("matmul", options, { transposeA: true, transposeB: true, bias: true });
  const { transposeA = false, transposeB = false, bias } = options;
  const rows = transposeA && a.shape.length === 2 ? { rows: a.shape[0]! } : {};
  return apply(matmulOp, bias === undefined ? [a, b] : [a, b, bias], { transposeA, transposeB, ...rows });
}

export const matmulOps: readonly OpRecord[] = [matmulOp];
