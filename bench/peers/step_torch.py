"""The PyTorch twin of the training-step benchmark: one DMIL stage-3 step, two modalities. See README.md."""

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

LAMBDA = 0.1
COMPONENTS = 0.8
RECONSTRUCTION = 0.05


class Gaussian(nn.Module):
    """A variational layer: one linear layer to mean and log-variance."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, 2 * width)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.linear(x).chunk(2, dim=-1)
        return mean, log_variance


def sample(mean: Tensor, log_variance: Tensor) -> Tensor:
    return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)


def kl_standard(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL to N(0, I) in nats, mean over batch and dimension."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()


def kl(p: tuple[Tensor, Tensor], q: tuple[Tensor, Tensor]) -> Tensor:
    """KL(p, q) of diagonal Gaussians in nats, mean over batch and dimension."""
    (mean_p, log_p), (mean_q, log_q) = p, q
    return 0.5 * (log_q - log_p - 1 + (log_p - log_q).exp() + (mean_p - mean_q).square() * (-log_q).exp()).mean()


def mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


class Intra(nn.Module):
    """Encoder and intra-modality decomposition of one modality."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(width, width)
        self.predictive = Gaussian(width, width)
        self.residual = Gaussian(width, width)
        self.decoder = mlp(2 * width, width // 2, width)
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor, label: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Mean of M, sample of N, and the three terms: cross-entropy, KL, reconstruction."""
        z = self.encoder(x)
        m, n = self.predictive(z), self.residual(z)
        m_sample, n_sample = sample(*m), sample(*n)
        entropy = F.cross_entropy(self.head(m_sample), label)
        reconstruction = F.mse_loss(self.decoder(torch.cat([m_sample, n_sample], dim=-1)), z)
        return m[0], n_sample, entropy, kl_standard(*m) + kl_standard(*n), reconstruction


class Dmil(nn.Module):
    """The whole model; its forward is the loss of stage 3."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.intra = nn.ModuleList(Intra(width, classes) for _ in range(2))
        self.redundant = Gaussian(2 * width, width)
        self.unique = nn.ModuleList(Gaussian(width, width) for _ in range(2))
        self.view = nn.ModuleList(Gaussian(width, width) for _ in range(2))
        self.decoder = nn.ModuleList(mlp(2 * width, width // 2, width) for _ in range(2))
        self.synergy = nn.Linear(3 * width, width)
        self.heads = nn.ModuleList(nn.Linear(width, classes) for _ in range(4))
        self.gate = mlp(4 * width, width, 4)

    def forward(self, first: Tensor, second: Tensor, label: Tensor) -> Tensor:
        (m1, n1, ce1, kl1, rec1), (m2, n2, ce2, kl2, rec2) = (
            intra(x, label) for intra, x in zip(self.intra, (first, second))
        )

        r = self.redundant(torch.cat([m1, m2], dim=-1))
        r_sample = sample(*r)
        divergence, reconstruction, unique = kl_standard(*r), 0.0, []
        for mean, to_unique, to_view, decoder in zip((m1, m2), self.unique, self.view, self.decoder):
            u = to_unique(mean)
            u_sample = sample(*u)
            unique.append(u_sample)
            divergence = divergence + kl_standard(*u) + kl(r, to_view(mean))
            reconstruction = reconstruction + F.mse_loss(decoder(torch.cat([r_sample, u_sample], dim=-1)), mean)

        synergy = self.synergy(torch.cat([n1, n2, n1 * n2], dim=-1))
        components = [*unique, r_sample, synergy]
        logits = [head(c) for head, c in zip(self.heads, components)]
        gate = self.gate(torch.cat(components, dim=-1)).softmax(dim=-1)  # [B, 4]
        fused = (gate.unsqueeze(-1) * torch.stack(logits, dim=1)).sum(dim=1)  # [B, 4, K] -> [B, K]

        return (
            F.cross_entropy(fused, label)
            + (ce1 + ce2)
            + COMPONENTS * sum(F.cross_entropy(y, label) for y in logits)
            + LAMBDA * (kl1 + kl2 + RECONSTRUCTION * (rec1 + rec2))
            + LAMBDA * (divergence + RECONSTRUCTION * reconstruction)
        )


def build(width: int, batch: int, variant: str) -> tuple[Callable[[], float], int, str]:
    torch.manual_seed(0)
    first, second, label, batches = (torch.from_numpy(a) for a in worker.data(width, batch))
    model = Dmil(width, worker.CLASSES)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True if variant.endswith("fused") else None)
    loss_of = torch.compile(model) if variant.startswith("compile") else model
    done = 0

    def step() -> float:
        nonlocal done
        index = batches[done % len(batches)]
        done += 1
        optimiser.zero_grad()
        loss = loss_of(first[index], second[index], label[index])
        loss.backward()
        optimiser.step()
        return loss.item()

    return step, sum(p.numel() for p in model.parameters()), torch.__version__


if __name__ == "__main__":
    given = worker.arguments(["eager", "fused", "compile", "compile-fused"])
    torch.set_num_threads(given.threads)
    worker.serve(f"torch-{given.variant}", lambda: build(given.width, given.batch, given.variant))
