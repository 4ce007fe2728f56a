/** @file Helpers of the tests: seeded numbers, comparison, running a graph natively. */
import { stream } from "../../src/core/random.ts";
import { type Shape, sizeOf } from "../../src/core/shape.ts";
import { asLeaf, type Expr, leaf, topological } from "../../src/graph/expr.ts";
import { loadBackend } from "../../src/runtime/load.ts";
import { compile, layoutOf, type Region } from "../../src/runtime/program.ts";
import { type Bindings, interpret } from "../../src/runtime/reference.ts";

/** Seeded standard normals as float32 values. */
export function normals(shape: Shape, seed: number): Float32Array {
  const draw = stream(seed, "test");
  return Float32Array.from({ length: sizeOf(shape) }, () => draw.normal());
}

/** The largest absolute difference, relative to the largest size (at least 1). */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let gap = 0;
  let scale = 1;
  for (let i = 0; i < a.length; i++) {
    gap = Math.max(gap, Math.abs(a[i]! - b[i]!));
    scale = Math.max(scale, Math.abs(a[i]!));
    if (Number.isNaN(a[i]!) !== Number.isNaN(b[i]!)) return Number.POSITIVE_INFINITY;
  }
  return gap / scale;
}

/** A parameter leaf. */
export const x = (name: string, shape: Shape): Expr => leaf("parameter", name, shape);

/** Runs outputs on a backend in float32. */
export async function runNative(
  outputs: readonly Expr[],
  bindings: Bindings,
  name: "native" | "wasm" = "native",
  exact = false,
): Promise<Float32Array[]> {
  const backend = { ...(await loadBackend(name)), exact };
  const leaves = topological(outputs).filter((node) => asLeaf(node) !== undefined);
  const bind = (prefix: string, parts: { name: string; expr: Expr }[]): Region => {
    const layout = layoutOf(prefix, parts);
    return { layout, data: new Float32Array(layout.length) };
  };
  const inputs = bind(
    "in",
    leaves.map((expr) => ({ name: asLeaf(expr)!.name, expr })),
  );
  for (const [key, { offset }] of inputs.layout.places) inputs.data.set(bindings[key] as Float32Array, offset);
  const results = bind(
    "out",
    outputs.map((expr, i) => ({ name: String(i), expr })),
  );
  const program = await compile(backend, { inputs: [inputs], outputs: [results] }, 1);
  await program.run();
  await program.dispose();
  return outputs.map((_, i) => {
    const { offset, size } = results.layout.places.get(String(i))!;
    return results.data.slice(offset, offset + size);
  });
}

/** Central differences of sum(weights * f) in double precision, for one leaf. */
export function finiteDifferences(f: Expr, weights: Float32Array, bindings: Bindings, name: string): Float64Array {
  const at = (values: Float64Array): number => {
    const [value] = interpret([f], { ...bindings, [name]: values });
    return value!.data.reduce((total, v, i) => total + v * weights[i]!, 0);
  };
  const base = Float64Array.from(bindings[name]!);
  return base.map((value, i) => {
    const step = 1e-5;
    const shifted = (delta: number): Float64Array => base.map((v, j) => (j === i ? v + delta : v));
    return (at(shifted(step)) - at(shifted(-step))) / (2 * step) + 0 * value;
  });
}
