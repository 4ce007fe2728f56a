/**
 * @file Maxima of small windows as maxima along width and then along height. Each stage passes its gradient to the first maximum, so that the
 * first maximum of the window in row-major order gets it, as in PyTorch.
 */

import { outputSize, type Window } from "./convolution/geometry.ts";
import { fromPlanes, toPlanes } from "./convolution/planes.ts";
import { areFew } from "./convolution/rule.ts";
import type { Emitter } from "./emitter.ts";

/** Maxima along one axis of an array [lead, size, trail]: windows of `kernel` entries every `stride` entries, `out` of them. */
interface Stage {
  readonly lead: number;
  readonly size: number;
  readonly trail: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly out: number;
}

/** Entries of a phase: the array is cut into `stride` interleaved phases of this length. */
const phaseLength = ({ size, stride }: Stage): number => Math.ceil(size / stride);

/** The phase that tap j reads, and how many entries before and after the phase it needs (negative: leaves out). */
function tapPlace(stage: Stage, tap: number) {
  const shift = Math.floor((tap - stage.padding) / stage.stride);
  const phase = tap - stage.padding - shift * stage.stride;
  return { phase, before: -shift, after: stage.out - phaseLength(stage) + shift };
}

function padded(emit: Emitter, x: string, before: number, after: number, value: number): string {
  if (before === 0 && after === 0) return x;
  const pads = emit.integers([0, before, 0, 0, after, 0]);
  return emit.node("Pad", [x, pads, emit.constant([], Float32Array.of(value))]);
}

/** What each tap reads [lead, out, trail], and the maximum of that. */
function maxima(emit: Emitter, x: string, stage: Stage): { taps: readonly string[]; value: string } {
  const { lead, size, trail, kernel, stride } = stage;
  const length = phaseLength(stage);
  const whole = padded(emit, emit.reshape(x, [lead, size, trail]), 0, length * stride - size, Number.NEGATIVE_INFINITY);
  const ones = emit.integers(new Array<number>(stride).fill(1));
  const phases =
    stride === 1
      ? [whole]
      : emit
          .nodeOf("Split", [emit.reshape(whole, [lead, length, stride, trail]), ones], { axis: 2 }, stride)
          .map((phase) => emit.reshape(phase, [lead, length, trail]));
  const taps = Array.from({ length: kernel }, (_, tap) => {
    const { phase, before, after } = tapPlace(stage, tap);
    return padded(emit, phases[phase]!, before, after, Number.NEGATIVE_INFINITY);
  });
  return { taps, value: kernel === 1 ? taps[0]! : emit.node("Max", taps) };
}

/** From the gradient g [lead, out, trail] of the maxima to that of x: the first tap that equals the maximum gets it. */
function maximaGradient(emit: Emitter, x: string, g: string, stage: Stage): string {
  const { lead, size, trail, kernel, stride, out } = stage;
  const { taps, value } = maxima(emit, x, stage);
  const length = phaseLength(stage);
  const byPhase = Array.from({ length: stride }, () => [] as string[]);
  let rest = emit.reshape(g, [lead, out, trail]);
  taps.forEach((tap, j) => {
    const { phase, before, after } = tapPlace(stage, j);
    let own = rest;
    if (j < kernel - 1) {
      // 1 where the tap equals the maximum, 0 where it is smaller: a line that falls from 1 to 0 within the smallest float32.
      const gap = emit.node("Sub", [value, tap]);
      const attributes = { alpha: { float: -3e38 }, beta: { float: 1 } };
      own = emit.node("Mul", [rest, emit.node("HardSigmoid", [gap], attributes)]);
      rest = emit.node("Sub", [rest, own]);
    }
    byPhase[phase]!.push(padded(emit, own, -before, -after, 0));
  });
  const zeros = (): string =>
    emit.table(
      `zeros ${lead} ${length} ${trail}`,
      [lead, length, trail],
      () => new Float32Array(lead * length * trail),
    );
  const sums = byPhase.map((list) =>
    list.length === 0 ? zeros() : list.length === 1 ? list[0]! : emit.node("Sum", list),
  );
  if (stride === 1) return sums[0]!;
  const wide = sums.map((sum) => emit.reshape(sum, [lead, length, 1, trail]));
  const woven = emit.reshape(emit.node("Concat", wide, { axis: 2 }), [lead, length * stride, trail]);
  return padded(emit, woven, 0, size - length * stride, 0);
}

/** Windows of more entries along an axis would cost a pass for each; ONNX's MaxPool does not. */
const MOST_TAPS = 4;

/** Whether the separable form serves. */
export function isSeparable({ kernel }: Window): boolean {
  return kernel.every((n) => n <= MOST_TAPS);
}

/** The stages along width and height of maps [B, H, W, C], or of planes [C, B, H, W]. */
function stagesOf(window: Window, batch: number, channels: number): readonly [Stage, Stage] {
  const { size, kernel, stride, padding } = window;
  const [h, w] = outputSize(window);
  const [lead, trail] = areFew(channels) ? [batch * channels, 1] : [batch, channels];
  return [
    { lead: lead * size[0], size: size[1], trail, kernel: kernel[1], stride: stride[1], padding: padding[1], out: w },
    { lead, size: size[0], trail: trail * w, kernel: kernel[0], stride: stride[0], padding: padding[0], out: h },
  ];
}

const enter = (emit: Emitter, x: string, channels: number): string => (areFew(channels) ? toPlanes(emit, x) : x);
/** The result of stages as maps of a height and a width. */
function leave(emit: Emitter, x: string, [batch, height, width, channels]: readonly number[]): string {
  if (!areFew(channels!)) return emit.reshape(x, [batch!, height!, width!, channels!]);
  return fromPlanes(emit, emit.reshape(x, [channels!, batch!, height!, width!]));
}

/** The maxima, of shape [B, h, w, C]. */
export function separableMaxima(emit: Emitter, x: string, window: Window, shape: readonly number[]): string {
  const [columns, rows] = stagesOf(window, shape[0]!, shape[3]!);
  const across = maxima(emit, enter(emit, x, shape[3]!), columns).value;
  return leave(emit, maxima(emit, across, rows).value, shape);
}

/** From x and g to the gradient of x, of shape [B, H, W, C]. */
export function separableMaximaGradient(
  emit: Emitter,
  x: string,
  g: string,
  window: Window,
  shape: readonly number[],
): string {
  const channels = shape[3]!;
  const [columns, rows] = stagesOf(window, shape[0]!, channels);
  const entered = enter(emit, x, channels);
  const across = maxima(emit, entered, columns).value;
  const down = maximaGradient(emit, across, enter(emit, g, channels), rows);
  return leave(emit, maximaGradient(emit, entered, down, columns), shape);
}
