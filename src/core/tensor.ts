/** @file Tensors: a typed array, its element type and its shape. */
import { shapeError } from "./errors.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";

/** Element types and the arrays that hold them. */
export interface DTypes {
  float32: Float32Array;
  float64: Float64Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
}
export type DType = keyof DTypes;

/** A dense row-major array: `data.length` is the product of `shape`. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: DTypes[D];
}

/** Parameters and statistics of a model by dotted name, as in `encoders.audio.0.weight`. */
export type State = Readonly<Record<string, Tensor<"float32">>>;

/** A tensor over existing data. @throws ShapeError when the sizes disagree. */
export function tensor<D extends DType>(dtype: D, shape: Shape, data: DTypes[D]): Tensor<D> {
  if (data.length !== sizeOf(shape)) {
    throw shapeError(`tensor: ${formatShape(shape)} holds ${sizeOf(shape)} elements but ${data.length} were given.`, {
      shape,
      length: data.length,
    });
  }
  return { dtype, shape, data };
}

/** A float32 tensor; without data it is filled with zeros. */
export function float32(shape: Shape, data?: ArrayLike<number>): Tensor<"float32"> {
  const array =
    data === undefined
      ? new Float32Array(sizeOf(shape))
      : data instanceof Float32Array
        ? data
        : Float32Array.from(data);
  return tensor("float32", shape, array);
}
