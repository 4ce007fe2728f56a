/**
 * @file Three classifiers as one method of the contract: p(y | first), p(y | second) and p(y | both), each a network of its own,
 * trained in a stage of its own, so that none is held back by another.
 *
 * Information is about the loss, not about accuracy: a source that says "unsure" in the right places gains bits and no accuracy.
 * So the stages keep the epoch of least log-loss.
 */
import { at, concat, logSoftmax, stack } from "../../graph/ops/index.ts";
import type { Method, Outputs, Stage } from "../../methods/method.ts";
import { linear } from "../../nn/linear.ts";
import { negativeLogLikelihood } from "../../nn/losses.ts";
import { mlp } from "../../nn/mlp.ts";

/** Settings of the classifiers. */
export interface ClassifierOptions {
  /** Widths of the hidden layers; [64, 64]. Chosen on the quad mixture. */
  readonly hidden: readonly number[];
  /** Epochs of each. */
  readonly epochs: number;
  /** Share of hidden units dropped in training. */
  readonly dropout: number;
}

/** Name of the stage and of the parameters of the classifier that sees both sources. */
const BOTH = "both";

/** The method for two sources (modalities). `logits` sees both, `unimodal` one each; all are log-probabilities [.., B, K]. */
export function classifiers(sources: readonly [string, string], options: ClassifierOptions): Method {
  const places = ["first", "second"] as const;
  const { hidden, epochs, dropout } = options;
  const stage = (name: string, pick: (out: Outputs) => Outputs["logits"]): Stage<Outputs> => ({
    name,
    trains: (parameter) => parameter.startsWith(`${name}.`),
    terms: (out, target) => [{ names: [`ce.${name}`], value: negativeLogLikelihood(pick(out), target), weights: [1] }],
    prediction: pick,
    best: "logLoss",
    epochs,
    learningRate: 3e-3,
    schedule: { kind: "cosine" },
  });
  return {
    name: "quantify",
    modalities: sources,
    description: { encoders: {}, options },
    build({ scope, inputs, classes }) {
      const network = (name: string, parts: readonly string[]) => {
        const own = scope.child(name);
        const x = concat(
          parts.map((part) => inputs[part]!),
          -1,
        );
        const body = mlp([x.shape.at(-1)!, ...hidden], { dropout }).build(own, x);
        return logSoftmax(linear(own.child("head"), body, classes));
      };
      const alone = places.map((place, m) => network(place, [sources[m]!]));
      return { logits: network(BOTH, sources), unimodal: stack(alone) };
    },
    stages: [
      stage(places[0], (out) => at(out.unimodal, 0)),
      stage(places[1], (out) => at(out.unimodal, 1)),
      stage(BOTH, (out) => out.logits),
    ],
  };
}
