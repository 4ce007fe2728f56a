/** @file Parameters, buffers and noise of layers: a Scope creates and names them while the graph is built. */
import { configError, listing, methodError, shapeError } from "../core/errors.ts";
import { checkOptions } from "../core/keys.ts";
import { stream } from "../core/random.ts";
import { ownValue } from "../core/record.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../core/shape.ts";
import { float32, type State } from "../core/tensor.ts";
import { type Expr, leaf } from "../graph/expr.ts";
import { stopGradient } from "../graph/ops/index.ts";

/** Initialisation of a parameter. */
export type Init =
  | { readonly kind: "constant"; readonly value: number }
  /** Uniform in [-bound, bound]. */
  | { readonly kind: "uniform"; readonly bound: number }
  /** Normal with mean 0. */
  | { readonly kind: "normal"; readonly deviation: number };

/** One named array of a model; names are dotted paths. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Init;
  /** False for statistics of the data (buffers in PyTorch), which the optimiser does not update. */
  readonly trainable: boolean;
}

/** Noise that a step must draw: standard normals, or dropout masks of 0 and 1 / (1 - rate). */
export interface NoiseSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly kind: "normal" | "dropout";
  /** Dropout rate; 0 for normals. */
  readonly rate: number;
}

/** Parameters, noise and updates of buffers that a model requested while it was built, in order. */
export interface Requests {
  readonly parameters: Map<string, ParameterSpec>;
  readonly noises: Map<string, NoiseSpec>;
  /** Values of buffers after a training step, by name; empty in evaluation mode. */
  readonly updates: Map<string, Expr>;
}

/** A path in a model; it creates parameters and noise under this path. */
export interface Scope {
  readonly path: string;
  /** True in training mode: samples are drawn; in evaluation mode they are replaced by their means. */
  readonly training: boolean;
  /** True if no parameter under the path is trained: regularisation such as dropout is disabled. */
  readonly frozen: boolean;
  child(name: string): Scope;
  /** The same path in evaluation mode: without noise, also inside a training graph. Gradients flow. */
  eval(): Scope;
  /** The same path with detached parameters. */
  detached(): Scope;
  /** The same path as a part that no stage trains: its parameters keep their values, its buffers too, and it has no dropout. */
  fixed(): Scope;
  parameter(name: string, shape: Shape, init: Init): Expr;
  /** A stored mean over training samples; training recomputes it from the outputs' `statistics` before each evaluation. */
  statistic(name: string, shape: Shape, value: number): Expr;
  /** A stored array that training steps change by `update` (a buffer in PyTorch). After an update it is the new value. */
  buffer(name: string, shape: Shape, value: number): Expr;
  /**
   * Sets the value that a buffer has after the training step; no gradient flows into it. Ignored in evaluation mode and in frozen parts,
   * whose buffers keep their values. @throws ShapeError if the buffer has another shape.
   */
  update(name: string, value: Expr): void;
  noise(name: string, shape: Shape, kind?: NoiseSpec["kind"], rate?: number): Expr;
}

export interface ScopeOptions {
  readonly training: boolean;
  /** Whether the part at this path is frozen. */
  readonly frozen?: (path: string) => boolean;
}

/** The root scope of a model, and the requests that it collects. */
export function rootScope(options: ScopeOptions): { scope: Scope; requests: Requests } {
  checkOptions("rootScope", options, { training: true, frozen: true });
  const { training, frozen = () => false } = options;
  const requests: Requests = { parameters: new Map(), noises: new Map(), updates: new Map() };
  // A parameter that is requested twice is one node, so that its gradient sums both uses.
  const leaves = new Map<string, Expr>();
  const scopeAt = (path: string, training: boolean, constant: boolean, fixed = false): Scope => {
    const full = (name: string): string => (path === "" ? name : `${path}.${name}`);
    const parameter = (spec: ParameterSpec): Expr => {
      const known = requests.parameters.get(spec.name);
      if (known !== undefined && !sameShape(known.shape, spec.shape)) {
        throw methodError(
          `parameter ${spec.name} is requested as ${formatShape(known.shape)} and as ${formatShape(spec.shape)}; one name is one array. Use scope.child(name) for parameters of separate layers.`,
        );
      }
      const node = leaves.get(spec.name) ?? leaf("parameter", spec.name, spec.shape);
      requests.parameters.set(spec.name, spec);
      leaves.set(spec.name, node);
      return constant ? stopGradient(node) : node;
    };
    return {
      path,
      training,
      frozen: fixed || frozen(path),
      child: (name) => scopeAt(full(name), training, constant, fixed),
      eval: () => scopeAt(path, false, constant, fixed),
      detached: () => scopeAt(path, training, true, fixed),
      fixed: () => scopeAt(path, training, constant, true),
      parameter: (name, shape, init) => parameter({ name: full(name), shape, init, trainable: !fixed }),
      statistic: (name, shape, value) =>
        parameter({ name: full(name), shape, init: { kind: "constant", value }, trainable: false }),
      buffer(name, shape, value) {
        const stored = parameter({ name: full(name), shape, init: { kind: "constant", value }, trainable: false });
        return requests.updates.get(full(name)) ?? stored;
      },
      update(name, value) {
        const known = requests.parameters.get(full(name));
        if (known === undefined || !sameShape(known.shape, value.shape)) {
          const needed =
            known === undefined ? "no such buffer was created" : `the buffer is ${formatShape(known.shape)}`;
          throw shapeError(`${full(name)}: the update is ${formatShape(value.shape)}; ${needed}.`);
        }
        if (training && !fixed && !frozen(path)) requests.updates.set(full(name), stopGradient(value));
      },
      noise(name, shape, kind = "normal", rate = 0) {
        requests.noises.set(full(name), { name: full(name), shape, kind, rate });
        return leaf("noise", full(name), shape);
      },
    };
  };
  return { scope: scopeAt("", training, false), requests };
}

