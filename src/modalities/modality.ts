/** @file The contract of a kind of modality: how its samples become the input of an encoder, and what a person reads about them. */
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { NORMALIZE, type Normalize } from "../data/normalize.ts";
import type { Expr } from "../graph/expr.ts";

export { NORMALIZE, type Normalize };

export const MODALITY_KINDS = ["vector", "sequence"] as const;

/** One setting for all modalities, or one for each; the default is `standard`. */
export type NormalizeSetting = Normalize | Readonly<Record<string, Normalize>>;

/** What a model keeps of a modality: plain data, and numbers that were fitted on training samples. */
export interface Transform {
  readonly kind: (typeof MODALITY_KINDS)[number];
  readonly normalize: Normalize;
  /** By the names that `ModalityType.numbers` lists. */
  readonly numbers: Readonly<Record<string, Float32Array>>;
}

/** A kind of modality. Every array of samples is [N, ...sample shape], and the encoder gets [B, ...inputShape] of the same rank. */
export interface ModalityType {
  readonly kind: Transform["kind"];
  /** Names of the fitted numbers, by normalisation. */
  readonly numbers: Readonly<Record<Normalize, readonly string[]>>;
  /** The shape of a transformed sample. */
  inputShape(sample: Shape): Shape;
  /** Fits the numbers on the training samples [N, ...] that have the modality. N is at least 1. */
  fit(train: Tensor<"float32">, normalize: Normalize): Transform["numbers"];
  /** Samples [N, ...] as the encoder reads them, in a new array. @throws ShapeError for samples of another size than those of `fit`. */
  transform(samples: Tensor<"float32">, transform: Transform): Tensor<"float32">;
  /** Makes transformed samples one input in place: a sample whose entry in `present` [N] is 0 becomes zeros, whatever its values. */
  collate(samples: Tensor<"float32">, present: Uint8Array | undefined): Tensor<"float32">;
  /** `transform` as a graph on [B, ...], for exported files; `stored` makes the leaf of a fitted number. */
  graph(samples: Expr, transform: Transform, stored: (name: string, shape: Shape) => Expr): Expr;
  /** What a model does to the values before its encoder reads them, for people: `standardisation is inside`. */
  describe(transform: Transform): string;
}
