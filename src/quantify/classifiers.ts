/**
 * @file Three classifiers as one `Method`: p(y | first), p(y | second) and p(y | both). Each is a separate network, trained in a separate
 * stage, so none affects another.
 *
 * Information is estimated from log-loss, not from accuracy: a source that only reports uncertainty correctly gains bits and no accuracy.
 * So each stage keeps the epoch of lowest log-loss.
 */
import { at, concat, logSoftmax, stack } from "../graph/ops/index.ts";
import type { Method, Outputs, Stage } from "../methods/method.ts";
import { flatten, linear } from "../nn/linear.ts";
import { negativeLogLikelihood } from "../nn/losses.ts";
import { mlp } from "../nn/mlp.ts";

/** Architecture and training of the classifiers. */
interface ClassifierOptions {
  /** Widths of the hidden layers; [64, 64]. Chosen on the quad mixture. */
  readonly hidden: readonly number[];
  /** Epochs of each. */
  readonly epochs: number;
  /** Dropout rate of hidden units. */
  readonly dropout: number;
}

/** Name of the stage and of the parameters of the classifier that sees both sources. */
const BOTH = "both";

/** The method for two sources (modalities). `logits` is predicted from both, `unimodal` from one each; all are log-probabilities [.., B, K]. */
export function classifiers(sources: readonly [string, string], options: ClassifierOptions): Method {
  const networks = ["first", "second"] as const;
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
        const child = scope.child(name);
        const x = concat(
          parts.map((part) => flatten(inputs[part]!)),
          -1,
        );
        const body = mlp([x.shape.at(-1)!, ...hidden], { dropout }).build(child, x);
        return logSoftmax(linear(child.child("head"), body, classes));
      };
      const alone = networks.map((name, m) => network(name, [sources[m]!]));
      return { logits: network(BOTH, sources), unimodal: stack(alone) };
    },
    stages: [
      stage(networks[0], (out) => at(out.unimodal, 0)),
      stage(networks[1], (out) => at(out.unimodal, 1)),
      stage(BOTH, (out) => out.logits),
    ],
  };
}
