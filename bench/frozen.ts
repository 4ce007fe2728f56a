/**
 * @file Features of frozen encoders beside onnxruntime alone on the same file and threads: alternated rounds, medians. Run:
 * npx tsx --tsconfig tsconfig.test.json bench/frozen.ts [threads]
 */
import { createRequire } from "node:module";
import type * as Ort from "onnxruntime-common";
import { stream } from "../src/core/random.ts";
import { float32, type State, type Tensor } from "../src/core/tensor.ts";
import { inputsOf } from "../src/data/inputs.ts";
import { encoderOf } from "../src/encoders/index.ts";
import { createEncoding } from "../src/features/frozen.ts";
import { samplesOfCall } from "../src/features/session.ts";
import { readEncoders } from "../src/features/settings.ts";
import { type Expr, leaf } from "../src/graph/expr.ts";
import { lower } from "../src/graph/onnx/lower.ts";
import { conv, matmul, maxPool, mean, relu } from "../src/graph/ops/index.ts";
import { withoutTelemetry } from "../src/runtime/ort.node.ts";

const ROUNDS = 5;
const BATCH = 3;
const threads = Number(process.argv[2] ?? 1);

withoutTelemetry();
const ort = createRequire(import.meta.url)("onnxruntime-node") as typeof Ort;

/** A network as a file; weights are drawn, layer by layer. */
function net(
  sample: readonly number[],
  build: (x: Expr, weight: (shape: readonly number[]) => Expr) => Expr,
): Uint8Array {
  const stored: Record<string, State[string]> = {};
  const x = leaf("input", "x", [BATCH, ...sample]);
  const y = build(x, (shape) => {
    const name = `w${Object.keys(stored).length}`;
    const draw = stream(1, name);
    const size = shape.reduce((a, b) => a * b, 1);
    const bound = Math.sqrt(shape.at(-1)! / size);
    stored[name] = float32(
      shape,
      Float32Array.from({ length: size }, () => (2 * draw.uniform() - 1) * bound),
    );
    return leaf("parameter", name, shape);
  });
  return lower({ inputs: [{ name: "x", parts: [x] }], outputs: [{ name: "y", parts: [y] }], stored, openBatch: true });
}

/** Convolutions of 3 x 3 with pooling between them: a small image network. */
function images(size: number): Uint8Array {
  return net([size, size, 3], (input, weight) => {
    let x = input;
    for (const channels of [32, 64, 128]) {
      x = relu(conv(x, weight([3, 3, x.shape[3]!, channels]), { padding: 1 }));
      x = maxPool(x, 2);
    }
    return mean(x, [1, 2]);
  });
}

const cases: readonly { name: string; sample: readonly number[]; rows: number; bytes: Uint8Array }[] = [
  { name: "image 64 x 64, conv 3 x 3 (32, 64, 128)", sample: [64, 64, 3], rows: 64, bytes: images(64) },
  { name: "image 224 x 224, the same", sample: [224, 224, 3], rows: 16, bytes: images(224) },
  {
    name: "steps [50, 300], linear 512, 512, mean over steps",
    sample: [50, 300],
    rows: 256,
    bytes: net([50, 300], (x, weight) => matmul(relu(matmul(x, weight([300, 512]))), weight([512, 512]))),
  },
  {
    name: "vectors [1024], linear 1024, 256",
    sample: [1024],
    rows: 4096,
    bytes: net([1024], (x, weight) => matmul(relu(matmul(x, weight([1024, 1024]))), weight([1024, 256]))),
  },
];

for (const { name, sample, rows, bytes } of cases) {
  const draw = stream(2, name);
  const width = sample.reduce((a, b) => a * b, 1);
  const values = float32(
    [rows, ...sample],
    Float32Array.from({ length: rows * width }, () => draw.uniform() - 0.5),
  );
  const data = inputsOf({ face: values });
  const { settings, frozen } = await readEncoders({ encoders: { face: { kind: "onnx", file: "net.onnx" } } }, data, {
    read: async () => bytes,
  });
  const { description } = encoderOf(settings.encoders.face, sample, "face");
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const alone = async (size: number): Promise<number> => {
    const started = performance.now();
    for (let from = 0; from < rows; from += size) {
      const part = values.data.subarray(from * width, (from + size) * width);
      await session.run({ x: new ort.Tensor("float32", part, [part.length / width, ...sample]) });
    }
    return performance.now() - started;
  };
  const encoding = createEncoding({ face: description }, frozen, { threads });
  const ours = async (): Promise<number> => {
    // A new array each time, because features of known arrays are not computed again.
    const again: Tensor<"float32"> = float32(values.shape, values.data);
    const started = performance.now();
    await encoding.encode(inputsOf({ face: again }));
    return performance.now() - started;
  };
  const call = samplesOfCall({ batch: 0 }, sample);
  const sizes = [...new Set([1, 8, call, 64].filter((size) => size <= rows))];
  const times = { ours: [] as number[], alone: sizes.map(() => [] as number[]) };
  for (let round = 0; round <= ROUNDS; round++) {
    const own = await ours();
    const others: number[] = [];
    for (const size of sizes) others.push(await alone(size));
    if (round === 0) continue; // warm-up
    times.ours.push(own);
    others.forEach((ms, i) => {
      times.alone[i]!.push(ms);
    });
  }
  const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1]!;
  const own = median(times.ours);
  const shares = sizes.map((size, i) => `${((100 * median(times.alone[i]!)) / own).toFixed(1)} % of calls of ${size}`);
  console.log(`${name}: ${(own / rows).toFixed(3)} ms a sample in calls of ${call}; ${shares.join(", ")}`);
  await encoding.dispose();
  await session.release();
}
