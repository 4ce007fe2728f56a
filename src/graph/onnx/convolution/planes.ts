/**
 * @file Convolution of maps with few channels in planes [C, B, H, W]: each tap is a slice of all planes. Rows of few channels would be
 * gathered number by number.
 */
import type { Emitter } from "../emitter.ts";
import { direct } from "./direct.ts";
import type { Formulation } from "./formulation.ts";
import { type ConvGeometry, outputSize, type Pair, tapsOf } from "./geometry.ts";

/** [B, H, W, C] as planes [C, B, H, W], and back. */
export const toPlanes = (emit: Emitter, x: string): string => emit.node("Transpose", [x], { perm: [3, 0, 1, 2] });
export const fromPlanes = (emit: Emitter, x: string): string => emit.node("Transpose", [x], { perm: [1, 2, 3, 0] });

/** Which phase of the padded maps a tap reads, and from where in it: pixel u of the padded maps is pixel u / stride of phase u % stride. Phases of
 * height and width are counted row by row. */
function tapPlace({ kernel, stride, dilation }: ConvGeometry, tap: number) {
  const u = Math.floor(tap / kernel[1]) * dilation[0];
  const v = (tap % kernel[1]) * dilation[1];
  return {
    phase: (u % stride[0]) * stride[1] + (v % stride[1]),
    start: [Math.floor(u / stride[0]), Math.floor(v / stride[1])] as const,
  };
}

/** Height and width of a phase: every tap of every position lies in it, and so does every pixel. */
function phaseSize(geometry: ConvGeometry): Pair {
  const { size, padding, stride } = geometry;
  const { start } = tapPlace(geometry, tapsOf(geometry) - 1);
  const output = outputSize(geometry);
  const along = (i: 0 | 1): number =>
    Math.max(Math.ceil((size[i] + 2 * padding[i]) / stride[i]), start[i] + stride[i] - 1 + output[i]);
  return [along(0), along(1)];
}

/** What lies under each tap at each position: for each tap [1, C B, h, w]. */
function slices(emit: Emitter, x: string, geometry: ConvGeometry): string[] {
  const { batch, size, padding, stride, channels } = geometry;
  const [phaseHeight, phaseWidth] = phaseSize(geometry);
  const [h, w] = outputSize(geometry);
  const below = [0, 1].map((i) => phaseSize(geometry)[i]! * stride[i]! - size[i]! - padding[i]!) as [number, number];
  const pads = [0, 0, padding[0], padding[1], 0, 0, ...below];
  const planes = toPlanes(emit, x);
  const padded = pads.every((n) => n === 0) ? planes : emit.node("Pad", [planes, emit.integers(pads)]);
  // The first reshape keeps ONNX Runtime from moving the Transpose behind all the slices.
  const phases =
    stride[0] * stride[1] === 1
      ? emit.reshape(padded, [1, channels * batch, phaseHeight, phaseWidth])
      : emit.reshape(
          emit.node(
            "Transpose",
            [emit.reshape(padded, [channels * batch, phaseHeight, stride[0], phaseWidth, stride[1]])],
            { perm: [2, 4, 0, 1, 3] },
          ),
          [stride[0] * stride[1], channels * batch, phaseHeight, phaseWidth],
        );
  return Array.from({ length: tapsOf(geometry) }, (_, tap) => {
    const { phase, start } = tapPlace(geometry, tap);
    const [from, to] = [
      [phase, ...start],
      [phase + 1, start[0] + h, start[1] + w],
    ];
    return emit.node("Slice", [phases, emit.integers(from), emit.integers(to), emit.integers([0, 2, 3])]);
  });
}

/** The slices of all taps: [taps C, B h w]. */
function columns(emit: Emitter, x: string, geometry: ConvGeometry): string {
  const { batch, channels } = geometry;
  const [h, w] = outputSize(geometry);
  const taps = slices(emit, x, geometry);
  const all = taps.length === 1 ? taps[0]! : emit.node("Concat", taps, { axis: 0 });
  return emit.reshape(all, [taps.length * channels, batch * h * w]);
}

