"""The PyTorch twins of the encoders in ../encoders.ts: one training step, Adam included. See README.md."""

import argparse
import sys
from collections.abc import Callable

import worker

try:
    import torch
    from torch import Tensor, nn
    from torch.nn import functional as F
except ImportError as error:
    worker.say({"ready": False, "peer": "torch", "reason": f"{type(error).__name__}: {error}"})
    sys.exit(0)

EMBEDDING = 64


class Block(nn.Module):
    """Two 3 x 3 convolutions with batch norm, and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs))
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = (
            nn.Identity()
            if stride == 1
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(F.relu(self.first(x), inplace=True)) + self.shortcut(x), inplace=True)


def resnet18() -> tuple[nn.Module, int]:
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    width = 64
    for outputs in (64, 128, 256, 512):
        layers += [Block(width, outputs, 1 if outputs == width else 2), Block(outputs, outputs, 1)]
        width = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 512


def lenet() -> tuple[nn.Module, int]:
    layers, width = [], 1
    for i, outputs in enumerate((6, 12, 24, 48)):
        size = 5 if i == 0 else 3
        convolution = nn.Conv2d(width, outputs, size, padding=size // 2, bias=False)
        layers += [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
        width = outputs
    return nn.Sequential(*layers, nn.Flatten()), 48


def conv1d() -> tuple[nn.Module, int]:
    layers, width = [], 74
    for _ in range(3):
        layers += [nn.Conv1d(width, 128, 3, padding=1), nn.BatchNorm1d(128), nn.ReLU(inplace=True)]
        width = 128
    return nn.Sequential(*layers, nn.AdaptiveAvgPool1d(1), nn.Flatten()), 128


class Transformer(nn.Module):
    """A linear layer for each step, two blocks that normalise last, and the mean over the steps."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(300, 256, bias=False)
        layer = nn.TransformerEncoderLayer(256, 4, 512, dropout=0.0, batch_first=True)
        self.blocks = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(self.first(x)).mean(dim=1)


class Gru(nn.Module):
    """The hidden state after the last step."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.GRU(74, 128, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)[1][0]


def transformer() -> tuple[nn.Module, int]:
    return Transformer(), 256


def gru() -> tuple[nn.Module, int]:
    return Gru(), 128


class Joint(nn.Module):
    """The encoder and one number as a second modality, an embedding each, and a linear head."""

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.first, self.second = nn.Linear(width, EMBEDDING), nn.Linear(1, EMBEDDING)
        self.head = nn.Linear(2 * EMBEDDING, worker.CLASSES)

    def forward(self, x: Tensor, number: Tensor) -> Tensor:
        return self.head(torch.cat([self.first(self.encoder(x)), self.second(number)], dim=-1))


# Shapes of a sample in PyTorch's order.
NETS = {
    "resnet18-224": (resnet18, (3, 224, 224)),
    "resnet18-64": (resnet18, (3, 64, 64)),
    "lenet": (lenet, (1, 28, 28)),
    "conv1d": (conv1d, (74, 50)),
    "transformer": (transformer, (50, 300)),
    "gru": (gru, (50, 74)),
}


def build(given: argparse.Namespace) -> tuple[Callable[[], float], int, str]:
    torch.manual_seed(0)
    make, shape = NETS[given.net]
    encoder, width = make()
    model = Joint(encoder, width)
    numbers = torch.randn(given.samples, 1)
    samples = torch.randn(given.samples, *shape)
    labels = torch.randint(0, worker.CLASSES, (given.samples,))
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    forward = torch.compile(model) if given.variant == "compile" else model

    def step() -> float:
        index = torch.randint(0, given.samples, (given.batch,))
        optimiser.zero_grad()
        loss = F.cross_entropy(forward(samples[index], numbers[index]), labels[index])
        loss.backward()
        optimiser.step()
        return loss.item()

    return step, sum(p.numel() for p in model.parameters()), torch.__version__


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="One training step of an encoder, timed on request.")
    parser.add_argument("--net", choices=list(NETS), required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--variant", choices=["eager", "compile"], default="eager")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    worker.serve(f"torch-{given.variant}", lambda: build(given))
