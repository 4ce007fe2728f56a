/** @file A frozen network inside an exported file: samples in, what `feed` does to them, the network, what `pool` does to its output. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { configError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { FrozenModel } from "../encoders/encoder.ts";
import { Emitter, FLOAT } from "../graph/onnx/emitter.ts";
import { inputsOfFile, parseOnnx } from "../graph/onnx/file.ts";
import { mergedSets, prefixed } from "../graph/onnx/join.ts";
import {
  ModelProtoSchema,
  type NodeProto,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "../graph/onnx/schema/onnx_pb.ts";
import type { FeedType } from "../runtime/any-model.ts";
import { type FeedPlan, feedPlan } from "./inputs.ts";

/** Numbers of element types in the format. */
const NUMBERS: Readonly<Record<FeedType, number>> = { float32: FLOAT, float64: 11, int32: 6, int64: 7 };

/** The samples inside the file. */
const SAMPLES = "samples";

/**
 * The file `outer` with the input `input` taking samples [batch, ...sample] instead of features. @throws ConfigError for a network that
 * reads a fixed number of samples, or whose operators are too old.
 */
export function spliced(
  outer: Uint8Array,
  input: string,
  file: Uint8Array,
  model: FrozenModel,
  where: string,
): Uint8Array {
  if (model.batch > 0) {
    throw configError(
      `${where} reads ${model.batch === 1 ? "one sample" : `${model.batch} samples`} at a time, so it cannot be a part of a file for any number of samples. Export the network with an open number of samples, in PyTorch with dynamic_axes={"${input}": {0: "batch"}}; or export the model as .safetensors.`,
      { batch: model.batch },
    );
  }
  const inner = parseOnnx(file, where);
  const plan = feedPlan(inputsOfFile(inner), model.sample, model.layout, where);
  const prefix = `frozen.${input}/`;
  const network = prefixed(inner, `${prefix}net/`, where);
  const emit = new Emitter();
  emit.scope = "feed";
  emit.openAxis = 0;
  const valid = emitFeeds(emit, plan, model.sample);
  const features = emitPool(emit, model, plan, valid);

  const target = fromBinary(ModelProtoSchema, outer);
  const graph = target.graph!;
  // Names of the network are prefixed already; all others of the emitter are local to this file.
  const local = (name: string): string =>
    name === SAMPLES
      ? input
      : name === "" || name.startsWith(prefix)
        ? name
        : name.startsWith("net/")
          ? prefix + name
          : `${prefix}${name}`;
  const around = emit.nodes.map(
    (node): NodeProto => ({
      ...node,
      name: local(node.name),
      input: node.input.map(local),
      output: node.output.map(local),
    }),
  );
  const isFeed = (node: NodeProto): boolean => node.name.startsWith(`${prefix}feed/`);
  const using = graph.node.map((node) => ({
    ...node,
    input: node.input.map((name) => (name === input ? local(features) : name)),
  }));
  return toBinary(ModelProtoSchema, {
    ...target,
    ...mergedSets(target, inner, where),
    graph: {
      ...graph,
      input: graph.input.map((own) => (own.name === input ? samplesInput(own, model.sample) : own)),
      initializer: [
        ...graph.initializer,
        ...network.initializers,
        ...emit.initializers.map((own) => ({ ...own, name: local(own.name) })),
      ],
      node: [...around.filter(isFeed), ...network.nodes, ...around.filter((node) => !isFeed(node)), ...using],
    },
  });
}

function samplesInput(own: ValueInfoProto, sample: Shape): ValueInfoProto {
  const dim = [
    { value: { case: "dimParam" as const, value: "batch" } },
    ...sample.map((n) => ({ value: { case: "dimValue" as const, value: BigInt(n) } })),
  ];
  return create(ValueInfoProtoSchema, {
    name: own.name,
    docString: own.docString,
    type: { tensorType: { elemType: FLOAT, shape: { dim } } },
  });
}

