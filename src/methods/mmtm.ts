/**
 * @file MMTM: gates the channels of each modality by a summary of all modalities. Each branch has a head, and the prediction is the mean of
 * their logits. If all encoders have stages, modules stand after the last ones and read the means of the maps; otherwise one module gates the
 * embeddings. The unimodal prediction of a modality is its branch with the summaries of others replaced by their training means.
 * Source: Vaezi Joze, Shaban, Iuzzolino, Koishida: MMTM: Multimodal Transfer Module for CNN Fusion, CVPR 2020.
 * Differs: with encoders that return vectors there is one module, on the embeddings, and squeezing is the identity. A linear layer to the
 * embedding stands before each head. Frames of a video share one summary and one gate. Training starts from random weights, not from unimodal
 * networks.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import { add, matmul, mul, relu, sigmoid, stack, sub, sum } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import {
  type BuildInput,
  defineMethod,
  type Encoders,
  embed,
  embeddings,
  everyTarget,
  type MethodFactory,
  meanOfPresent,
  presence,
  type Stage,
  type Task,
  type Terms,
  wholeStage,
} from "./kit.ts";
import { type Transfer, type TransferOptions, transferShape } from "./transfer.ts";
import { branchesOf, mapTransfer } from "./transfer-maps.ts";

export interface MmtmOptions extends TransferOptions {
  /** "prediction": cross-entropy of the prediction (published); "branches": sum of the branches' cross-entropies, as in greedy learning. */
  readonly loss: "prediction" | "branches";
}

/**
 * Gates g_m = scale sigmoid(e V_m + c_m) from one summary e = relu(sum_j z_j W_j + c); branches are linear heads on z_m g_m.
 * Parameters: `encoders.<modality>...`, `transfer.squeeze.weight` [M, E, W], `transfer.squeeze.bias` [W], `transfer.gates.weight`
 * [M, W, E], `transfer.gates.bias` [M, 1, E], `heads.weight` [M, E, K], `heads.bias` [M, 1, K].
 */
function vectorTransfer(input: BuildInput, encoders: Encoders, { embedding, ratio, scale }: TransferOptions): Transfer {
  const names = Object.keys(encoders);
  const stacked = embed(input, encoders, embedding);
  const modalities = stacked.shape[0]!;
  const transferScope = input.scope.child("transfer");
  const width = Math.ceil((2 * modalities * embedding) / ratio);
  const init = { kind: "uniform", bound: 1 / Math.sqrt(modalities * embedding) } as const;
  const squeeze = transferScope.child("squeeze");
  const weight = squeeze.parameter("weight", [modalities, embedding, width], init);
  const bias = squeeze.parameter("bias", [width], init);
  const centre = transferScope.statistic("centre", [modalities, 1, embedding], 0);
  // Each modality's part of the summary, [M, B, W], and this part at the training mean, [M, 1, W].
  const parts = matmul(stacked, weight);
  const meanParts = matmul(centre, weight);
  const gate = (summaries: Expr): Expr =>
    mul(sigmoid(linear(transferScope.child("gates"), relu(add(summaries, bias)), embedding)), scale);
  const answer = (gates: Expr): Expr => linear(input.scope.child("heads"), mul(stacked, gates), input.classes);
  const summary = sum(parts, 0);
  const gates = gate(stack(Array.from({ length: modalities }, () => summary)));
  const branches = answer(gates);
  return {
    logits: meanOfPresent(branches, [0], presence(input, names)),
    unimodal: answer(gate(add(sub(parts, meanParts), sum(meanParts, 0)))),
    statistics: { "transfer.centre": stacked },
    representations: { ...embeddings(stacked, names), ...embeddings(mul(stacked, gates), names, "gated") },
    stacked,
    gates,
    branches,
    answer,
  };
}

/** Transfer modules on maps if all encoders have stages, else one on the embeddings. */
export function transfer(input: BuildInput, encoders: Encoders, options: TransferOptions): Transfer {
  const branches = branchesOf(encoders, options);
  return branches === undefined ? vectorTransfer(input, encoders, options) : mapTransfer(input, branches, options);
}

/** Loss of each branch; outputs of branches are [M, B, K]. */
export function branchTerms(task: Task, branches: Expr, target: Expr, modalities: readonly string[]): Terms {
  return {
    names: modalities.map((modality) => `${task.term}.branch.${modality}`),
    value: task.loss(branches, target),
    weights: modalities.map(() => 1),
  };
}

const schema: z.ZodType<MmtmOptions, Loose<MmtmOptions>> = z.strictObject({
  ...transferShape,
  loss: z.enum(["prediction", "branches"]).default("prediction"),
});

export const mmtm: MethodFactory<Loose<MmtmOptions>, Transfer> = defineMethod({
  name: "mmtm",
  summary: "Multimodal Transfer Module: gates each embedding by a summary of all modalities (CVPR 2020)",
  schema,
  targets: everyTarget,
  search: { ratio: [2, 4, 8] },
  build: transfer,
  stages({ loss }, modalities): readonly Stage<Transfer>[] {
    if (loss === "prediction") return [wholeStage];
    return [
      { ...wholeStage, terms: ({ branches }, target, { task }) => [branchTerms(task, branches, target, modalities)] },
    ];
  },
});
