/** @file Convolution as ONNX's own Conv and ConvTranspose, with transposes: any stride, dilation and groups, any batch size. */
import type { Emitter } from "../emitter.ts";
import type { Formulation } from "./formulation.ts";
import { type ConvGeometry, outputSize } from "./geometry.ts";

/** Attributes of ONNX's Conv. */
function onnxAttributes({ kernel, padding, stride, dilation, groups }: ConvGeometry) {
  const [top, left] = padding;
  return { kernel_shape: kernel, pads: [top, left, top, left], strides: stride, dilations: dilation, group: groups };
}

/** [B, H, W, C] as [B, C, H, W], and back; weights [kh, kw, C / groups, O] as [O, C / groups, kh, kw]. */
const channelsFirst = (emit: Emitter, x: string): string => emit.node("Transpose", [x], { perm: [0, 3, 1, 2] });
const channelsLast = (emit: Emitter, x: string): string => emit.node("Transpose", [x], { perm: [0, 2, 3, 1] });
const asKernel = (emit: Emitter, weight: string): string => emit.node("Transpose", [weight], { perm: [3, 2, 0, 1] });

export const direct: Formulation = {
  name: "direct",
  conv: (emit, x, weight, geometry) =>
    channelsLast(emit, emit.node("Conv", [channelsFirst(emit, x), asKernel(emit, weight)], onnxAttributes(geometry))),
  inputGradient(emit, g, weight, geometry) {
    const { size, kernel, padding, stride, dilation } = geometry;
    const output = outputSize(geometry);
    const rest = ([0, 1] as const).map(
      (i) => size[i] - ((output[i] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel[i] - 1) + 1),
    );
    const attributes = { ...onnxAttributes(geometry), output_padding: rest };
    return channelsLast(emit, emit.node("ConvTranspose", [channelsFirst(emit, g), asKernel(emit, weight)], attributes));
  },
  weightGradient(emit, x, g, geometry) {
    const { groups, kernel, padding, stride, dilation, channels, outputs } = geometry;
    // A convolution of the channels of x, as samples, with those of g, as kernels; stride and dilation change places.
    const parts = (maps: string, total: number): string[] => {
      const all = emit.node("Transpose", [maps], { perm: [3, 0, 1, 2] });
      const sizes = new Array<number>(groups).fill(total / groups);
      return groups === 1 ? [all] : emit.nodeOf("Split", [all, emit.integers(sizes)], { axis: 0 }, groups);
    };
    const [xs, gs] = [parts(x, channels), parts(g, outputs)];
    const attributes = {
      kernel_shape: outputSize(geometry),
      pads: [padding[0], padding[1], padding[0], padding[1]],
      strides: dilation,
      dilations: stride,
    };
    const products = xs.map((part, i) => {
      const all = emit.node("Conv", [part, gs[i]!], attributes);
      // Rows and columns that no output reaches make the result larger than the kernel.
      return emit.node("Slice", [all, emit.integers([0, 0]), emit.integers(kernel), emit.integers([2, 3])]);
    });
    const joined = groups === 1 ? products[0]! : emit.node("Concat", products, { axis: 1 });
    return emit.node("Transpose", [joined], { perm: [2, 3, 0, 1] });
  },
};
