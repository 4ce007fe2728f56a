"""Writes mmtm-maps.json: loss and gradients of one step of MMTM with modules on feature maps, in PyTorch and double precision.

A small LeNet on images and a small residual net on videos of two frames, with modules after their last two stages. Parameters and data are
given by the formula of ../encoders/torch-steps.py, which mmtm-maps.test.ts computes too; names and axes are those of dmil.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
BATCH, CLASSES, EMBEDDING, FRAMES = 5, 3, 4, 2

SHAPES = {
    "encoders.image.block0.weight": [5, 5, 1, 2],
    "encoders.image.block1.weight": [3, 3, 2, 4],
    "encoders.video.stem.weight": [7, 7, 2, 3],
    "encoders.video.stage1.0.0.weight": [3, 3, 3, 3],
    "encoders.video.stage1.0.1.weight": [3, 3, 3, 3],
    "encoders.video.stage2.0.0.weight": [3, 3, 3, 6],
    "encoders.video.stage2.0.1.weight": [3, 3, 6, 6],
    "encoders.video.stage2.0.shortcut.weight": [1, 1, 3, 6],
}
SHAPES |= {
    name.replace("weight", f"norm.{part}"): shape[-1:]
    for name, shape in list(SHAPES.items())
    for part in ("scale", "shift")
}
CHANNELS = [{"image": 2, "video": 3}, {"image": 4, "video": 6}]
for module, channels in enumerate(CHANNELS):
    width = math.ceil(2 * sum(channels.values()) / 4)
    SHAPES[f"transfer.squeeze.{module}.bias"] = [width]
    for name, count in channels.items():
        SHAPES[f"transfer.squeeze.{module}.{name}.weight"] = [count, width]
        SHAPES[f"transfer.gates.{name}.{module}.weight"] = [width, count]
        SHAPES[f"transfer.gates.{name}.{module}.bias"] = [count]
for name, count in CHANNELS[-1].items():
    SHAPES[f"encoders.{name}.embedding.weight"] = [count, EMBEDDING]
    SHAPES[f"encoders.{name}.embedding.bias"] = [EMBEDDING]
SHAPES["heads.weight"] = [2, EMBEDDING, CLASSES]
SHAPES["heads.bias"] = [2, 1, CLASSES]


def numbers(shape, seed, size=1.0):
    values = [size * math.sin(1.7 * i + i * i / 9 + seed) for i in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float32).double().reshape(shape)


params = {}
for seed, name in enumerate(sorted(SHAPES)):
    shape = SHAPES[name]
    size = 1.0 if "norm" in name else 2 / math.sqrt(math.prod(shape[:-1]))
    values = numbers(shape, seed, size) + (1.5 if name.endswith("scale") else 0)
    params[name] = values.float().double().requires_grad_()


def unit(path, x, stride, padding):
    maps = F.conv2d(x, params[f"{path}.weight"].permute(3, 2, 0, 1), None, stride, padding)
    return F.batch_norm(maps, None, None, params[f"{path}.norm.scale"], params[f"{path}.norm.shift"], True)


def lenet_block(i, padding):
    return lambda x: F.max_pool2d(torch.relu(unit(f"encoders.image.block{i}", x, 1, padding)), 2)


def stem(x):
    return F.max_pool2d(torch.relu(unit("encoders.video.stem", x, 2, 3)), 3, 2, 1)


def residual(s, stride):
    def stage(x):
        path = f"encoders.video.stage{s}.0"
        inner = unit(f"{path}.1", torch.relu(unit(f"{path}.0", x, stride, 1)), 1, 1)
        return torch.relu(inner + (x if stride == 1 else unit(f"{path}.shortcut", x, stride, 0)))

    return stage


def means(x):
    """[B, C] of maps [B * T, C, h, w]."""
    return x.reshape(BATCH, -1, *x.shape[1:]).mean((1, 3, 4))


stages = {"image": [lenet_block(0, 2), lenet_block(1, 1)], "video": [residual(1, 1), residual(2, 2)]}
maps = {
    "image": numbers([BATCH, 9, 8], 100)[:, None],
    "video": stem(numbers([BATCH, FRAMES, 9, 10, 2], 101).reshape(BATCH * FRAMES, 9, 10, 2).permute(0, 3, 1, 2)),
}
for module in range(2):
    maps = {name: stages[name][module](x) for name, x in maps.items()}
    summary = params[f"transfer.squeeze.{module}.bias"]
    for name, x in maps.items():
        summary = summary + means(x) @ params[f"transfer.squeeze.{module}.{name}.weight"]
    summary = torch.relu(summary)
    for name, x in maps.items():
        path = f"transfer.gates.{name}.{module}"
        gate = 2 * torch.sigmoid(summary @ params[f"{path}.weight"] + params[f"{path}.bias"])
        maps[name] = x * gate.repeat_interleave(x.shape[0] // BATCH, 0)[:, :, None, None]
logits = []
for m, (name, x) in enumerate(maps.items()):
    embedding = means(x) @ params[f"encoders.{name}.embedding.weight"] + params[f"encoders.{name}.embedding.bias"]
    logits.append(embedding @ params["heads.weight"][m] + params["heads.bias"][m])
target = torch.tensor([i % CLASSES for i in range(BATCH)])
loss = F.cross_entropy((logits[0] + logits[1]) / 2, target)
gradients = torch.autograd.grad(loss, list(params.values()))
result = {
    "torch": torch.__version__.split("+")[0],
    "shapes": {name: list(value.shape) for name, value in params.items()},
    "loss": loss.item(),
    "gradients": {
        name: [float(f"{value:.9g}") for value in g.flatten().tolist()] for name, g in zip(params, gradients)
    },
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(result) + "\n")
