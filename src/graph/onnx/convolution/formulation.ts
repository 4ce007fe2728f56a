/** @file What every formulation of a convolution emits. */
import type { Emitter } from "../emitter.ts";
import type { ConvGeometry } from "./geometry.ts";

/** One way to write a convolution and its two gradients as ONNX nodes. Maps and weights have the shapes of the ops (ops/convolution.ts). */
export interface Formulation {
  readonly name: string;
  /** From x and weight to the output maps. */
  conv(emit: Emitter, x: string, weight: string, geometry: ConvGeometry): string;
  /** From the gradient g of the output maps and weight to the gradient of x. */
  inputGradient(emit: Emitter, g: string, weight: string, geometry: ConvGeometry): string;
  /** From x and g to the gradient of the weight. */
  weightGradient(emit: Emitter, x: string, g: string, geometry: ConvGeometry): string;
}