/** Emits the inputs of the network; returns where steps are valid, [batch, T], if samples have steps. */
function emitFeeds(emit: Emitter, plan: FeedPlan, sample: Shape): string | undefined {
  const { steps } = plan;
  let x = SAMPLES;
  let valid: string | undefined;
  const zero = emit.constant([], new Float32Array([0]));
  if (steps !== undefined) {
    const missing = emit.node("IsNaN", [x]);
    x = emit.node("Where", [missing, zero, x]);
    if (sample.length === 1) valid = emit.cast(emit.node("Not", [emit.node("Equal", [x, zero])]));
    else {
      const all = emit.reduce("ReduceMin", emit.cast(missing), { axes: [2], keep: false });
      valid = emit.node("Sub", [emit.constant([], new Float32Array([1])), all]);
    }
  }
  if (plan.layout !== "as-is" && sample.length > 1) {
    const axes = sample.map((_, i) => i + 1);
    const perm = plan.layout === "channels-last" ? [axes.at(-1)!, ...axes.slice(0, -1)] : [...axes.slice(1), axes[0]!];
    x = emit.node("Transpose", [x], { perm: [0, ...perm] });
  }
  x = emit.reshape(x, [0, ...plan.shape]);
  const give = (value: string, name: string, type: FeedType): void => {
    const cast = emit.node("Cast", [value], { to: NUMBERS[type] });
    emit.output(cast, `net/${name}`);
    emit.nodes.at(-1)!.name = `feed/${name}`;
  };
  give(x, plan.name, plan.type);
  for (const { name, type, role } of plan.extras) {
    const zeros = emit.node("Mul", [valid!, zero]);
    const value =
      role === "mask" ? valid! : role === "types" ? zeros : emit.node("Add", [zeros, positions(emit, steps!)]);
    give(value, name, type);
  }
  return valid;
}

function positions(emit: Emitter, steps: number): string {
  return emit.constant(
    [1, steps],
    Float32Array.from({ length: steps }, (_, step) => step),
  );
}

/** Emits the features [batch, ...features] from the network's output. */
function emitPool(emit: Emitter, model: FrozenModel, { steps }: FeedPlan, mask: string | undefined): string {
  emit.scope = "pool";
  const { axes, pool, features } = model;
  const x = emit.cast(`net/${model.output}`);
  const flat = (value: string): string => emit.reshape(value, [0, ...features]);
  if (pool === "none" || axes.length < 2) return flat(x);
  if (axes.length === 3) return emit.reduce("ReduceMean", x, { axes: [2, 3], keep: false });
  const valid = steps === axes[0] ? mask : undefined;
  if (pool === "first") return flat(emit.node("Gather", [x, emit.integers([0])], { axis: 1 }));
  if (valid === undefined) {
    if (pool === "mean") return emit.reduce("ReduceMean", x, { axes: [1], keep: false });
    return flat(emit.node("Gather", [x, emit.integers([axes[0]! - 1])], { axis: 1 }));
  }
  const chosen = pool === "mean" ? valid : lastValid(emit, valid, steps!);
  const column = emit.reshape(chosen, [0, steps!, 1]);
  const sum = emit.reduce("ReduceSum", emit.node("Mul", [x, column]), { axes: [1], keep: false });
  if (pool === "last") return sum;
  const count = emit.reduce("ReduceSum", valid, { axes: [1], keep: true });
  return emit.node("Div", [sum, emit.node("Max", [count, emit.constant([], new Float32Array([1]))])]);
}

/** 1 at the last valid step of each sample, [batch, T]. */
function lastValid(emit: Emitter, valid: string, steps: number): string {
  const at = positions(emit, steps);
  const last = emit.reduce("ReduceMax", emit.node("Mul", [valid, at]), { axes: [1], keep: true });
  return emit.cast(emit.node("Equal", [at, last]));
}
