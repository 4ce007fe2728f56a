"""Writes golden.json: optimiser steps and schedules as PyTorch computes them. Run: python test/optim/golden.py, then npx biome format --write test/optim"""

import json
from pathlib import Path

import torch

generator = torch.Generator().manual_seed(7)
START = [1.0, -2.0, 0.5, 0.0, 3.25, -0.125, 1e-3]
GRADIENTS = torch.randn(5, len(START), generator=generator)
GRADIENTS[2, 1] = 0.0
GRADIENTS[:, 3] *= 1e-5


def steps(make):
    param = torch.tensor(START, requires_grad=True)
    optimiser = make([param])
    rows = []
    for gradient in GRADIENTS:
        param.grad = gradient.clone()
        optimiser.step()
        rows.append(param.detach().tolist())
    return rows


OPTIMISERS = [
    ("adam", {"learningRate": 0.1}, lambda p: torch.optim.Adam(p, lr=0.1)),
    (
        "adam",
        {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4, "weightDecay": 0.1},
        lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1),
    ),
    ("adamw", {"learningRate": 0.1}, lambda p: torch.optim.AdamW(p, lr=0.1)),
    (
        "adamw",
        {"learningRate": 0.02, "beta1": 0.5, "weightDecay": 0.3},
        lambda p: torch.optim.AdamW(p, lr=0.02, betas=(0.5, 0.999), weight_decay=0.3),
    ),
    ("sgd", {"learningRate": 0.1, "weightDecay": 0.01}, lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.01)),
    (
        "sgd",
        {"learningRate": 0.05, "momentum": 0.9, "weightDecay": 0.05},
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.05),
    ),
    (
        "sgd",
        {"learningRate": 0.05, "momentum": 0.9, "nesterov": True},
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    ),
]

BASE = 0.5


def factors(make, metrics, watches):
    """The learning rate over the base one, before the first epoch and after each."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    scheduler = make(optimiser)
    rows = [1.0]
    for metric in metrics:
        optimiser.step()
        scheduler.step(metric) if watches else scheduler.step()
        rows.append(optimiser.param_groups[0]["lr"] / BASE)
    return rows


def plateau(**settings):
    return lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, eps=0, **settings)


RISING = [0.2, 0.3, 0.30002, 0.3, 0.3, 0.29, 0.31, 0.31, 0.31, 0.31, 0.30, 0.32, 0.32, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
NOISY = [round(float(x), 3) for x in torch.randn(30, generator=generator)]
ANY = [0.0] * 12
SCHEDULES = [
    ("step", {"every": 3, "factor": 0.3}, ANY, lambda o: torch.optim.lr_scheduler.StepLR(o, 3, 0.3)),
    ("step", {"every": 5}, ANY, lambda o: torch.optim.lr_scheduler.StepLR(o, 5)),
    ("cosine", {"epochs": 5}, ANY, lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 5)),
    (
        "cosine",
        {"epochs": 8, "minimum": 0.1},
        ANY,
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 8, eta_min=0.1 * BASE),
    ),
    (
        "plateau",
        {"mode": "max", "factor": 0.5, "patience": 2},
        RISING,
        plateau(mode="max", factor=0.5, patience=2),
    ),
    (
        "plateau",
        {"mode": "max", "factor": 0.5, "patience": 0, "cooldown": 2, "threshold": 0.05, "minimum": 0.1},
        RISING,
        plateau(mode="max", factor=0.5, patience=0, cooldown=2, threshold=0.05, min_lr=0.1 * BASE),
    ),
    (
        "plateau",
        {"mode": "min", "factor": 0.7, "patience": 3, "cooldown": 1},
        NOISY,
        plateau(mode="min", factor=0.7, patience=3, cooldown=1),
    ),
    ("plateau", {"mode": "min", "patience": 1}, NOISY, plateau(mode="min", patience=1)),
]

golden = {
    "made with": f"torch {torch.__version__}",
    "start": START,
    "gradients": GRADIENTS.tolist(),
    "optimisers": [{"name": n, "options": o, "params": steps(make)} for n, o, make in OPTIMISERS],
    "schedules": [
        {"name": n, "options": o, "metrics": m, "factors": factors(make, m, n == "plateau")} for n, o, m, make in SCHEDULES
    ],
    "clip": [],
}
for norm_of, max_norm in (([3.0, 4.0], 1.0), ([3.0, 4.0], 10.0), ([0.0, 0.0], 1.0), ([1e-4, 0.0], 5e-5)):
    param = torch.zeros(2, requires_grad=True)
    param.grad = torch.tensor(norm_of)
    torch.nn.utils.clip_grad_norm_([param], max_norm)
    golden["clip"].append({"gradient": norm_of, "maxNorm": max_norm, "clipped": param.grad.tolist()})

rounded = json.loads(json.dumps(golden), parse_float=lambda text: float(f"{float(text):.9g}"))
path = Path(__file__).with_suffix(".json")
path.write_text(json.dumps(rounded) + "\n")
print(f"{path.name}: {path.stat().st_size} bytes")
