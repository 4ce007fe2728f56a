/**
 * @file Which formulation a convolution gets, by its shape. Reasons are times of one thread on a CPU with AVX-512 (bench/encoders.ts); all
 * formulations are fast enough everywhere to be right.
 */
import { direct } from "./direct.ts";
import type { Formulation } from "./formulation.ts";
import { gather } from "./gather.ts";
import { type ConvGeometry, outputSize, tapsOf } from "./geometry.ts";
import { planes, stem } from "./planes.ts";
import { winograd2, winograd4 } from "./winograd.ts";

/** With fewer channels a row is too short to be gathered, and with fewer outputs a product has too few columns. */
const FEW = 16;
const FEW_OUTPUTS = 64;

/** Whether maps of so many channels are computed in planes. */
export const areFew = (channels: number): boolean => channels < FEW;

/** The formulation of a convolution and its gradients; `exact` leaves out Winograd, whose errors are ten times those of a direct product. */
export function formulationOf(geometry: ConvGeometry, exact: boolean): Formulation {
  const { groups, channels, outputs } = geometry;
  // Groups and dilation are rare, and ONNX Runtime's Conv has both.
  if (groups > 1 || geometry.dilation.some((n) => n > 1)) return direct;
  const reaches = geometry.kernel.every((n, i) => n >= geometry.stride[i]!);
  if (areFew(channels) && tapsOf(geometry) > 1 && reaches) return outputs < FEW_OUTPUTS ? planes : stem;
  if (!exact && isWinograd(geometry)) {
    const area = outputSize(geometry).reduce((n, size) => n * size);
    // The 36 (or 16) transformed weights of each pair of channels are written and read; only many tiles repay that.
    if (outputSize(geometry).every((n) => n >= 8) && coveredBy(4, geometry) <= 1.2 * area) return winograd4;
    if (outputSize(geometry).every((n) => n > 2)) return winograd2;
  }
  return gather;
}

function isWinograd({ kernel, stride }: ConvGeometry): boolean {
  return kernel.every((n) => n === 3) && stride.every((n) => n === 1);
}

/** Pixels of the tiles that cover an output map. */
function coveredBy(tile: number, geometry: ConvGeometry): number {
  return outputSize(geometry).reduce((n, size) => n * Math.ceil(size / tile) * tile, 1);
}
