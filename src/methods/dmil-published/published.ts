/** @file The published form: synergy is read from samples of the residuals, and every component has a loss on every sample. */
import { concat, mean, stack } from "../../graph/ops/index.ts";
import { linear } from "../../nn/linear.ts";
import type { BuildInput, Encoders, Stage } from "../kit.ts";
import { type Decomposition, decompose, mixture, type PublishedOutputs } from "./model.ts";
import type { PublishedOptions } from "./options.ts";
import { synergy } from "./synergy.ts";
import { components, consistencyTerms, heads, intraTerms, losses, whole } from "./terms.ts";

/** Builds the published form: one linear head for every component. */
export function buildPublished(input: BuildInput, encoders: Encoders, options: PublishedOptions): PublishedOutputs {
  const levels: Decomposition = decompose(input, encoders, options);
  const representation = synergy(input.scope.child("synergy"), levels.intra?.residual ?? levels.embeddings);
  const parts = concat([...levels.lower, stack([representation])], 0);
  const predictions = linear(input.scope.child("heads"), parts, input.classes);
  return mixture(input, levels, parts, predictions, representation);
}

/** Stage 1 trains encoders and ID; stage 2 the rest, with the parameters of stage 1 frozen; stage 3 everything. */
export function publishedStages(
  { loss }: PublishedOptions,
  modalities: readonly string[],
): readonly Stage<PublishedOutputs>[] {
  const inFirst = (parameter: string): boolean => /^(encoders|intra)\./.test(parameter);
  return [
    {
      name: "intra",
      trains: inFirst,
      terms: (out, target, { task }) => [
        losses(task, target, [heads(out, modalities, 1)]),
        ...intraTerms(out, modalities, loss, loss.reconstruction),
      ],
      prediction: (out) => mean(out.unimodal, 0),
      epochs: 10,
      learningRate: 1e-3,
      schedule: { kind: "plateau", factor: 0.2, patience: 2 },
    },
    {
      name: "components",
      trains: (parameter) => !inFirst(parameter),
      terms: (out, target, { task }) => [
        losses(task, target, [whole(out), components(out, loss.components)]),
        ...consistencyTerms(out, modalities, loss, loss.reconstruction),
      ],
      prediction: (out) => out.logits,
      epochs: 5,
      learningRate: 1e-3,
      schedule: { kind: "plateau", factor: 0.1, patience: 1 },
    },
    {
      name: "whole",
      trains: () => true,
      terms: (out, target, { task }) => [
        losses(task, target, [whole(out), heads(out, modalities, loss.intra), components(out, loss.componentsWhole)]),
        ...intraTerms(out, modalities, loss, loss.reconstructionWhole),
        ...consistencyTerms(out, modalities, loss, loss.reconstructionWhole),
      ],
      prediction: (out) => out.logits,
      epochs: 30,
      learningRate: 1e-3,
      schedule: { kind: "plateau", factor: 0.1, patience: 10 },
    },
  ];
}
