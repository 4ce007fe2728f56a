"""Writes convolution.json: layers of PyTorch, their values and gradients, for convolution.test.ts."""

import json
import pathlib

import torch
from torch import Tensor, nn

# x [B, C, H, W], outputs, kernel, stride, padding, and the window, stride and padding of a max pool after batch norm and ReLU.
CASES = {
    "3 x 3, then pool": ([2, 16, 12, 12], 16, (3, 3), (1, 1), (1, 1), (3, 2, 1)),
    "3 x 3 on small maps": ([2, 16, 6, 6], 16, (3, 3), (1, 1), (1, 1), None),
    "3 x 3 with stride 2": ([2, 16, 9, 8], 24, (3, 3), (2, 2), (1, 1), None),
    "7 x 7 with stride 2, then pool": ([2, 3, 19, 18], 64, (7, 7), (2, 2), (3, 3), (3, 2, 1)),
    "few channels, then pool": ([3, 2, 8, 8], 6, (5, 5), (1, 1), (2, 2), (2, 2, 0)),
    "1 x 1 with stride 2": ([2, 16, 6, 6], 32, (1, 1), (2, 2), (0, 0), None),
    "series": ([3, 20, 14, 1], 16, (3, 1), (1, 1), (1, 0), None),
}
KEPT = 31


def wave(shape: list[int], frequency: float) -> Tensor:
    """Numbers that the test makes alike: sin(frequency i) by the index in channel-last order."""
    count = int(torch.tensor(shape).prod())
    return torch.sin(frequency * torch.arange(count, dtype=torch.float64)).reshape(shape).float()


def maps(batch: int, channels: int, height: int, width: int, frequency: float) -> Tensor:
    return wave([batch, height, width, channels], frequency).permute(0, 3, 1, 2).contiguous()


def kept(values: Tensor) -> dict:
    """The sum of squares of an array, and entries at equal distances."""
    flat = values.detach().double().flatten()
    return {"squares": float((flat * flat).sum()), "entries": flat[:: max(1, len(flat) // KEPT)].tolist()}


answer = {"torch": torch.__version__.split("+")[0], "layers": {}}
for name, (shape, outputs, kernel, stride, padding, pool) in CASES.items():
    x = maps(*shape, 1.7).requires_grad_()
    weight = wave([*kernel, shape[1], outputs], 0.9).permute(3, 2, 0, 1).contiguous().requires_grad_()
    norm = nn.BatchNorm2d(outputs)
    with torch.no_grad():
        norm.weight.copy_(1 + 0.5 * wave([outputs], 0.3))
        norm.bias.copy_(0.2 * wave([outputs], 0.5))
    y = torch.relu(norm(torch.conv2d(x, weight, stride=stride, padding=padding)))
    if pool is not None:
        y = torch.max_pool2d(y, *pool)
    y.backward(maps(*y.shape, 2.3))
    answer["layers"][name] = {
        "x": [shape[0], shape[2], shape[3], shape[1]],
        "outputs": outputs,
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
        "pool": pool,
        "y": kept(y.permute(0, 2, 3, 1)),
        "to": {
            "x": kept(x.grad.permute(0, 2, 3, 1)),
            "weight": kept(weight.grad.permute(2, 3, 1, 0)),
            "scale": kept(norm.weight.grad),
            "shift": kept(norm.bias.grad),
        },
        "mean": kept(norm.running_mean),
        "variance": kept(norm.running_var),
    }
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=1) + "\n")
