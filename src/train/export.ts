/** @file A fitted model as one ONNX file: raw modalities in, standardisation inside, prediction, gate and components out. */
import type { State } from "../core/tensor.ts";
import { CLIP } from "../data/standardise.ts";
import { type Expr, leaf } from "../graph/expr.ts";
import { type Block, lower } from "../graph/onnx/lower.ts";
import { maximum, minimum, mul, reshape, sub, transpose } from "../graph/ops/index.ts";
import { rootScope } from "../nn/module.ts";
import { buildOn } from "./graph.ts";
import { type Fitted, standardiserState, widthsOf } from "./model.ts";

/** Batch on which the exported graph is built; the file leaves that axis open. */
const BATCH = 3;

/**
 * ONNX bytes. Inputs, by modality name: float32 [batch, ...sample shape], as in the data files. Outputs: `logits` [batch, K],
 * `unimodal` [batch, M, K], and where the method has them `gate` [batch, C] and `components` [batch, C, K]. Class, modality and
 * component names are in the file's metadata. Evaluation form: means, no noise.
 */
export function toOnnx(fitted: Fitted): Uint8Array {
  const { method, shapes, classes } = fitted;
  const { features } = widthsOf(fitted);
  const { scope } = rootScope({ training: false });
  const raw: Block[] = [];
  const inputs: Record<string, Expr> = {};
  for (const name of method.modalities) {
    const input = leaf("input", name, [BATCH, ...shapes[name]!]);
    const width = features[name]!;
    const stored = (part: string): Expr => leaf("parameter", `standardise.${name}.${part}`, [width]);
    const centred = mul(sub(reshape(input, [BATCH, width]), stored("mean")), stored("scale"));
    raw.push({ name, parts: [input] });
    inputs[name] = minimum(maximum(centred, -CLIP), CLIP);
  }
  const outputs = buildOn(method, scope, inputs, classes.length);
  const bySample = (x: Expr): Expr => transpose(x, [1, 0, 2]);
  const results: Record<string, Expr> = { logits: outputs.logits, unimodal: bySample(outputs.unimodal) };
  if (outputs.components !== undefined) {
    results.gate = outputs.components.gate;
    results.components = bySample(outputs.components.logits);
  }
  const state: State = { ...fitted.state, ...standardiserState(fitted.standardiser) };
  return lower({
    inputs: raw,
    outputs: Object.entries(results).map(([name, expr]) => ({ name, parts: [expr] })),
    stored: state,
    openBatch: true,
    metadata: {
      method: method.name,
      classes: JSON.stringify(classes),
      modalities: JSON.stringify(method.modalities),
      components: JSON.stringify(outputs.components?.names ?? []),
    },
  });
}
