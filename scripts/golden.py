"""Golden values of layers, losses and whole DMIL steps, computed by PyTorch in double precision.

Run: python3 scripts/golden.py > test/golden/dmil.json   (needs torch)
The model is written here from the paper, modality by modality, with a layer for every arrow of its figure; the project
stacks and merges layers. Parameters are drawn here and stored under the project's names and layouts.
"""

import json

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
B, E, K, FEATURES = 5, 4, 3, {"a": 6, "b": 5}
NAMES = list(FEATURES)
M = len(NAMES)


def draw(*shape):
    return (torch.randn(*shape) * 0.3).requires_grad_()


class Net:
    """Parameters by the project's names; a linear layer reads weight [in, out]."""

    def __init__(self):
        self.p = {}

    def new(self, name, lead, width, out):
        self.p[f"{name}.weight"] = draw(*lead, width, out)
        self.p[f"{name}.bias"] = draw(*lead, *([1] if lead else []), out)

    def lin(self, name, x, i=None, columns=slice(None)):
        w, b = self.p[f"{name}.weight"], self.p[f"{name}.bias"]
        if i is not None:
            w, b = w[i], b[i, 0]
        return x @ w[:, columns] + b[columns]


net = Net()
for m in NAMES:
    net.new(f"encoders.{m}.embedding", [], FEATURES[m], E)
