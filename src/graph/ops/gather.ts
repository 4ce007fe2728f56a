/** @file Rows of a table by their numbers (an embedding), and its gradient, which adds rows to those of a table. */
import { internalError, shapeError } from "../../core/errors.ts";
import { formatShape, type Shape, sizeOf } from "../../core/shape.ts";
import { type Attributes, apply, type Expr, type OpRecord, type Value } from "../expr.ts";
import type { Emitter } from "../onnx/emitter.ts";

type None = Readonly<Record<string, never>>;

/** Calls `visit` for every id: its row in the table and its place among the ids. */
function forEachId({ data }: Value, rows: number, visit: (row: number, place: number) => void): void {
  data.forEach((row, place) => {
    if (!(Number.isInteger(row) && row >= 0 && row < rows)) {
      throw internalError(`embedding: id ${row} is not a row of a table of ${rows}; ids are checked with the data.`);
    }
    visit(row, place);
  });
}

/** Inputs: a table [V, D] and ids [...]. */
const embeddingOp: OpRecord<None> = {
  name: "embedding",
  shape([table, ids]) {
    if (table!.shape.length !== 2)
      throw shapeError(`embedding: a table [V, D] is needed, not ${formatShape(table!.shape)}.`);
    return [...ids!.shape, table!.shape[1]!];
  },
  value([table, ids], _, shape) {
    const out = new Float64Array(sizeOf(shape));
    const [rows, width] = table!.shape as [number, number];
    forEachId(ids!, rows, (row, place) => {
      out.set(table!.data.subarray(row * width, (row + 1) * width), place * width);
    });
    return out;
  },
  gradient({ inputs: [table, ids] }, g) {
    return [apply(scatterRowsOp, [g, ids!], { rows: table!.shape[0]! }), undefined];
  },
  onnx: (emit, [table, ids]) => emit.node("Gather", [table!, emit.cast(ids!, "int32")], { axis: 0 }),
  rows: (_, [table, ids]) => (table === undefined ? ids : undefined),
};

interface ScatterAttributes extends Attributes {
  /** V, the rows of the table. */
  readonly rows: number;
}

/** From g [..., D] and ids [...] to a table [V, D] whose row v is the sum of the rows of g with id v. */
const scatterRowsOp: OpRecord<ScatterAttributes> = {
  name: "scatterRows",
  shape: ([g], { rows }) => [rows, g!.shape.at(-1)!],
  value([g, ids], { rows }, shape) {
    const out = new Float64Array(sizeOf(shape));
    const width = shape[1]!;
    forEachId(ids!, rows, (row, place) => {
      for (let d = 0; d < width; d++) out[row * width + d]! += g!.data[place * width + d]!;
    });
    return out;
  },
  gradient: ({ inputs: [, ids] }, cotangent) => [apply(embeddingOp, [cotangent, ids!], {}), undefined],
  onnx(emit, [g, ids], _, shape) {
    return scatter(emit, g!, ids!, shape);
  },
  rows: () => undefined,
};

function scatter(emit: Emitter, g: string, ids: string, shape: Shape): string {
  const [, width] = shape as [number, number];
  const rows = emit.reshape(g, [-1, width]);
  // ScatterElements wants an index for each number, and adds them in order. ScatterND is three times as fast, but its threads overwrite
  // each other's sums of equal ids.
  const indices = emit.node("Reshape", [emit.cast(ids, "int32"), emit.integers([-1, 1])]);
  const each = emit.node("Expand", [indices, emit.integers([1, width])]);
  const zeros = emit.node("ConstantOfShape", [emit.integers(shape)]);
  return emit.node("ScatterElements", [zeros, each, rows], { axis: 0, reduction: "add" });
}

/**
 * Rows of a table [V, D] by whole numbers 0..V-1 in `ids` [...]: [..., D], as PyTorch's `embedding`. Ids are float32 like every array here,
 * which has whole numbers to 2^24. The gradient of the table adds up the slopes of equal ids. @throws ShapeError if the table has another rank.
 */
export function embedding(table: Expr, ids: Expr): Expr {
  return apply(embeddingOp, [table, ids], {});
}

export const gatherOps: readonly OpRecord[] = [embeddingOp, scatterRowsOp];
