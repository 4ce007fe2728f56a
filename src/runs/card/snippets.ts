/** @file Runnable code that calls an exported model. */
import { sizeOf } from "../../core/shape.ts";
import type { Exported } from "../../evaluation/export.ts";

/** A text as a literal of Python and JavaScript; backticks are escaped, because they would end the code block. */
function literal(text: string): string {
  return JSON.stringify(text).replaceAll("`", "\\u0060");
}

/** The package that the JavaScript uses; in the code of dmil, only runtime/ort.node.ts imports it. */
const RUNTIME = "onnxruntime-node";

/** Python with onnxruntime, for a file in the current folder. */
export function pythonSnippet(file: string, { inputs, outputs }: Exported): string {
  const tuple = (shape: readonly number[]): string => `(${[2, ...shape].join(", ")})`;
  return `import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(${literal(file)})
# Two samples of ones: replace them by yours.
inputs = {
${inputs.map(({ name, shape }) => `    ${literal(name)}: np.ones(${tuple(shape)}, dtype=np.float32),`).join("\n")}
}
names = [output.name for output in session.get_outputs()]
outputs = dict(zip(names, session.run(names, inputs)))
print(outputs[${literal(outputs[0]!.name)}])`;
}

/** JavaScript with onnxruntime, for a file in the current folder. */
export function javascriptSnippet(file: string, { inputs, outputs }: Exported): string {
  return `import * as ort from ${literal(RUNTIME)}; // in a browser: "onnxruntime-web/wasm"

const session = await ort.InferenceSession.create(${literal(file)});
// Two samples of ones: replace them by yours.
const inputs = {
${inputs
  .map(({ name, shape }) => {
    const dims = [2, ...shape];
    return `  ${literal(name)}: new ort.Tensor("float32", new Float32Array(${sizeOf(dims)}).fill(1), [${dims.join(", ")}]),`;
  })
  .join("\n")}
};
const outputs = await session.run(inputs);
console.log(outputs[${literal(outputs[0]!.name)}].data);`;
}

/** Code that reads a .safetensors file and explains the test split of a data folder. */
export function loadSnippet(file: string): string {
  return `import { explain, loadDataset, loadModel } from "dmil";
import { disk } from "dmil/node";

const fitted = await loadModel(disk("."), ${literal(file)});
const { test } = await loadDataset(disk("data")); // your data, in a form that docs/data.md describes
const report = await explain(fitted, test);
console.log(report.samples[0]);`;
}
