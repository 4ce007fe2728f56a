/**
 * @file Which formulation a convolution gets, by its shape. Reasons are times of one thread on a CPU with AVX-512 (bench/encoders.ts); all
 * formulations are fast enough everywhere to be right.
 */
import { direct } from "./direct.ts";
import type { Formulation } from "./formulation.ts";
import { gather } from "./gather.ts";
import { type ConvGeometry, outputSize, tapsOf } from "./geometry.ts";
import { planes, stem } from "./planes.ts";
import { winograd2, winograd4, winogradTall, winogradWide } from "./winograd.ts";

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
  if (!exact) {
    const found = winogradOf(geometry);
    if (found !== undefined) return found;
  }
  return gather;
}

/**
 * Winograd's form of a kernel of 3 with stride 1. Tiles that reach far over the border of a map eat up the multiplications that they save, and
 * maps of one or two pixels have too few tiles to repay the transformed weights, four times the weights, that are written and read.
 */
function winogradOf(geometry: ConvGeometry): Formulation | undefined {
  const [h, w] = outputSize(geometry);
  if (geometry.stride.some((n) => n !== 1)) return undefined;
  switch (geometry.kernel.join()) {
    case "3,3":
      if (h >= 8 && w >= 8 && covered(h, 4) * covered(w, 4) <= 1.2) return winograd4;
      return h > 2 && w > 2 && covered(h, 2) * covered(w, 2) <= 1.5 ? winograd2 : undefined;
    case "3,1":
      return covered(h, 4) <= 1.4 ? winogradTall : undefined;
    case "1,3":
      return covered(w, 4) <= 1.4 ? winogradWide : undefined;
    default:
      return undefined;
  }
}

/** Entries that tiles cover, relative to the n entries of an axis. */
const covered = (n: number, tile: number): number => (Math.ceil(n / tile) * tile) / n;
