"""Writes batch-norm.json: three training steps of PyTorch's BatchNorm1d, then its evaluation."""

import json
import pathlib

import torch

torch.manual_seed(0)
layer = torch.nn.BatchNorm1d(3)
with torch.no_grad():
    layer.weight.copy_(torch.tensor([1.5, -0.5, 2.0]))
    layer.bias.copy_(torch.tensor([0.1, 0.2, -0.3]))
steps = []
for n in (5, 4, 2):
    x = (3 * torch.randn(n, 3) + torch.tensor([1.0, -2.0, 50.0])).requires_grad_()
    cotangent = torch.randn(n, 3)
    y = layer(x)
    layer.zero_grad()
    y.backward(cotangent)
    steps.append(
        {
            "x": x.tolist(),
            "cotangent": cotangent.tolist(),
            "y": y.tolist(),
            "to": {"x": x.grad.tolist(), "scale": layer.weight.grad.tolist(), "shift": layer.bias.grad.tolist()},
            "running_mean": layer.running_mean.tolist(),
            "running_var": layer.running_var.tolist(),
        }
    )
layer.eval()
x = torch.randn(4, 3)
answer = {
    "torch": torch.__version__.split("+")[0],
    "scale": layer.weight.tolist(),
    "shift": layer.bias.tolist(),
    "steps": steps,
    "evaluation": {"x": x.tolist(), "y": layer(x).tolist()},
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=1) + "\n")
