/** @file The embeddings of modalities, and parts of predictions that methods share. */
import * as z from "zod";
import { methodError } from "../core/errors.ts";
import { formatShape } from "../core/shape.ts";
import type { Expr } from "../graph/expr.ts";
import { add, at, mul, reshape, stack, sub, transpose } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import type { Module, Scope } from "../nn/module.ts";
import type { BuildInput, Components } from "./method.ts";
import { presence, zeroWhereMissing } from "./missing.ts";

/** The option of the embedding width E, which all methods share. */
export const embeddingOption: z.ZodDefault<z.ZodInt> = z.int().positive().default(64);

/**
 * Applies the encoders and one linear layer each: the embeddings Z_m as a stack [M, B, E], zeros for a missing modality. Parameters:
 * `encoders.<modality>....`. @throws MethodError if an encoder does not return one row for each sample.
 */
export function embed(input: BuildInput, encoders: Readonly<Record<string, Module>>, width: number): Expr {
  const { scope, inputs } = input;
  const embedded = Object.entries(encoders).map(([name, encoder]) => {
    const encoderScope = scope.child("encoders").child(name);
    return embedding(encoderScope, encoder.build(encoderScope, inputs[name]!), inputs[name]!, width);
  });
  return zeroWhereMissing(stack(embedded), presence(input, Object.keys(encoders)));
}

/**
 * The embedding [B, E] of what an encoder returned for `samples`. Parameters: `embedding....` of the encoder's scope.
 * @throws MethodError if it is not one row for each sample.
 */
export function embedding(scope: Scope, hidden: Expr, samples: Expr, width: number): Expr {
  const batch = samples.shape[0]!;
  if (hidden.shape.length !== 2 || hidden.shape[0] !== batch) {
    throw methodError(
      `${scope.path}: build returned the shape ${formatShape(hidden.shape)}; [${batch}, H] is needed: a row for each sample.`,
    );
  }
  return linear(scope.child("embedding"), hidden, width);
}

/** Components of a prediction sum_c g_c y_c whose shares sum to 1. The contribution of c is g_c (y_c - prior). */
export function gatedComponents(names: readonly string[], logits: Expr, gate: Expr, prior: Expr): Components {
  const [batch, count] = gate.shape as [number, number];
  const shares = reshape(transpose(gate, [1, 0]), [count, batch, 1]);
  return { names, logits, gate, contributions: mul(sub(logits, prior), shares) };
}

/** The entries of a stack [M, B, E] as representations `embedding_<modality>`. */
export function embeddings(stacked: Expr, modalities: readonly string[], name = "embedding"): Record<string, Expr> {
  return Object.fromEntries(modalities.map((modality, m) => [`${name}_${modality}`, at(stacked, m)]));
}

/** `x` broadcast to the shape of `like`. Unlike `broadcastTo` it fixes no batch size, so that exported graphs can leave it open. */
export function expandAs(x: Expr, like: Expr): Expr {
  return add(mul(like, 0), x);
}
