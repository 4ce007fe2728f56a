/** @file ONNX nodes of batch normalisation, over rows [N, C] or, for few channels, over planes [C, N]. */
import { sizeOf } from "../../core/shape.ts";
import { fromPlanes, toPlanes } from "./convolution/planes.ts";
import { areFew } from "./convolution/rule.ts";
import type { Emitter } from "./emitter.ts";

interface BatchNormNodes {
  mean(x: string): string;
  /** Biased. */
  variance(x: string): string;
  normalise(x: string, scale: string, shift: string, epsilon: number): string;
  /** The gradient of x from that of the result. */
  inputGradient(x: string, scale: string, g: string, epsilon: number): string;
  scaleGradient(x: string, g: string, epsilon: number): string;
}

/** The nodes for arrays [..., C] of one shape. All methods take and give arrays of that shape, and vectors [C]. */
export function batchNormNodes(emit: Emitter, of: readonly number[]): BatchNormNodes {
  const channels = of.at(-1)!;
  const count = sizeOf(of) / channels;
  // Vectors [C] broadcast over rows of few channels in many short loops.
  const planes = of.length === 4 && areFew(channels);
  const along = planes ? [channels, 1] : [1, channels];

  const enter = (x: string): string =>
    planes ? emit.reshape(toPlanes(emit, x), [channels, count]) : emit.reshape(x, [count, channels]);
  const leave = (x: string): string =>
    planes ? fromPlanes(emit, emit.reshape(x, [channels, ...of.slice(0, -1)])) : emit.reshape(x, of);
  const vector = (v: string): string => emit.reshape(v, along);
  const two = (type: string, a: string, b: string): string => emit.node(type, [a, b]);

  /** Means over rows in two stages: one long sum of float32 would lose digits. */
  const average = (x: string): string => {
    const part = divisorNearRoot(count);
    const axis = planes ? 1 : 0;
    const grouped = emit.reshape(x, planes ? [channels, part, count / part] : [part, count / part, channels]);
    const once = emit.reduce("ReduceMean", grouped, { axes: [axis + 1], keep: false });
    return emit.reduce("ReduceMean", once, { axes: [axis], keep: true });
  };
  const centred = (x: string): string => two("Sub", enter(x), average(enter(x)));
  const variance = (x: string): string => average(two("Mul", centred(x), centred(x)));
  const inverse = (x: string, epsilon: number): string => {
    const safe = two("Add", variance(x), emit.constant([1, 1], Float32Array.of(epsilon)));
    return emit.node("Reciprocal", [emit.node("Sqrt", [safe])]);
  };
  const gain = (x: string, scale: string, epsilon: number): string => two("Mul", inverse(x, epsilon), vector(scale));
  /** Mean of g (x - mean). */
  const product = (x: string, g: string): string => average(two("Mul", enter(g), centred(x)));

  return {
    mean: (x: string): string => emit.reshape(average(enter(x)), [channels]),
    variance: (x: string): string => emit.reshape(variance(x), [channels]),
    normalise: (x: string, scale: string, shift: string, epsilon: number): string =>
      leave(two("Add", two("Mul", centred(x), gain(x, scale, epsilon)), vector(shift))),
    /** gain (g - mean g - (x - mean) product / (variance + epsilon)), with all vectors computed first. */
    inputGradient(x: string, scale: string, g: string, epsilon: number): string {
      const k = gain(x, scale, epsilon);
      const squared = two("Mul", inverse(x, epsilon), inverse(x, epsilon));
      const slope = two("Mul", two("Mul", k, squared), product(x, g));
      const offset = two("Mul", k, average(enter(g)));
      const own = two("Sub", two("Mul", enter(g), k), two("Mul", centred(x), slope));
      return leave(two("Sub", own, offset));
    },
    scaleGradient(x: string, g: string, epsilon: number): string {
      const total = two("Mul", product(x, g), emit.constant([1, 1], Float32Array.of(count)));
      return emit.reshape(two("Mul", total, inverse(x, epsilon)), [channels]);
    },
  };
}

/** The largest divisor of n that is not above its square root. */
function divisorNearRoot(n: number): number {
  let divisor = Math.floor(Math.sqrt(n));
  while (n % divisor !== 0) divisor--;
  return divisor;
}