/**
 * Initial values of all parameters. Each parameter draws from a separate stream of `seed`, so that adding one does not change the others.
 * `given` has values to start from instead, by path from `encoders` on: every member of a pool starts from the same.
 * @throws MethodError if a given value belongs to no parameter, ShapeError if it has another shape.
 */
export function initialState(parameters: Iterable<ParameterSpec>, seed: number, given: State = {}): State {
  const state: Record<string, State[string]> = {};
  const used = new Set<string>();
  for (const { name, shape, init } of parameters) {
    const path = /(?:^|\.)(encoders\..+)$/.exec(name)?.[1] ?? name;
    const value = ownValue(given, path);
    if (value !== undefined) {
      used.add(path);
      state[name] = copyOf(value, name, shape);
      continue;
    }
    const data = new Float32Array(sizeOf(shape));
    if (init.kind === "constant") data.fill(init.value);
    else {
      const draw = stream(seed, `init.${name}`);
      for (let i = 0; i < data.length; i++) {
        data[i] = init.kind === "normal" ? draw.normal() * init.deviation : (2 * draw.uniform() - 1) * init.bound;
      }
    }
    state[name] = float32(shape, data);
  }
  const unused = Object.keys(given).filter((path) => !used.has(path));
  if (unused.length > 0) {
    throw methodError(
      `values are given for ${listing(unused)}, but the method has no such parameters. It must build each encoder in scope.child("encoders").child(modality), as \`embed\` does.`,
      { unused },
    );
  }
  return state;
}

function copyOf({ shape: given, data }: State[string], name: string, shape: Shape): State[string] {
  if (sameShape(given, shape)) return float32(shape, data.slice());
  throw shapeError(`${name}: the given value is ${formatShape(given)}; the parameter is ${formatShape(shape)}.`);
}

/** Where the initial values of an encoder come from. */
export interface WeightsRecord {
  /** Name of the file, without its folder. */
  readonly file: string;
  readonly sha256: string;
  /** Whose names the tensors have: `torchvision`. */
  readonly names: string;
  /** The entry of the file that held them, if it has more than one. */
  readonly inside?: string;
  /** Number of tensors of the file that are used. */
  readonly tensors: number;
  /** Tensors of the file that belong to no part of the encoder: the head of the task that it was trained for, counters. */
  readonly ignored: readonly string[];
  /** How arrays were changed to fit the data, by parameter. */
  readonly adapted: Readonly<Record<string, string>>;
}

/** A layer or encoder as a value: a description that can be stored, and a function that builds it. */
export interface Module {
  /** Plain data that describes the module; modules with a known `kind` can be rebuilt from it. */
  readonly description: Readonly<Record<string, unknown>> & { readonly kind: string };
  /** Samples [B, ...] to [B, out]. */
  build(scope: Scope, x: Expr): Expr;
  /** Initial values by name relative to the module's scope, in place of random ones: published weights. The description has none of them. */
  readonly values?: State;
  readonly weights?: WeightsRecord;
}

/** Checks that a rate is in [0, 1). @throws ConfigError that names the option. */
export function checkRate(rate: number, where: string): void {
  if (!(rate >= 0 && rate < 1)) throw configError(`${where} is ${rate}; a share in [0, 1) is needed.`);
}
