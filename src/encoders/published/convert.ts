/** @file From the tensors of a file to the parameters of an encoder, and back: nothing is left out in silence. */
import { configError, DmilError, listing } from "../../core/errors.ts";
import { ownValue } from "../../core/record.ts";
import { formatShape, type Shape, sameShape } from "../../core/shape.ts";
import { float32, type State, type Tensor } from "../../core/tensor.ts";
import type { Weights } from "../../data/formats/weights.ts";
import { leaf } from "../../graph/expr.ts";
import { type Module, type ParameterSpec, rootScope, type WeightsRecord } from "../../nn/module.ts";
import { layouts } from "./layouts.ts";
import type { NameMap, PublishedNames, Row } from "./names.ts";

/** Most names, and shapes, in a message; the fields of the error have all. */
const LISTED = 40;
const SHAPES = 4;

/**
 * An encoder that starts from published weights. `sample` is the shape of one of its samples; default: that of its description.
 * @throws ConfigError if the file has other names, lacks a tensor, has one that is not known, or has other shapes; the message lists them.
 * @example withWeights(resnet18([64, 64, 3]), resnetNames, await readWeights(disk("weights"), "resnet18.pth"))
 */
export function withWeights(
  module: Module,
  published: PublishedNames,
  weights: Weights,
  sample: Shape = describedSample(module),
): Module {
  const parameters = parametersOf(module, sample);
  const { map, tensors } = namedBy(published, weights, module.description.kind);
  const used = new Set<string>();
  const [missing, shapes]: [string[], string[]] = [[], []];
  const adapted: Record<string, string> = {};
  const patches = published.patches?.(module.description);
  const values: [string, State[string]][] = [];
  for (const { name, shape } of parameters) {
    const { theirs, layout } = rowOf(map, name, module.description.kind);
    for (const key of theirs) used.add(key);
    const lacking = theirs.filter((key) => ownValue(tensors, key) === undefined);
    missing.push(...lacking);
    if (lacking.length > 0) continue;
    try {
      const joined = joinedFloats(theirs.map((key) => tensors[key]!));
      const value = layouts[layout].read(joined, { shape, patches, note: (change) => void (adapted[name] = change) });
      if (!sameShape(value.shape, shape))
        throw configError(`it gives ${formatShape(value.shape)}, the encoder has ${formatShape(shape)}`);
      values.push([name, value]);
    } catch (error) {
      if (!(error instanceof DmilError)) throw error;
      shapes.push(`${theirs.join(" + ")} for ${name}: ${error.message}`);
    }
  }
  const others = Object.keys(tensors).filter((key) => !used.has(key));
  const ignored = others.filter((key) => isIgnored(map, key));
  const extra = [...others.filter((key) => !isIgnored(map, key)), ...weights.others];
  requireFit({ file: weights.file, kind: module.description.kind, names: map.names, missing, extra, shapes });
  const record: WeightsRecord = {
    file: weights.file,
    sha256: weights.hash,
    names: map.names,
    ...(weights.inside !== undefined && { inside: weights.inside }),
    tensors: used.size,
    ignored,
    adapted,
  };
  return { ...module, values: Object.fromEntries(values), weights: record };
}

function describedSample({ description: { kind, sample } }: Module): Shape {
  if (Array.isArray(sample)) return sample;
  throw configError(
    `withWeights: the description of the encoder ${kind} has no sample shape; give it as the last argument.`,
  );
}

/** The parameters of an encoder, of samples of a shape, by name relative to it. */
export function parametersOf(module: Module, sample: Shape): ParameterSpec[] {
  const { scope, requests } = rootScope({ training: false });
  module.build(scope, leaf("input", "sample", [2, ...sample]));
  return [...requests.parameters.values()];
}

/**
 * The parameters of an encoder by published names. `state` has them by name relative to the encoder, and may have more.
 * @throws ConfigError for a family of names that the kind does not have.
 */
export function publishedState(
  module: Module,
  published: PublishedNames,
  names: string | undefined,
  state: State,
  sample: Shape,
): { readonly names: string; readonly state: State } {
  const map = published.maps.find((map) => names === undefined || map.names === names);
  if (map === undefined) {
    const allowed = published.maps.map(({ names }) => names);
    throw configError(`--names ${names}: names of ${module.description.kind} are those of ${allowed.join(", ")}.`, {
      allowed,
    });
  }
  const patches = published.patches?.(module.description);
  const tensors = parametersOf(module, sample).flatMap(({ name, shape }) => {
    const { theirs, layout } = rowOf(map, name, module.description.kind);
    const whole = layouts[layout].write(state[name]!, { shape, patches, note: () => {} });
    return theirs.map((key, part): [string, State[string]] => [key, partOf(whole, part, theirs.length)]);
  });
  return { names: map.names, state: Object.fromEntries(tensors) };
}

