/** @file What the transfer modules of MMTM give, on embeddings (mmtm.ts) and on maps (transfer-maps.ts), and their options. */
import * as z from "zod";
import type { Expr } from "../graph/expr.ts";
import { embeddingOption } from "./embed.ts";
import type { Outputs } from "./method.ts";

/** Options of the transfer modules and the branches. */
export interface TransferOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** The width of a summary is 2 / ratio times the channels of all modalities together. Default 4 (published). */
  readonly ratio: number;
  /** Gates are scale times a sigmoid. Default 2 (published), so that gates are 1 for an input of 0; 1 is used in the authors' later code. */
  readonly scale: 1 | 2;
  /** If all encoders have stages: number of modules, one after each of the last stages, at most as many as every encoder has. Default 3 (published for ResNet). Other encoders have one module, on the embeddings. */
  readonly modules: number;
}

/** Schema of the transfer options, by option. */
export const transferShape: {
  readonly embedding: z.ZodDefault<z.ZodInt>;
  readonly ratio: z.ZodDefault<z.ZodNumber>;
  readonly scale: z.ZodDefault<z.ZodUnion<readonly [z.ZodLiteral<1>, z.ZodLiteral<2>]>>;
  readonly modules: z.ZodDefault<z.ZodInt>;
} = {
  embedding: embeddingOption,
  ratio: z.number().positive().default(4),
  scale: z.union([z.literal(1), z.literal(2)]).default(2),
  modules: z.int().positive().default(3),
};

/** Outputs of the transfer modules. */
export interface Transfer extends Outputs {
  /** Z_m, [M, B, E]. */
  readonly stacked: Expr;
  /** Factors in (0, scale), [M, B, G]: of Z_m, or of the channels of all gated maps of a modality, one module after the other. */
  readonly gates: Expr;
  /** Branch logits [M, B, K]; the prediction is their mean over present modalities. */
  readonly branches: Expr;
  /** Branch logits with other gates, whose shape broadcasts to [M, B, G]. */
  answer(gates: Expr): Expr;
}
