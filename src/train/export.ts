/** @file A fitted model as one ONNX file: raw modalities in, standardisation inside, prediction, gate and components out. */
import { configError } from "../core/errors.ts";
import { float32, type State } from "../core/tensor.ts";
import { CLIP } from "../data/standardise.ts";
import { type Expr, leaf } from "../graph/expr.ts";
import { type Block, lower } from "../graph/onnx/lower.ts";
import { maximum, minimum, mul, reshape, sub, transpose } from "../graph/ops/index.ts";
import { PRIOR } from "../methods/method.ts";
import { rootScope } from "../nn/module.ts";
import { buildOn, PRESENT } from "./graph.ts";
import { type Fitted, standardiserState, widthsOf } from "./model.ts";
import { told } from "./target.ts";

/** Batch on which the exported graph is built; the file leaves that axis open. */
const BATCH = 3;

/**
 * ONNX bytes. Inputs, by modality name: float32 [batch, ...sample shape], as in the data files. Outputs: `logits` [batch, K] of
 * classes or labels, or `values` [batch, K] in the data's unit;
 * `unimodal` [batch, M, K], and where the method has them `gate` [batch, C] and `components` [batch, C, K]. Class (or target), modality and
 * component names are in the file's metadata. Evaluation form: means, no noise. With `missing` there is one input more, `present`
 * [batch, M]: 1 where a sample has the modality, 0 where whatever is given for it is not read (it may be NaN).
 */
export function toOnnx(fitted: Fitted, { missing = false }: { readonly missing?: boolean } = {}): Uint8Array {
  const { method, shapes, classes, target } = fitted;
  const { features, ...answers } = widthsOf(fitted);
  if (missing && method.modalities.includes(PRESENT)) {
    throw configError(
      `export: the modality "${PRESENT}" has the name of the input that says what is missing; export without it.`,
    );
  }
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
  const present = missing ? leaf("input", PRESENT, [BATCH, method.modalities.length]) : undefined;
  if (present !== undefined) raw.push({ name: PRESENT, parts: [present] });
  const outputs = told(buildOn(method, scope, inputs, answers, present), target, method.modalities);
  const bySample = (x: Expr): Expr => transpose(x, [1, 0, 2]);
  const results: Record<string, Expr> = {
    [target?.kind === "values" ? "values" : "logits"]: outputs.logits,
    unimodal: bySample(outputs.unimodal),
  };
  if (outputs.components !== undefined) {
    results.gate = outputs.components.gate;
    results.components = bySample(outputs.components.logits);
  }
  const state: State = {
    [PRIOR]: float32([answers.classes], fitted.calibration.logPrior),
    ...fitted.state,
    ...standardiserState(fitted.standardiser),
  };
  return lower({
    inputs: raw,
    outputs: Object.entries(results).map(([name, expr]) => ({ name, parts: [expr] })),
    stored: state,
    openBatch: true,
    metadata: {
      method: method.name,
      classes: JSON.stringify(classes),
      ...(target !== undefined && { target: JSON.stringify(target) }),
      modalities: JSON.stringify(method.modalities),
      components: JSON.stringify(outputs.components?.names ?? []),
    },
  });
}