net.new("intra.statistics", [M], E, 4 * E)
net.new("intra.heads", [M], E, K)
net.new("intra.reconstruction.0", [M], 2 * E, E // 2)
net.new("intra.reconstruction.1", [M], E // 2, E)
net.new("consistency.redundant", [], M * E, 2 * E)
net.new("consistency.own", [M], E, 4 * E)
net.new("consistency.reconstruction.0", [M], 2 * E, E // 2)
net.new("consistency.reconstruction.1", [M], E // 2, E)
net.new("synergy", [], 3 * E, E)
net.new("heads", [4], E, K)
net.new("gate.0", [], 4 * E, E)
net.new("gate.1", [], E, 4)

x = {m: torch.randn(B, FEATURES[m]) for m in NAMES}
y = torch.tensor([0, 1, 2, 1, 0])
noise_intra = torch.randn(M, B, 2 * E)
noise_r = torch.randn(B, E)
noise_u = torch.randn(M, B, E)


def standard_kl(mean, logvar):
    return 0.5 * (logvar.exp() + mean**2 - 1 - logvar)


def gaussian_kl(m1, l1, m2, l2):
    q = torch.distributions.Normal(m1, (0.5 * l1).exp())
    p = torch.distributions.Normal(m2, (0.5 * l2).exp())
    return torch.distributions.kl_divergence(q, p)


terms = {}
z, mean_m, draw_n, only = [], [], [], []
for i, m in enumerate(NAMES):
    z.append(net.lin(f"encoders.{m}.embedding", x[m]))
    part = [net.lin("intra.statistics", z[i], i, slice(j * E, (j + 1) * E)) for j in range(4)]
    mean_p, mean_n, log_p, log_n = part
    sample_m = mean_p + (0.5 * log_p).exp() * noise_intra[i, :, :E]
    sample_n = mean_n + (0.5 * log_n).exp() * noise_intra[i, :, E:]
    only.append(net.lin("intra.heads", sample_m, i))
    hidden = torch.relu(net.lin("intra.reconstruction.0", torch.cat([sample_m, sample_n], 1), i))
    terms[f"ce.only.{m}"] = F.cross_entropy(only[i], y)
    terms[f"kl.predictive.{m}"] = standard_kl(mean_p, log_p).mean()
    terms[f"kl.residual.{m}"] = standard_kl(mean_n, log_n).mean()
    terms[f"reconstruction.embedding.{m}"] = F.mse_loss(net.lin("intra.reconstruction.1", hidden, i), z[i])
    mean_m.append(mean_p)
    draw_n.append(sample_n)

both = torch.cat(mean_m, 1)
mean_r = net.lin("consistency.redundant", both, columns=slice(0, E))
log_r = net.lin("consistency.redundant", both, columns=slice(E, 2 * E))
r = mean_r + (0.5 * log_r).exp() * noise_r
terms["kl.redundant"] = standard_kl(mean_r, log_r).mean()
unique = []
for i, m in enumerate(NAMES):
    part = [net.lin("consistency.own", mean_m[i], i, slice(j * E, (j + 1) * E)) for j in range(4)]
    mean_u, log_u, mean_v, log_v = part
    unique.append(mean_u + (0.5 * log_u).exp() * noise_u[i])
    terms[f"kl.unique.{m}"] = standard_kl(mean_u, log_u).mean()
    terms[f"alignment.{m}"] = gaussian_kl(mean_r, log_r, mean_v, log_v).mean()
    hidden = torch.relu(net.lin("consistency.reconstruction.0", torch.cat([r, unique[i]], 1), i))
    back = net.lin("consistency.reconstruction.1", hidden, i)
    terms[f"reconstruction.predictive.{m}"] = F.mse_loss(back, mean_m[i])

s = net.lin("synergy", torch.cat([draw_n[0], draw_n[1], draw_n[0] * draw_n[1]], 1))
parts = [r, *unique, s]
names = ["redundant", *[f"unique_{m}" for m in NAMES], "synergistic"]
logits = [net.lin("heads", part, c) for c, part in enumerate(parts)]
for name, own in zip(names, logits):
    terms[f"ce.{name}"] = F.cross_entropy(own, y)
gate = torch.softmax(net.lin("gate.1", torch.relu(net.lin("gate.0", torch.cat(parts, 1)))), 1)
prediction = sum(gate[:, c : c + 1] * logits[c] for c in range(4))
terms["ce.prediction"] = F.cross_entropy(prediction, y)

LAMBDA = 0.1


def total(weights):
    return sum(w * terms[t] for prefix, w in weights.items() for t in terms if t.startswith(prefix))


only_w = {"ce.only.": 1.0, "kl.predictive": LAMBDA, "kl.residual": LAMBDA}
components = ["ce.redundant", "ce.unique_", "ce.synergistic"]
level2 = {"kl.redundant": LAMBDA, "kl.unique": LAMBDA, "alignment": LAMBDA}
losses = {
    "intra": total({**only_w, "reconstruction.embedding": 0.1 * LAMBDA}),
    "components": total(
        {"ce.prediction": 1.0, **{c: 0.5 for c in components}, **level2, "reconstruction.predictive": 0.1 * LAMBDA}
    ),
    "whole": total(
        {
            "ce.prediction": 1.0,
            **{c: 0.8 for c in components},
            **only_w,
            **level2,
            "reconstruction.embedding": 0.05 * LAMBDA,
            "reconstruction.predictive": 0.05 * LAMBDA,
        }
    ),
}
frozen = ("encoders", "intra")
stages = {}
for name, loss in losses.items():
    keep = {
        "intra": lambda p: p.startswith(frozen),
        "components": lambda p: not p.startswith(frozen),
        "whole": lambda p: True,
    }[name]
    trained = [p for p in net.p if keep(p)]
    grads = torch.autograd.grad(loss, [net.p[p] for p in trained], retain_graph=True)
    stages[name] = {"loss": loss.item(), "gradients": {p: g.flatten().tolist() for p, g in zip(trained, grads)}}

def rounded(v):
    if isinstance(v, list):
        return [rounded(e) for e in v]
    if isinstance(v, dict):
        return {k: rounded(e) for k, e in v.items()}
    return float(f"{v:.12g}") if isinstance(v, float) else v


leaves = {f"modality.{m}": x[m].flatten().tolist() for m in NAMES}
leaves["target"] = F.one_hot(y, K).double().flatten().tolist()
leaves["intra.noise"] = noise_intra.flatten().tolist()
leaves["consistency.redundant.noise"] = noise_r.flatten().tolist()
leaves["consistency.own.noise"] = noise_u.flatten().tolist()
print(
    json.dumps(
        rounded(
            {
                "source": f"PyTorch {torch.__version__}, double precision",
                "sizes": {"batch": B, "embedding": E, "classes": K, "features": FEATURES},
                "leaves": leaves,
                "parameters": {n: {"shape": list(p.shape), "data": p.flatten().tolist()} for n, p in net.p.items()},
                "prediction": prediction.flatten().tolist(),
                "terms": {n: t.item() for n, t in terms.items()},
                "stages": stages,
            }
        )
    )
)