/** The gradient of `columns`, as planes: every slice is padded to its phase, the phases are put together, and the padding is cut off. */
function fromColumns(emit: Emitter, all: string, geometry: ConvGeometry): string {
  const { batch, size, padding, stride, channels } = geometry;
  const [phaseHeight, phaseWidth] = phaseSize(geometry);
  const [h, w] = outputSize(geometry);
  const taps = tapsOf(geometry);
  const parts = emit.nodeOf("Split", [all, emit.integers(new Array<number>(taps).fill(channels))], { axis: 0 }, taps);
  const byPhase = Array.from({ length: stride[0] * stride[1] }, () => [] as string[]);
  parts.forEach((part, tap) => {
    const { phase, start } = tapPlace(geometry, tap);
    const after = [phaseHeight - h - start[0], phaseWidth - w - start[1]];
    const pads = emit.integers([0, 0, ...start, 0, 0, ...after]);
    const padded = emit.node("Pad", [emit.reshape(part, [channels, batch, h, w]), pads]);
    byPhase[phase]!.push(padded);
  });
  const sums = byPhase.map((list) => (list.length === 1 ? list[0]! : emit.node("Sum", list)));
  let whole = sums[0]!;
  if (sums.length > 1) {
    const stacked = emit.reshape(emit.node("Concat", sums, { axis: 0 }), [
      ...stride,
      channels,
      batch,
      phaseHeight,
      phaseWidth,
    ]);
    const woven = emit.node("Transpose", [stacked], { perm: [2, 3, 4, 0, 5, 1] });
    whole = emit.reshape(woven, [channels, batch, phaseHeight * stride[0], phaseWidth * stride[1]]);
  }
  const end = [padding[0] + size[0], padding[1] + size[1]];
  if (padding[0] + padding[1] === 0 && end.every((n, i) => n === phaseSize(geometry)[i]! * stride[i]!)) return whole;
  return emit.node("Slice", [whole, emit.integers(padding), emit.integers(end), emit.integers([2, 3])]);
}

const asMatrix = (emit: Emitter, weight: string, geometry: ConvGeometry): string =>
  emit.reshape(weight, [tapsOf(geometry) * geometry.channels, geometry.outputs]);
const asPlaneRows = (emit: Emitter, g: string, geometry: ConvGeometry): string => {
  const [h, w] = outputSize(geometry);
  return emit.reshape(toPlanes(emit, g), [geometry.outputs, geometry.batch * h * w]);
};

/** Everything in planes: nets of few channels throughout. */
export const planes: Formulation = {
  name: "planes",
  conv(emit, x, weight, geometry) {
    const { batch, outputs } = geometry;
    const y = emit.matmul(asMatrix(emit, weight, geometry), columns(emit, x, geometry), true, false);
    return fromPlanes(emit, emit.reshape(y, [outputs, batch, ...outputSize(geometry)]));
  },
  inputGradient(emit, g, weight, geometry) {
    const slopes = emit.matmul(asMatrix(emit, weight, geometry), asPlaneRows(emit, g, geometry), false, false);
    return fromPlanes(emit, fromColumns(emit, slopes, geometry));
  },
  weightGradient(emit, x, g, geometry) {
    const { kernel, channels, outputs } = geometry;
    const product = emit.matmul(columns(emit, x, geometry), asPlaneRows(emit, g, geometry), false, true);
    return emit.reshape(product, [...kernel, channels, outputs]);
  },
};

/** The first layer of a large net: ONNX Runtime's Conv is fast from few to many channels, the product with the slices gives the weight. */
export const stem: Formulation = {
  name: "stem",
  conv: direct.conv,
  inputGradient: direct.inputGradient,
  weightGradient(emit, x, g, geometry) {
    const { batch, kernel, channels, outputs } = geometry;
    const [h, w] = outputSize(geometry);
    const rows = emit.reshape(g, [batch * h * w, outputs]);
    return emit.reshape(emit.node("MatMul", [columns(emit, x, geometry), rows]), [...kernel, channels, outputs]);
  },
};

/** Large maps without Winograd: their columns would be nine times the maps, so each slice has its own product. */
export const sliced: Formulation = {
  name: "sliced",
  conv: direct.conv,
  inputGradient: direct.inputGradient,
  weightGradient(emit, x, g, geometry) {
    const { batch, kernel, channels, outputs } = geometry;
    const [h, w] = outputSize(geometry);
    const right = asPlaneRows(emit, g, geometry);
    const products = slices(emit, x, geometry).map((slice) =>
      emit.matmul(emit.reshape(slice, [channels, batch * h * w]), right, false, true),
    );
    return emit.reshape(emit.node("Concat", products, { axis: 0 }), [...kernel, channels, outputs]);
  },
};
