/** @file The names of ResNet-18 in torchvision, which timm shares. Source: torchvision.models.resnet. */
import { batchNormRows, type PublishedNames, type Row } from "./names.ts";

const convolution = (ours: string, theirs: string): Row => [`${ours}.weight`, `${theirs}.weight`, "convolution"];

/** ResNet-18 and other ResNets of two convolutions a block. */
export const resnetNames: PublishedNames = {
  maps: [
    {
      names: "torchvision",
      marker: "conv1.weight",
      ignored: ["fc.", ".num_batches_tracked"],
      rows: [
        ["stem.weight", "conv1.weight", "first convolution"],
        ...batchNormRows("stem.norm", "bn1"),
        convolution("stage<s>.<b>.0", "layer<s>.<b>.conv1"),
        ...batchNormRows("stage<s>.<b>.0.norm", "layer<s>.<b>.bn1"),
        convolution("stage<s>.<b>.1", "layer<s>.<b>.conv2"),
        ...batchNormRows("stage<s>.<b>.1.norm", "layer<s>.<b>.bn2"),
        convolution("stage<s>.<b>.shortcut", "layer<s>.<b>.downsample.0"),
        ...batchNormRows("stage<s>.<b>.shortcut.norm", "layer<s>.<b>.downsample.1"),
      ],
    },
  ],
};
