/**
 * @file Which formulation a convolution gets, by its shape: the one that trained fastest on one thread of a CPU with AVX-512. Each is right for
 * every shape that it accepts, so that on another processor this choice costs time and nothing else.
 */
import { direct } from "./direct.ts";
import type { Formulation } from "./formulation.ts";
import { gather } from "./gather.ts";
import { type ConvGeometry, outputSize, tapsOf } from "./geometry.ts";
import { planes, sliced, stem } from "./planes.ts";
import { winograd2, winograd4, winogradTall, winogradWide } from "./winograd.ts";

/** Maps of fewer channels stay in planes: gathering rows of so few numbers, and vectors [C] over such rows, are many short loops. */
const FEW = 16;
/** From so many outputs on, a convolution of few channels gives rows: ONNX Runtime's Conv is then faster than a product with planes. */
const FEW_OUTPUTS = 64;

/** From so many pixels on, gathered windows of a map cost more than they save; ONNX Runtime's Conv is faster. */
const LARGE = 512;

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
  const large = outputSize(geometry).reduce((n, size) => n * size) >= LARGE;
  return large && tapsOf(geometry) > 1 && geometry.stride.every((n) => n === 1) ? sliced : gather;
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
