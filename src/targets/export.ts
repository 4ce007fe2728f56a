/** @file What outputs of an exported model are, and those that every kind of target has: the numbers that reports show, as a graph. */
import type { Expr } from "../graph/expr.ts";
import { transpose } from "../graph/ops/index.ts";
import type { Calibration } from "./calibrate.ts";

/** One output of the exported file. */
export interface ExportOutput {
  readonly name: string;
  readonly value: Expr;
  /** Its axes and its content, in a sentence. */
  readonly meaning: string;
}

/** A method's outputs, as far as the exported file has them. */
interface ExportedOutputs {
  readonly logits: Expr;
  readonly unimodal: Expr;
  readonly components?: {
    readonly names: readonly string[];
    readonly logits: Expr;
    readonly gate: Expr;
    readonly contributions: Expr;
  };
}

/** What the outputs are computed from: a method's outputs after `toDataUnits`, the calibration, and the modalities in order. */
export interface ExportSource {
  readonly outputs: ExportedOutputs;
  readonly calibration: Calibration;
  readonly modalities: readonly string[];
}

/** [M, B, K] as [B, M, K]. */
export const bySample = (x: Expr): Expr => transpose(x, [1, 0, 2]);

/** Gate, predictions and contributions of the components, where the method has them; `target` names the last axis. */
export function componentOutputs({ components }: ExportedOutputs, target: string, form: string): ExportOutput[] {
  if (components === undefined) return [];
  return [
    {
      name: "gate",
      value: components.gate,
      meaning:
        "[batch, component]: each component's share of the prediction; they sum to 1. Not an amount of information",
    },
    {
      name: "components",
      value: bySample(components.logits),
      meaning: `[batch, component, ${target}]: what each component alone predicts, as ${form}`,
    },
    {
      name: "contributions",
      value: bySample(components.contributions),
      meaning: `[batch, component, ${target}]: what each component adds to the prediction; with the prior they sum to it`,
    },
  ];
}
