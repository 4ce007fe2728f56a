/** @file The convolutional nets that bench/encoders.ts times, as modules. Their twins are in peers/encoders_torch.py. */
import type { Expr } from "../src/graph/expr.ts";
import { add, conv, maxPool, mean, relu, reshape } from "../src/graph/ops/index.ts";
import { flatten } from "../src/nn/linear.ts";
import type { Module, Scope } from "../src/nn/module.ts";
import { batchNorm } from "../src/nn/norm.ts";

type Layer = { kernel: readonly [number, number]; stride?: number; padding: readonly [number, number] };

/** Convolution without bias, and batch norm. */
function normed(scope: Scope, x: Expr, outputs: number, { kernel, stride = 1, padding }: Layer): Expr {
  const channels = x.shape[3]!;
  const deviation = Math.sqrt(2 / (kernel[0] * kernel[1] * outputs));
  const weight = scope.parameter("weight", [...kernel, channels, outputs], { kind: "normal", deviation });
  return batchNorm(scope.child("norm"), conv(x, weight, { stride, padding }));
}

const square = (size: number, stride = 1): Layer => ({
  kernel: [size, size],
  stride,
  padding: [(size - 1) / 2, (size - 1) / 2],
});

/** Source: He et al. 2016, as in torchvision. [B, H, W, C] to [B, 512]. */
export const resnet18: Module = {
  description: { kind: "resnet18" },
  build(scope, x) {
    let maps = maxPool(relu(normed(scope.child("stem"), x, 64, square(7, 2))), 3, { stride: 2, padding: 1 });
    for (const [s, outputs] of [64, 128, 256, 512].entries()) {
      for (const b of [0, 1]) {
        const block = scope.child(`stage${s + 1}.${b}`);
        const stride = s > 0 && b === 0 ? 2 : 1;
        const first = relu(normed(block.child("0"), maps, outputs, square(3, stride)));
        const second = normed(block.child("1"), first, outputs, square(3));
        const shortcut = stride === 1 ? maps : normed(block.child("shortcut"), maps, outputs, square(1, 2));
        maps = relu(add(second, shortcut));
      }
    }
    return mean(maps, [1, 2]);
  },
};

/** The image net of MultiBench's AV-MNIST: 28 x 28 to 48 numbers. */
export const lenet: Module = {
  description: { kind: "lenet" },
  build(scope, x) {
    let maps = x;
    for (const [i, outputs] of [6, 12, 24, 48].entries()) {
      maps = maxPool(relu(normed(scope.child(`${i}`), maps, outputs, square(i === 0 ? 5 : 3))), 2);
    }
    return flatten(maps);
  },
};

/** Three layers of width 3 over series [B, T, F], then the mean over time: [B, 128]. */
export const conv1d: Module = {
  description: { kind: "conv1d" },
  build(scope, x) {
    let maps = reshape(x, [x.shape[0]!, x.shape[1]!, 1, x.shape[2]!]);
    for (const [i, outputs] of [64, 128, 128].entries()) {
      maps = relu(normed(scope.child(`${i}`), maps, outputs, { kernel: [3, 1], padding: [1, 0] }));
    }
    return mean(maps, [1, 2]);
  },
};