/** What a record of weights says, in one line. */
export function aboutWeights(
  modality: string,
  { file, sha256, names, inside, tensors, ignored, adapted }: WeightsRecord,
): string {
  const counters = ignored.filter((key) => key.endsWith(".num_batches_tracked"));
  const others = ignored.filter((key) => !counters.includes(key));
  const left = [...others, ...(counters.length > 0 ? [`${counters.length} num_batches_tracked`] : [])];
  return [
    `${modality} starts from ${file}${inside === undefined ? "" : `, entry ${inside}`} (names of ${names}, SHA-256 ${sha256.slice(0, 12)}): ${tensors} tensors`,
    ...(left.length > 0 ? [`ignored: ${listing(left)}`] : []),
    ...Object.entries(adapted).map(([name, change]) => `${name}: ${change}`),
  ].join("; ");
}

/** The family of names of a file, and its tensors by the names of the rows. */
function namedBy(published: PublishedNames, { file, tensors }: Weights, kind: string) {
  for (const map of published.maps) {
    const prefix = ["", ...(map.prefixes ?? [])].find((prefix) => Object.hasOwn(tensors, prefix + map.marker));
    if (prefix === undefined) continue;
    const renamed = Object.entries(tensors).map(([key, tensor]) => [writtenAs(map, key, prefix), tensor] as const);
    return { map, tensors: Object.fromEntries(renamed) };
  }
  const known = published.maps.map(({ names, marker }) => `${names} (which has ${marker})`);
  throw configError(
    `${file}: the names of its tensors are not those of a ${kind} by ${known.join(", ")}; it has ${listing(Object.keys(tensors), 6)}. Use the state dict of such a model, or rename its entries in Python.`,
    { file, tensors: Object.keys(tensors) },
  );
}

function writtenAs({ former = {} }: NameMap, key: string, prefix: string): string {
  const name = key.startsWith(prefix) ? key.slice(prefix.length) : key;
  return Object.entries(former).reduce((written, [old, now]) => written.replace(old, now), name);
}

/** The row of a parameter with its numbers filled in. @throws ConfigError for a parameter that published models do not have. */
function rowOf({ rows, names }: NameMap, name: string, kind: string) {
  for (const [ours, theirs, layout] of rows) {
    const numbers = numbersIn(ours, name);
    if (numbers === undefined) continue;
    const filled = [theirs]
      .flat()
      .map((pattern) => pattern.replace(/<(\w)>/g, (_, letter: string) => numbers[letter]!));
    return { theirs: filled, layout };
  }
  throw configError(
    `a ${kind} with these settings has the parameter ${name}, which models of ${names} do not have; use the settings of the published model.`,
    { name },
  );
}

/** The numbers at `<s>`, `<b>`, ... of a pattern; undefined if the name is another one. */
function numbersIn(pattern: Row[0], name: string): Record<string, string> | undefined {
  const source = pattern.replace(/[.]/g, "\\.").replace(/<(\w)>/g, "(?<$1>\\d+)");
  const match = new RegExp(`^${source}$`).exec(name);
  return match === null ? undefined : { ...match.groups };
}

function isIgnored({ ignored }: NameMap, key: string): boolean {
  return ignored.some((part) => (part.startsWith(".") ? key.endsWith(part) : key.startsWith(part)));
}

/** Tensors of floats as one, joined along the first axis. */
function joinedFloats(tensors: readonly Tensor[]): State[string] {
  const parts = tensors.map(({ dtype, shape, data }) => {
    if (data instanceof Float32Array || data instanceof Float64Array) return float32(shape, data);
    throw configError(`it is ${dtype}; floats are needed`);
  });
  const [first, ...rest] = parts as [State[string], ...State[string][]];
  if (rest.length === 0) return first;
  const tail = first.shape.slice(1);
  if (rest.some(({ shape }) => !sameShape(shape.slice(1), tail))) throw configError("the parts have different shapes");
  const data = new Float32Array(parts.reduce((n, part) => n + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return float32([parts.reduce((n, { shape }) => n + shape[0]!, 0), ...tail], data);
}

/** One of `count` equal parts of a tensor along its first axis. */
function partOf({ shape, data }: State[string], part: number, count: number): State[string] {
  const size = data.length / count;
  return float32(
    [shape[0]! / count, ...shape.slice(1)].slice(0, shape.length),
    data.slice(part * size, (part + 1) * size),
  );
}

interface Fit {
  readonly file: string;
  readonly kind: string;
  readonly names: string;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly shapes: readonly string[];
}

function requireFit({ file, kind, names, missing, extra, shapes }: Fit): void {
  const problems = [
    ...(missing.length > 0 ? [`missing: ${listing(missing, LISTED)}`] : []),
    ...(extra.length > 0 ? [`not known: ${listing(extra, LISTED)}`] : []),
    ...(shapes.length > 0 ? [`other shapes: ${listing(shapes, SHAPES)}`] : []),
  ];
  if (problems.length === 0) return;
  throw configError(
    `${file} does not fit the encoder ${kind} (names of ${names}). ${problems.join("; ")}. Use the weights of this network, or set the encoder's width, depth and patch to those of the file.`,
    { file, missing, extra, shapes },
  );
}
