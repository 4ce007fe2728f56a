"""Writes torch-steps.json: two steps of SGD in PyTorch, in double precision, of small nets that torch-steps.test.ts builds alike.

Parameters and data are given by a formula that both sides compute, so the file has only losses, gradients and running statistics.
Names, and the order of the axes of weights, are those of dmil: [kh, kw, C, O] and [in, out].
"""

import json
import math
import pathlib

import torch
from torch import nn

torch.set_num_threads(1)
BATCH, CLASSES, RATE = 5, 3, 0.1


def numbers(shape, seed, size=1.0):
    """size * sin(1.7 i + i^2 / 9 + seed), rounded to float32."""
    count = math.prod(shape)
    values = [size * math.sin(1.7 * i + i * i / 9 + seed) for i in range(count)]
    return torch.tensor(values, dtype=torch.float32).double().reshape(shape)


class Unit(nn.Module):
    """Convolution without bias, then batch norm."""

    def __init__(self, inputs, outputs, kernel, stride, padding):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(self.conv(x))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = Unit(inputs, outputs, 3, stride, 1)
        self.second = Unit(outputs, outputs, 3, 1, 1)
        self.shortcut = Unit(inputs, outputs, 1, stride, 0) if stride > 1 else None

    def forward(self, x):
        out = self.second(torch.relu(self.first(x)))
        return torch.relu(out + (x if self.shortcut is None else self.shortcut(x)))


class Resnet(nn.Module):
    """[B, H, W, 2], width 3, one block in each of two stages."""

    def __init__(self):
        super().__init__()
        self.stem = Unit(2, 3, 7, 2, 3)
        self.stages = nn.ModuleList([Block(3, 3, 1), Block(3, 6, 2)])

    def units(self):
        yield "stem", self.stem
        for s, block in enumerate(self.stages, 1):
            yield f"stage{s}.0.0", block.first
            yield f"stage{s}.0.1", block.second
            if block.shortcut is not None:
                yield f"stage{s}.0.shortcut", block.shortcut

    def forward(self, x):
        x = torch.relu(self.stem(x.permute(0, 3, 1, 2)))
        x = nn.functional.max_pool2d(x, 3, 2, 1)
        for block in self.stages:
            x = block(x)
        return x.mean((2, 3))


class Lenet(nn.Module):
    """[B, H, W], width 2, one block after the first."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Unit(1, 2, 5, 1, 2), Unit(2, 4, 3, 1, 1)])

    def units(self):
        return ((f"block{i}", block) for i, block in enumerate(self.blocks))

    def forward(self, x):
        x = x[:, None]
        for block in self.blocks:
            x = nn.functional.max_pool2d(torch.relu(block(x)), 2)
        return x.mean((2, 3))


class Conv1d(nn.Module):
    """[B, T, 2 + 1] with lengths, width 3, two layers, mean and maximum over valid steps."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv1d(2, 3, 3, padding=1), nn.Conv1d(3, 3, 3, padding=1)])

    def forward(self, x):
        x, mask = x[:, :, :2].transpose(1, 2), x[:, :, 2:].transpose(1, 2)
        for layer in self.layers:
            x = torch.relu(layer(x)) * mask
        largest = x.masked_fill(mask == 0, -math.inf).amax(2)
        return torch.cat([x.sum(2) / mask.sum(2), largest], 1)


def named(net, head):
    """Parameters and buffers by our names, each with the permutation from our axes to PyTorch's, and back."""
    conv, linear, plain = ((3, 2, 0, 1), (2, 3, 1, 0)), ((1, 0), (1, 0)), ((0,), (0,))
    found = {}
    for path, unit in net.units() if hasattr(net, "units") else []:
        found[f"{path}.weight"] = (unit.conv.weight, *conv)
        found[f"{path}.norm.scale"] = (unit.norm.weight, *plain)
        found[f"{path}.norm.shift"] = (unit.norm.bias, *plain)
    for i, layer in enumerate(getattr(net, "layers", [])):
        found[f"layer{i}.weight"] = (layer.weight, (2, 1, 0), (2, 1, 0))
        found[f"layer{i}.bias"] = (layer.bias, *plain)
    found["head.weight"] = (head.weight, *linear)
    found["head.bias"] = (head.bias, *plain)
    return found


def rounded(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def steps(net, width, sample, masked=False):
    net, head = net.double(), nn.Linear(width, CLASSES).double()
    params = named(net, head)
    with torch.no_grad():
        for seed, name in enumerate(sorted(params)):
            param, there, back = params[name]
            shape = [param.shape[axis] for axis in back]
            size = 1.0 if "norm" in name else 2 / math.sqrt(math.prod(shape[:-1]))
            values = numbers(shape, seed, size) + (1.5 if name.endswith("scale") else 0)
            param.copy_(values.float().double().permute(there))
    target = torch.tensor([i % CLASSES for i in range(BATCH)])
    results = []
    for step in range(2):
        x = numbers([BATCH, *sample], 100 + step)
        if masked:
            for i in range(BATCH):
                x[i, :, 2] = 1
                x[i, sample[0] - i % 3 :] = 0
        loss = nn.functional.cross_entropy(head(net(x)), target)
        gradients = torch.autograd.grad(loss, [param for param, _, _ in params.values()])
        running = {}
        for path, unit in net.units() if hasattr(net, "units") else []:
            running[f"{path}.norm.running_mean"] = rounded(unit.norm.running_mean)
            running[f"{path}.norm.running_var"] = rounded(unit.norm.running_var)
        results.append(
            {
                "loss": loss.item(),
                "gradients": {
                    name: rounded(g.permute(back)) for (name, (_, _, back)), g in zip(params.items(), gradients)
                },
                "running": running,
            }
        )
        with torch.no_grad():
            for (param, _, _), g in zip(params.values(), gradients):
                param.sub_(RATE * g)
    net.eval()
    answer = rounded(net(numbers([BATCH, *sample], 200) if not masked else x))
    return {"steps": results, "evaluation": answer}


result = {
    "torch": torch.__version__.split("+")[0],
    "resnet18": steps(Resnet(), 6, [9, 10, 2]),
    "lenet": steps(Lenet(), 4, [9, 8]),
    "conv1d": steps(Conv1d(), 6, [6, 3], masked=True),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(result) + "\n")
