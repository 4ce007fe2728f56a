/** @file Multi-layer perceptrons, as encoders (values that can be stored) and as a plain function. */
import { configError, hint, shapeError } from "../core/errors.ts";
import { checkOptions } from "../core/keys.ts";
import { formatShape } from "../core/shape.ts";
import type { Expr } from "../graph/expr.ts";
import { relu, sigmoid, tanh } from "../graph/ops/index.ts";
import { linear } from "./linear.ts";
import { checkRate, type Module, type Scope } from "./module.ts";
import { dropout, layerNorm } from "./norm.ts";

export type Activation = "relu" | "tanh" | "sigmoid";
const activations: Readonly<Record<Activation, (x: Expr) => Expr>> = { relu, tanh, sigmoid };

export interface MlpOptions {
  readonly activation?: Activation;
  /** Dropout rate of hidden units. Default 0. */
  readonly dropout?: number;
  /** Layer normalisation before each activation. */
  readonly norm?: boolean;
}

/**
 * An encoder of linear layers, each followed by an activation: `mlp([128, 256])` maps [B, 128] to [B, 256]. With one size it
 * is the identity on [B, size]. @throws ConfigError for bad options; ShapeError if it is built on features of another width.
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
  checkRate(rate, "mlp: dropout");
  return {
    description: { kind: "mlp", sizes, activation, dropout: rate, norm },
    build(scope, x) {
      const width = x.shape.at(-1)!;
      if (width !== sizes[0]) {
        const mended = [width, ...sizes.slice(1)].join(", ");
        throw shapeError(
          `${scope.path}: the encoder was declared mlp(${formatShape(sizes)}) but the data has ${width} features: use mlp([${mended}]).`,
          { declared: sizes, features: width },
        );
      }
      let out = x;
      for (let i = 1; i < sizes.length; i++) {
        const layer = scope.child(String(i - 1));
        out = linear(layer, out, sizes[i]!);
        if (norm) out = layerNorm(layer.child("norm"), out);
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
