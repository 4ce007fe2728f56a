/** @file Multi-layer perceptrons, as encoders (values that can be stored) and as a plain function. */
import { configError, hint, shapeError } from "../core/errors.ts";
import { checkOptions, shown } from "../core/keys.ts";
import { formatShape } from "../core/shape.ts";
import type { Expr } from "../graph/expr.ts";
import { relu, sigmoid, tanh } from "../graph/ops/index.ts";
import { flatten, linear } from "./linear.ts";
import { checkRate, type Module, type Scope } from "./module.ts";
import { batchNorm, dropout, layerNorm } from "./norm.ts";

export type Activation = "relu" | "tanh" | "sigmoid";
export const activations: Readonly<Record<Activation, (x: Expr) => Expr>> = { relu, tanh, sigmoid };

/** Normalisation before an activation: true is `layer`, false is none. */
export type Norm = boolean | "layer" | "batch";
const NORMS: readonly Norm[] = [true, false, "layer", "batch"];

export interface MlpOptions {
  readonly activation?: Activation;
  /** Dropout rate of hidden units. Default 0. */
  readonly dropout?: number;
  /** Normalisation before each activation: `layer`, `batch`, or none (default). true is `layer`. */
  readonly norm?: Norm;
}

/**
 * An encoder of linear layers, each followed by an activation: `mlp([128, 256])` maps samples of 128 numbers, whatever their shape, to
 * [B, 256]. With one size it only flattens them. @throws ConfigError for bad options; ShapeError if samples have another number of features.
 */
export function mlp(sizes: readonly number[], options: MlpOptions = {}): Module {
  checkOptions<MlpOptions>("mlp", options, { activation: true, dropout: true, norm: true });
  const { activation = "relu", dropout: rate = 0, norm = false } = options;
  if (sizes.length === 0 || sizes.some((n) => !Number.isInteger(n) || n < 1)) {
    throw configError(`mlp: sizes ${formatShape(sizes)}; one or more positive whole numbers are needed.`);
  }
  if (!Object.hasOwn(activations, activation)) {
    throw configError(`mlp: unknown activation "${activation}"${hint(activation, Object.keys(activations))}`);
  }
  if (!NORMS.includes(norm)) {
    throw configError(`mlp: norm is ${shown(norm)}; allowed are layer (or true), batch and false.`);
  }
  checkRate(rate, "mlp: dropout");
  return {
    description: { kind: "mlp", sizes, activation, dropout: rate, norm },
    build(scope, samples) {
      const x = flatten(samples);
      const width = x.shape[1]!;
      if (width !== sizes[0]) {
        const corrected = [width, ...sizes.slice(1)].join(", ");
        throw shapeError(
          `${scope.path}: the encoder was declared mlp(${formatShape(sizes)}) but the data has ${width} features: use mlp([${corrected}]).`,
          { declared: sizes, features: width },
        );
      }
      let out = x;
      for (let i = 1; i < sizes.length; i++) {
        const layer = scope.child(String(i - 1));
        out = linear(layer, out, sizes[i]!);
        if (norm !== false) out = (norm === "batch" ? batchNorm : layerNorm)(layer.child("norm"), out);
        out = dropout(layer, activations[activation](out), rate);
      }
      return out;
    },
  };
}

/** linear, ReLU, linear: [..., in] to [..., out]; a stack [S, B, in] gets one such network per entry. */
export function mlp2(scope: Scope, x: Expr, hidden: number, out: number): Expr {
  return linear(scope.child("1"), relu(linear(scope.child("0"), x, hidden)), out);
}
