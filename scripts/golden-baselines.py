"""Golden steps of the baselines: losses, gradients as the optimiser sees them and memory, from PyTorch in double precision.

Run: python3 scripts/golden-baselines.py > test/golden/baselines.json   (needs torch)
Each method is written from the formulas of its paper, modality by modality, with the gradients of autograd. Where a method
of this project differs from its paper, docs/methods.md says so and this file follows it. A linear layer reads weight [in, out].
No number of a model is stored: every parameter, input and noise is `wave` of its name, which the test computes too, unless
the case gives other values.
"""

import itertools
import json
import math

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
E, K, LABELS = 4, 3, [0, 1, 2, 1, 0, 0]
B = len(LABELS)
y = torch.tensor(LABELS)
onehot = F.one_hot(y, K).double()
# The sizes of an encoder: features, then hidden units with ReLU. The embedding is a linear layer on top.
TWO = {"a": [3, 2], "b": [4]}
THREE = {**TWO, "c": [3]}


def wave(name, count):
    """sin(code + 0.37 (i + 1)^2) for i = 0, 1, ...; the code is the sum of positions times characters of the name."""
    code = sum((k + 1) * ord(c) for k, c in enumerate(name)) % 1000
    return [math.sin(code + 0.37 * (i + 1) ** 2) for i in range(count)]


class Model:
    """The named numbers of one model; `given` replaces those of `wave`."""

    def __init__(self, encoders, given=None, dropout=None):
        self.encoders, self.given, self.dropout = encoders, dict(given or {}), dropout or {}
        self.names, self.M, self.parameters, self.leaves = list(encoders), len(encoders), {}, {}

    def number(self, name, *shape):
        if name not in self.leaves:
            count = math.prod(shape)
            values = self.given.get(name) or wave(name, count)
            self.leaves[name] = torch.tensor(values).reshape(shape)
        return self.leaves[name]

    def weight(self, name, *shape):
        if name not in self.parameters:
            self.parameters[name] = self.number(name, *shape).clone().requires_grad_()
        return self.parameters[name]

    def linear(self, name, x, out):
        return x @ self.weight(f"{name}.weight", x.shape[1], out) + self.weight(f"{name}.bias", out)

    def layer(self, name, x, out, i, count):
        """Layer i of `count` layers that are stored as one."""
        weight = self.weight(f"{name}.weight", count, x.shape[1], out)
        return x @ weight[i] + self.weight(f"{name}.bias", count, 1, out)[i]

    def embed(self, training=True, prefix="", muted=()):
        """Embeddings [B, E] of all modalities; the input of a muted one is zeros."""
        z = []
        for name, sizes in self.encoders.items():
            path = f"{prefix}encoders.{name}"
            x = self.number(f"modality.{name}", B, sizes[0]) * (name not in muted)
            if len(sizes) == 2:
                x = torch.relu(self.linear(f"{path}.0", x, sizes[1]))
            if training and name in self.dropout:
                x = x * self.number(f"{path}.0.mask", B, sizes[1])
            z.append(self.linear(f"{path}.embedding", x, E))
        return z

    def fusion(self, z, head="head"):
        """Logits of one linear head on all embeddings, and its slices with an equal share of the bias."""
        W, b = self.weight(f"{head}.weight", self.M * E, K), self.weight(f"{head}.bias", K)
        return torch.cat(z, 1) @ W + b, [z[m] @ W[m * E : (m + 1) * E] + b / self.M for m in range(self.M)]

    def heads(self, z):
        return [self.layer("heads", z[m], K, m, self.M) for m in range(self.M)]

    def encoder_of(self, parameter):
        """The index of the modality whose encoder has the parameter, or None."""
        return next((m for m, name in enumerate(self.names) if parameter.startswith(f"encoders.{name}.")), None)


cases = {}
ce = F.cross_entropy


def correct(logits):
    """Probability of the true class, [B]."""
    return torch.softmax(logits, 1)[range(B), y]


def plain(values):
    return values.detach().flatten().tolist() if isinstance(values, torch.Tensor) else values


def case(name, method, options, model, logits, unimodal):
    """Opens a case: what the method is built from, and its predictions in evaluation mode."""
    encoders = {m: {"sizes": s, "dropout": model.dropout.get(m, 0)} for m, s in model.encoders.items()}
    cases[name] = {
        "method": method,
        "options": options,
        "encoders": encoders,
        "given": model.given,
        "logits": plain(logits),
        "unimodal": plain(torch.stack(unimodal)),
        "stages": {},
    }


def stage(name, of, model, terms, trains=lambda p: True, change=None, memory=None, given=None, smoothing=0):
    """Adds a stage: `terms` are (weight, value) by name; `change` turns gradients of the loss into the optimiser's."""
    loss = sum(weight * value for weight, value in terms.values())
    names = [p for p in model.parameters if trains(p)]
    found = torch.autograd.grad(loss, [model.parameters[p] for p in names], retain_graph=True, allow_unused=True)
    gradients = {p: g for p, g in zip(names, found) if g is not None}
    if callable(memory):
        memory = memory(gradients)
    gradients.update(change(gradients) if change else {})
    cases[name]["stages"][of] = {
        "given": given or {},
        "smoothing": smoothing,
        "loss": loss.item(),
        "terms": {n: value.item() for n, (_, value) in terms.items()},
        "gradients": {p: plain(g) for p, g in gradients.items()},
        "memory": {n: plain(v) for n, v in (memory or {}).items()},
    }


def dropped(name, count, rate):
    """A dropout mask: 0 or 1 / (1 - rate)."""
    return [0.0 if v < -0.6 else 1 / (1 - rate) for v in wave(name, count)]


# ---- One modality, joint learning, ensemble ----
def unimodal():
    model = Model(TWO)
    z = model.embed()[1]
    o = model.linear("head", z, K)
    prior = model.number("prior", K).expand(B, K)
    case("unimodal", "unimodal", {"modality": "b"}, model, o, [prior, o])
    stage("unimodal", "whole", model, {"ce.prediction": (1, ce(o, y))})


def joint():
    for encoders in (TWO, THREE):
        model = Model(encoders)
        o, u = model.fusion(model.embed())
        name = f"joint-{model.M}"
        case(name, "joint", {}, model, o, u)
        stage(name, "whole", model, {"ce.prediction": (1, ce(o, y))})
    model = Model(TWO)
    u = [model.layer("head", z, K, m, 2) for m, z in enumerate(model.embed())]
    case("joint-sum", "joint", {"head": "sum"}, model, sum(u), u)
    stage("joint-sum", "whole", model, {"ce.prediction": (1, ce(sum(u), y))})

    def perceptron(model, a, b):
        return model.linear("head.1", torch.relu(model.linear("head.0", torch.cat([a, b], 1), E)), K)

    def gated(model, a, b):
        gate = torch.sigmoid(model.layer("head.inner", a, E, 0, 2))
        return model.linear("head.outer", gate * model.layer("head.inner", b, E, 1, 2), K)

    def film(model, a, b):
        scale, shift = model.linear("head.modulation", a, 2 * E).chunk(2, 1)
        return model.linear("head.outer", scale * b + shift, K)

    def bilinear(model, a, b):
        product = model.layer("head.factors", a, E, 0, 2) * model.layer("head.factors", b, E, 1, 2)
        return model.linear("head.outer", product, K)

    for kind, head in {"mlp": perceptron, "gated": gated, "film": film, "bilinear": bilinear}.items():
        model = Model(TWO)
        a, b = model.embed()
        means = model.number("head.mean", 2, 1, E).expand(2, B, E)
        o = head(model, a, b)
        case(f"joint-{kind}", "joint", {"head": kind}, model, o, [head(model, a, means[1]), head(model, means[0], b)])
        stage(f"joint-{kind}", "whole", model, {"ce.prediction": (1, ce(o, y))})


def ensemble():
    logs = lambda h: torch.stack([torch.log_softmax(v, 1) for v in h])
    combine = {
        "probabilities": lambda h, prior: logs(h).exp().mean(0).log(),
        "logits": lambda h, prior: torch.stack(h).mean(0),
        # Bayes' rule for modalities that are independent given the class: p(y|x) ~ prod_m p(y|x_m) / p(y)^(M - 1).
        "product": lambda h, prior: logs(h).sum(0) - prior * (len(h) - 1),
    }
    for kind, combined in combine.items():
        model = Model(THREE)
        h = [model.linear(f"heads.{name}", z, K) for name, z in zip(model.names, model.embed())]
        name = f"ensemble-{kind}"
        case(name, "ensemble", {"combine": kind}, model, combined(h, model.number("prior", K)), h)
        for m, modality in enumerate(model.names if kind == "probabilities" else []):
            own = (f"encoders.{modality}.", f"heads.{modality}.")
            terms = {f"ce.only.{modality}": (1, ce(h[m], y))}
            stage(name, modality, model, terms, trains=lambda p: p.startswith(own))


# ---- OGM and OGM-GE: Peng et al., CVPR 2022 ----
def ogm():
    for encoders, noise, alpha in ((TWO, False, 0.8), (TWO, True, 0.8), (THREE, False, 0.5)):
        model = Model(encoders)
        o, u = model.fusion(model.embed())
        s = [correct(v).sum() for v in u]
        factors = []
        for m in range(model.M):
            rho = sum(s[m] / (s[j] + 1e-5) for j in range(model.M) if j != m) / (model.M - 1)
            factors.append(1 - torch.tanh(alpha * rho) if rho > 1 else torch.tensor(1.0))

        def change(gradients):
            changed = {}
            for p, g in gradients.items():
                m = model.encoder_of(p)
                if m is not None and p.endswith(".weight"):
                    changed[p] = factors[m] * g
                    if noise:
                        # N(0, std(g)^2); the standard deviation is that of all entries, without Bessel's correction.
                        changed[p] = changed[p] + (g.std(correction=0) + 1e-8) * model.number(f"step.{p}", *g.shape)
            return changed

        name = f"ogm{'-ge' if noise else ''}-{model.M}"
        case(name, "ogm", {"alpha": alpha, "noise": noise, "from": 2, "to": 3}, model, o, u)
        stage(name, "whole", model, {"ce.prediction": (1, ce(o, y))}, change=change, given={"epoch": [3]})


# ---- PMR: Fan et al., CVPR 2023 ----
def pmr():
    for label, encoders, options, absent in (
        ("pmr-2", TWO, {"alpha": 0.7, "momentum": 0.2}, False),
        ("pmr-3", THREE, {"alpha": 0.7}, True),
        ("pmr-paper-2", TWO, {"alpha": 1.5, "form": "paper", "entropy": 0.3}, False),
        ("pmr-paper-3", THREE, {"alpha": 1.5, "form": "paper", "entropy": 0.3}, False),
    ):
        M = len(encoders)
        sums = torch.tensor(wave("prototypes.sums", M * K * E)).reshape(M, K, E) / K
        shares = onehot.mean(0)
        if absent:  # No sample of class 2: its prototype is the mean of all embeddings.
            sums[:, 2], shares = 0, torch.tensor([0.6, 0.4, 0.0])
        centres = sums / shares.clamp(min=1e-3)[:, None]
        if absent:
            centres[:, 2] = sums.sum(1)
        if label == "pmr-paper-2":
            # The first modality has class means, drawn apart; of the second, only those of a rare class are near.
            z = Model(encoders).embed()
            centres = torch.stack([torch.stack([6 * v[y == k].mean(0) - 5 * v.mean(0) for k in range(K)]) for v in z])
            centres[1, :2] += 20
            sums = centres * shares[:, None]
        given = {"prototypes.sums": plain(sums), "prototypes.shares": plain(shares)}
        model = Model(encoders, given)
        z = model.embed()
        o, u = model.fusion(z)
        d = [torch.cdist(z[m], centres[m]) for m in range(M)]
        s = [correct(-v).sum().item() for v in d]
        best = max(s)
        # In the paper's form for two modalities: beta = clip(1/rho - 1, 0, 1), gamma = clip(rho - 1, 0, 1).
        assert label != "pmr-paper-2" or best > 2 * min(s), "a clipped coefficient is wanted"
        lags = [min(max(best / v - 1, 0), 1) for v in s]
        pulls = lags if options.get("form") == "paper" else [float(v < best) for v in s]
        terms = {"ce.prediction": (1, ce(o, y))}
        for m, name in enumerate(model.names):
            terms[f"prototype.{name}"] = (options["alpha"], pulls[m] * ce(-d[m], y))
        if "entropy" in options:
            for m, name in enumerate(model.names):
                q = torch.softmax(-d[m], 1)
                entropy = -(q * q.log()).sum(1).mean()
                # Of the best modality, by how far it is ahead of the others on average.
                ahead = sum(lags) / (M - 1) if s[m] == best else 0
                terms[f"entropy.{name}"] = (options["entropy"], -entropy * ahead)
        case(label, "pmr", options, model, o, u)
        stage(label, "whole", model, terms, given={"epoch": [2]})
        # The batch as the samples of the next prototypes, which are stored as class means times shares of the classes.
        mu = options.get("momentum", 0)
        fresh = torch.stack([torch.stack([v[y == k].mean(0) for k in range(K)]) for v in z])
        mixed = (1 - mu) * fresh + mu * centres
        new = {"prototypes.sums": mixed * onehot.mean(0)[:, None], "prototypes.shares": onehot.mean(0)}
        cases[label]["stages"]["whole"]["statistics"] = {n: plain(v) for n, v in new.items()}


# ---- AGM: Li et al., ICCV 2023 ----
def agm():
    for label, encoders, dropout in (("agm-2", TWO, {}), ("agm-3", THREE, {}), ("agm-dropout", TWO, {"a": 0.25})):
        M, alpha = len(encoders), 1.5
        mask = {f"encoders.{m}.0.mask": dropped(m, B * encoders[m][1], rate) for m, rate in dropout.items()}
        model = Model(encoders, mask, dropout)
        names = model.names

        def phi(*present):
            """Logits with the inputs of other modalities set to zero, in training mode if none is; 0 for the empty set."""
            if not present:
                return torch.zeros(B, K)
            muted = [name for name in names if name not in present]
            return model.fusion(model.embed(training=not muted, muted=muted))[0]

        if M == 2:
            a, b = names
            both = phi(a, b)
            shares = [(both - phi(b) + phi(a)) / 2, (both - phi(a) + phi(b)) / 2]
        else:
            shares = []
            for i in range(3):
                a, v, t = (names[(i + j) % 3] for j in range(3))
                pairs = phi(a, v) - phi(v) + phi(a, t) - phi(t)
                shares.append((phi(a, v, t) - phi(v, t)) / 3 + pairs / 6 + phi(a) / 3)
        before, steps = [0.9, 1.4, 1.1][:M], 4
        S = [-correct(share).clamp(min=1e-8).log().mean().item() for share in shares]

        def ratio(values, m):
            return math.exp((sum(values) / M - values[m]) * M / (M - 1))

        kappa = [math.exp(alpha * min(ratio(before, m) - ratio(S, m), 10)) for m in range(M)]
        total, v = sum(shares), sum(k * share for k, share in zip(kappa, shares))
        o = total.detach() + v - v.detach()
        memory = {"steps": [steps + 1.0], "surprise": [(b * steps + s) / (steps + 1) for b, s in zip(before, S)]}
        case(label, "agm", {"alpha": alpha}, model, *model.fusion(model.embed(training=False)))
        given = {"memory.surprise": before, "memory.steps": [steps]}
        stage(label, "whole", model, {"ce.prediction": (1, ce(o, y))}, memory=memory, given=given)


# ---- MLB: Kontras et al., BMVC 2024; MMML: Wu et al., NAACL 2024; MMPareto: Wei and Hu, ICML 2024 ----
def multi_loss_terms(model, o, h, weight=1.0, smoothing=0.0):
    only = {f"ce.only.{n}": (weight, ce(v, y, label_smoothing=smoothing)) for n, v in zip(model.names, h)}
    return {"ce.prediction": (1, ce(o, y, label_smoothing=smoothing)), **only}


def mlb():
    for encoders, alpha, beta in ((TWO, 0.5, 10.0), (THREE, 2.0, 0.5)):
        model = Model(encoders)
        z = model.embed()
        o, h = model.fusion(z)[0], model.heads(z)
        s = [correct(v).mean() for v in h]
        k = []
        for m in range(model.M):
            rho = sum(s[j] for j in range(model.M) if j != m) / (model.M - 1) / s[m]
            k.append(1 + (beta - 1 if rho > 1 else 1) * torch.tanh(alpha * (rho - 1)))

        def change(gradients):
            changed = {p: g * k[model.encoder_of(p)] for p, g in gradients.items() if model.encoder_of(p) is not None}
            stacks = {p: g * torch.stack(k)[:, None, None] for p, g in gradients.items() if p.startswith("heads.")}
            rows = torch.stack(k).repeat_interleave(E)[:, None]
            return {**changed, **stacks, "head.weight": gradients["head.weight"] * rows}

        name = f"mlb-{model.M}"
        case(name, "mlb", {"alpha": alpha, "beta": beta, "unimodal": 0.5}, model, o, h)
        # Losses see smoothed labels, factors the labels themselves.
        terms = multi_loss_terms(model, o, h, 0.5, smoothing=0.1)
        stage(name, "whole", model, terms, change=change, smoothing=0.1)


def mmml():
    model = Model(TWO, {"heads.mask": dropped("heads.mask", 2 * B * E, 0.3)})
    masks = model.number("heads.mask", 2, B, E)

    def predict(z):
        x = torch.cat(z, 1)
        for i, width in enumerate([E, E, E // 2]):
            x = torch.relu(model.linear(f"head.{i}", x, width))
        return model.linear("head.3", x, K), model.heads(z)

    z = model.embed()
    o, h = predict([z[0] * masks[0], z[1] * masks[1]])
    case("mmml", "mmml", {}, model, *predict(z))
    stage("mmml", "whole", model, multi_loss_terms(model, o, h))


def mmpareto():
    # The third unimodal head is the negative of the slice of the joint head, so that their gradients disagree.
    opposite = [-v for v in wave("head.weight", 3 * E * K)[2 * E * K :]]
    model = Model(THREE, {"heads.weight": wave("heads.weight", 2 * E * K) + opposite})
    z = model.embed()
    o, h = model.fusion(z)[0], model.heads(z)
    signs = []

    def change(gradients):
        changed = {}
        for m in range(model.M):
            names = [p for p in gradients if model.encoder_of(p) == m]
            own = [model.parameters[p] for p in names]
            both = torch.autograd.grad(ce(o, y, label_smoothing=0.1), own, retain_graph=True)
            only = torch.autograd.grad(ce(h[m], y, label_smoothing=0.1), own, retain_graph=True)
            g, v = (torch.cat([part.flatten() for part in parts]) for parts in (both, only))
            signs.append(bool(g @ v > 0))
            # The point of the segment between the two gradients that is nearest to 0, if they disagree.
            share = 0.5 if g @ v > 0 else (((v - g) @ v) / ((v - g) @ (v - g))).clamp(0, 1)
            for p, joint_part, only_part in zip(names, both, only):
                new = 2 * share * joint_part + 2 * (1 - share) * only_part
                longer = (joint_part + only_part).norm() / new.norm()
                changed[p] = 1.5 * new * max(longer, 1)
        return changed

    case("mmpareto", "mmpareto", {"gamma": 1.5}, model, o, h)
    terms = multi_loss_terms(model, o, h, smoothing=0.1)
    stage("mmpareto", "whole", model, terms, change=change, smoothing=0.1)
    assert len(set(signs)) == 2, "both cases of MMPareto are wanted"


# ---- MCR: Kontras et al., NeurIPS 2025 ----
def divergence(o, q):
    """Jensen-Shannon divergence in nats of two predictions, mean over samples."""
    p, q = torch.softmax(o, 1), torch.softmax(q, 1)
    a = (p + q) / 2
    return ((p * (p / a).log()).sum(1) / 2 + (q * (q / a).log()).sum(1) / 2).mean()


def mcr():
    for strategy, encoders, dropout in (
        ("greedy", TWO, {}),
        ("independent", TWO, {}),
        ("collaborative", TWO, {"a": 0.25}),
        ("greedy", THREE, {}),
    ):
        mask = {f"encoders.{m}.0.mask": dropped(m, B * encoders[m][1], rate) for m, rate in dropout.items()}
        model = Model(encoders, mask, dropout)
        M = model.M
        z, still = model.embed(), model.embed(training=False)
        o, h = model.fusion(z)[0], model.heads(z)
        W, b = model.parameters["head.weight"], model.parameters["head.bias"]
        parts = [still[m] @ W[m * E : (m + 1) * E] for m in range(M)]

        def effect(chosen, player=None):
            """Change of the prediction when the parts of `chosen` are permuted; parts of others than `player` are detached."""
            kept = [p if player in (None, m) else p.detach() for m, p in enumerate(parts)]
            whole = sum(parts) + b
            shifted = lambda shift: sum(p.roll(shift, 0) if m in chosen else p for m, p in enumerate(kept)) + b
            return sum(divergence(shifted(shift), whole) for shift in range(1, B)) / (B - 1)

        sets = [c for n in range(1, M) for c in itertools.combinations(range(M), n)]
        if strategy == "collaborative":
            competition = -sum(effect(c) for c in sets)
        else:
            rivals = {"greedy": 1, "independent": 0}[strategy]
            competition = sum((-1 if m in c else rivals) * effect(c, m) for m in range(M) for c in sets)
        unit = F.normalize(torch.cat(z), dim=1)
        similarity = (unit @ unit.T / 0.5).fill_diagonal_(-math.inf)
        logs, labels, count = torch.log_softmax(similarity, 1), y.repeat(M), M * B
        contrastive = 0
        for i in range(count):
            positives = [j for j in range(count) if j != i and labels[j] == labels[i]]
            contrastive = contrastive - logs[i, positives].mean() / count
        hidden = torch.relu(o.detach() @ model.weight("told.0", K, E))
        bottleneck = F.mse_loss(hidden @ model.weight("told.1", E, M * E), torch.cat(z, 1))
        options = {"strategy": strategy, "competition": 0.3, "unimodal": 0.5, "contrastive": 0.7, "bottleneck": 0.2}
        extra = {"competition": (0.3, competition), "contrastive": (0.7, contrastive), "bottleneck": (0.2, bottleneck)}
        name = f"mcr-{strategy}-{M}"
        z = model.embed(training=False)
        case(name, "mcr", options, model, model.fusion(z)[0], model.heads(z))
        if not dropout:
            alone = {f"ce.only.{m}": (1, ce(v, y)) for m, v in zip(model.names, h)}
            stage(name, "alone", model, alone, trains=lambda p: p.startswith(("encoders.", "heads.")))
        stage(name, "whole", model, {**multi_loss_terms(model, o, h, 0.5), **extra})


# ---- Functional entropy: Gat et al., NeurIPS 2020 ----
def fe():
    for label, encoders, variance in (("fe", TWO, False), ("fe-variance-3", THREE, True)):
        model = Model(encoders)
        M, copies = model.M, 3
        z = model.embed()
        o, u = model.fusion(z)
        noise = model.number("step.perturbation", copies, B, M * E)
        information = [0.0] * M
        for n in range(copies):
            for i in range(B):
                # The standard deviation is over the batch, without Bessel's correction.
                drawn = noise[n, i].split(E)
                near = [v[i] + d * v.std(0, correction=0).detach() for v, d in zip(z, drawn)]
                moved = torch.cat(near) @ model.parameters["head.weight"] + model.parameters["head.bias"]
                f = F.binary_cross_entropy_with_logits(moved, torch.softmax(o[i], 0).detach())
                slopes = torch.autograd.grad(f, near, create_graph=True)
                for m in range(M):
                    size = slopes[m].pow(2).sum() / (1 if variance else f)
                    information[m] = information[m] + size / (copies * B)
        entropy = torch.stack([1 / (value + 1e-3) for value in information]).norm()
        case(label, "fe", {"lambda": 0.01, "copies": copies, "variance": variance}, model, o, u)
        stage(label, "whole", model, {"ce.prediction": (1, ce(o, y)), "entropy": (0.01, entropy)})


# ---- MMTM: Vaezi Joze et al., CVPR 2020; guided training: Wu et al., ICML 2022 ----
def transfer_gates(model, squeezes):
    M = model.M
    W = model.weight("transfer.squeeze.weight", M, E, M * E // 2).reshape(M * E, -1)
    e = torch.relu(torch.cat(squeezes, 1) @ W + model.weight("transfer.squeeze.bias", M * E // 2))
    return [2 * torch.sigmoid(model.layer("transfer.gates", e, E, m, M)) for m in range(M)]


def transfer(model):
    """Embeddings, gates, branch logits, and each branch with the squeezes of the others at their means."""
    z = model.embed()
    gates = transfer_gates(model, z)
    branches = model.heads([g * v for g, v in zip(gates, z)])
    means = model.number("transfer.centre", model.M, 1, E).expand(model.M, B, E)
    alone = []
    for m in range(model.M):
        cut = transfer_gates(model, [z[j] if j == m else means[j] for j in range(model.M)])
        alone.append(model.heads([g * v for g, v in zip(cut, z)])[m])
    return z, gates, branches, alone


def mmtm():
    for label, encoders, loss in (("mmtm-2", TWO, "prediction"), ("mmtm-3", THREE, "branches")):
        model = Model(encoders)
        _, _, branches, alone = transfer(model)
        o = sum(branches) / model.M
        terms = {"ce.prediction": (1, ce(o, y))}
        if loss == "branches":
            terms = {f"ce.branch.{name}": (1, ce(v, y)) for name, v in zip(model.names, branches)}
        case(label, "mmtm", {"loss": loss}, model, o, alone)
        stage(label, "whole", model, terms)


def greedy():
    gates_before = [1.1, 0.9, 0.7, 1.2, 0.8, 1.3, 1.0, 0.6]
    through, alone_speed, seen = [0.2, 0.5], [0.4, 0.3], 3
    for label, left, branch in (("greedy-free", 0, 0), ("greedy-guided", 2, 1)):
        model = Model(TWO)
        z, gates, branches, alone = transfer(model)
        old = torch.tensor(gates_before).reshape(2, 1, E)
        used = [old[m].expand(B, E) if left > 0 and m == branch else gates[m] for m in range(2)]
        steered = model.heads([g * v for g, v in zip(used, z)])
        terms = {f"ce.branch.{name}": (1, ce(v, y)) for name, v in zip(model.names, steered)}

        def memory(gradients):
            kept = {"seen": [seen], "gates": gates_before, "through": through, "alone": alone_speed, "branch": [branch]}
            if left > 0:
                return {**kept, "left": [left - 1]}

            def speed(parts):
                return sum(g.pow(2).sum() for g, _ in parts) / sum(w.pow(2).sum() for _, w in parts)

            A, C = [], []
            for m, name in enumerate(model.names):
                shared = [(gradients[p], model.parameters[p]) for p in gradients if p.startswith("transfer.squeeze.")]
                own = [(gradients[p][m], model.parameters[p][m]) for p in gradients if p.startswith("transfer.gates.")]
                encoder = [(gradients[p], model.parameters[p]) for p in gradients if model.encoder_of(p) == m]
                A.append(through[m] + speed(shared + own).item())
                C.append(alone_speed[m] + speed(encoder).item())
            d = math.log10(A[0] / C[0]) - math.log10(A[1] / C[1])
            mean = (old * seen + torch.stack([g.mean(0, keepdim=True) for g in gates])) / (seen + 1)
            starts = 7 if abs(d) > 0.01 else 0
            new = {"seen": [seen + 1], "gates": mean, "through": A, "alone": C}
            return {**new, "left": [starts], "branch": [0 if d > 0 else 1]}

        given = {"memory.gates": gates_before, "memory.through": through, "memory.alone": alone_speed}
        given.update({"memory.seen": [seen], "memory.left": [left], "memory.branch": [branch], "epoch": [2]})
        case(label, "greedy", {"steps": 7}, model, sum(branches) / 2, alone)
        stage(label, "whole", model, terms, memory=memory, given=given)


# ---- MMIB: Mai et al., IEEE TMM 2022 ----
def mmib():
    hidden, beta = 3, 0.1
    for where in ("complete", "early", "late"):
        model = Model(TWO)
        M = model.M

        def bottleneck(x, layer, noise, training):
            a = torch.relu(layer("hidden", x, hidden))
            mu, sd = layer("mean", a, E), F.softplus(layer("deviation", a, E) - 5)
            kl = 0.5 * (mu**2 + sd**2 - 2 * (sd + 1e-8).log() - 1).mean()
            return (mu + sd * noise if training else mu), kl

        def predict(training):
            t, kl = model.embed(training), {}
            if where != "early":
                noise = model.number("single.noise", M, B, E)
                for m, name in enumerate(model.names):
                    layer = lambda part, x, out: model.layer(f"single.{part}", x, out, m, M)
                    t[m], kl[f"kl.{name}"] = bottleneck(t[m], layer, noise[m], training)
            fused = torch.relu(model.linear("fusion", torch.cat(t, 1), E))
            if where != "late":
                layer = lambda part, x, out: model.linear(f"fused.{part}", x, out)
                fused, kl["kl.fused"] = bottleneck(fused, layer, model.number("fused.noise", B, E), training)
            return model.linear("head", fused, K), model.heads(t), kl

        o, h, kl = predict(True)
        name = f"mmib-{where}"
        case(name, "mmib", {"hidden": hidden, "beta": beta, "bottleneck": where}, model, *predict(False)[:2])
        terms = multi_loss_terms(model, o, h)
        # The authors add the loss of the prediction twice.
        terms["ce.prediction"] = (2, terms["ce.prediction"][1])
        stage(name, "whole", model, {**terms, **{n: (beta, v) for n, v in kl.items()}})


# ---- QMF: Zhang et al., ICML 2023 ----
def qmf():
    for margin, encoders in (("slack", TWO), ("strict", THREE)):
        model = Model(encoders)
        M, T, weight = model.M, 2.0, 0.5
        history = torch.tensor([2 + v for v in wave("history", B * M)]).reshape(B, M)
        history[1] = history[0]  # Equal losses: there is nothing to rank.
        least, largest = history.min(0).values - 0.5, history.max(0).values + 0.25
        h = model.heads(model.embed())
        c = [torch.logsumexp(v, 1, keepdim=True) / T for v in h]
        o = sum(c[m].detach() * h[m] for m in range(M))
        terms = multi_loss_terms(model, o, h)
        for m, name in enumerate(model.names):
            n = (history[:, m] - least[m]) / (largest[m] - least[m])
            losses = []
            for i in range(B):
                j = (i + 1) % B
                t, g = torch.sign(n[i] - n[j]), (n[i] - n[j]).abs()
                slack = -g if margin == "slack" else g
                losses.append(torch.relu(t * (c[m][i, 0] - c[m][j, 0]) + slack) if t != 0 else torch.tensor(0.0))
            terms[f"ranking.{name}"] = (weight, torch.stack(losses).mean())
        seen = torch.stack([ce(v, y, reduction="none") for v in h], 1)
        given = {"samples.losses": history, "samples.losses.least": least, "samples.losses.largest": largest}
        label = f"qmf-{margin}-{M}"
        case(label, "qmf", {"temperature": T, "lambda": weight, "margin": margin}, model, o, h)
        given = {n: plain(v) for n, v in given.items()}
        stage(label, "whole", model, terms, memory={"losses": history + seen}, given=given)


# ---- FactorCL: Liang et al., NeurIPS 2023 ----
def fcl():
    USES, H, supervision = ["nce", "club", "label", "nceGiven", "clubGiven"], 3, 0.5
    model = Model(TWO)
    projected = [{}, {}]
    for m, z in enumerate(model.embed()):
        for i, use in enumerate(USES):
            hidden = torch.relu(model.layer("projections.0", z, E, m * 5 + i, 10))
            projected[m][use] = model.layer("projections.1", hidden, E, m * 5 + i, 10)

    def score(name, a, b, held=False):
        """The critic on one pair: an MLP on the concatenation."""
        shapes = {"left": (len(a), H), "right": (len(b), H), "bias": (H,), "inner": (H, H), "innerBias": (H,)}
        shapes["outer"] = (H, 1)
        w = {part: model.weight(f"critics.{name}.{part}", *shape) for part, shape in shapes.items()}
        w = {part: v.detach() if held else v for part, v in w.items()}
        first = torch.relu(torch.cat([a, b]) @ torch.cat([w["left"], w["right"]]) + w["bias"])
        return (torch.relu(first @ w["inner"] + w["innerBias"]) @ w["outer"])[0]

    def nce(name, a, b):
        f = torch.stack([torch.stack([score(name, a[j], b[i]) for j in range(B)]) for i in range(B)])
        return f.diagonal().mean() - (torch.logsumexp(f, 1) - math.log(B)).mean()

    def club(name, a, b):
        f = torch.stack([torch.stack([score(name, a[j], b[i], held=True) for j in range(B)]) for i in range(B)])
        return f.diagonal().mean() - f.mean()

    def pair(use):
        given = [onehot] if use.endswith("Given") else []
        return [torch.cat([side[use], *given], 1) for side in projected]

    detached = lambda use: [side.detach() for side in pair(use)]
    terms = {
        "nce.shared": -nce("nce", *pair("nce")),
        "club.shared": club("club", *pair("club")),
        "nce.label.a": -nce("label.a", projected[0]["label"], onehot),
        "nce.label.b": -nce("label.b", projected[1]["label"], onehot),
        "nce.given": -nce("nceGiven", *pair("nceGiven")),
        "club.given": club("clubGiven", *pair("clubGiven")),
        # The critics of the upper bounds are trained as lower bounds.
        "critic.shared": -nce("club", *detached("club")),
        "critic.given": -nce("clubGiven", *detached("clubGiven")),
    }
    terms = {name: (1, value) for name, value in terms.items()}
    sides = [torch.cat([side[use] for use in USES], 1) for side in projected]
    o = model.linear("probe", torch.cat(sides, 1), K)
    h = [model.linear(f"probes.{name}", side, K) for name, side in zip(model.names, sides)]
    case("fcl", "fcl", {"critic": H, "supervision": supervision}, model, o, h)
    terms["ce.prediction"] = (supervision, ce(o, y))
    stage("fcl", "factors", model, terms, trains=lambda p: not p.startswith("probes."))
    stage("fcl", "probe", model, multi_loss_terms(model, o, h), trains=lambda p: p.startswith(("probe.", "probes.")))


# ---- I2M2: Madaan et al., NeurIPS 2024 ----
def i2m2():
    model = Model(TWO)
    h = [model.linear(f"heads.{name}", z, K) for name, z in zip(model.names, model.embed())]
    o = model.fusion(model.embed(prefix="joint."), head="joint.head")[0]
    experts = torch.log_softmax(o, 1) + sum(torch.log_softmax(v, 1) for v in h)
    logp = experts - torch.logsumexp(experts, 1, keepdim=True)
    case("i2m2", "i2m2", {}, model, logp, h)
    for m, name in enumerate(model.names):
        own = (f"encoders.{name}.", f"heads.{name}.")
        stage("i2m2", name, model, {f"ce.only.{name}": (1, ce(h[m], y))}, trains=lambda p: p.startswith(own))
    stage("i2m2", "joint", model, {"ce.joint": (1, ce(o, y))}, trains=lambda p: p.startswith("joint."))
    stage("i2m2", "together", model, {"ce.prediction": (1, F.nll_loss(logp, y))})


# ---- I2MoE: Xin et al., ICML 2025 ----
def i2moe():
    for encoders in (TWO, THREE):
        model = Model(encoders)
        M, T, weight = model.M, 2.0, 0.3
        names = ["redundant", *[f"unique_{name}" for name in model.names], "synergistic"]
        C = len(names)
        z = model.embed()

        def expert(c, z):
            hidden = torch.relu(model.layer("experts.inner", torch.cat(z, 1), E, c, C))
            return model.layer("experts.outer", hidden, K, c, C)

        def predict(z):
            hidden = torch.relu(model.linear("gate.0", torch.cat(z, 1), E))
            gate = torch.softmax(model.linear("gate.1", hidden, C) / T, 1)
            return sum(gate[:, c : c + 1] * expert(c, z) for c in range(C))

        drawn = model.number("step.replacement", C, M, B, E)
        o, terms = predict(z), {}
        for c, name in enumerate(names):
            whole = expert(c, z)
            without = [expert(c, [drawn[c, m] if j == m else z[j] for j in range(M)]) for m in range(M)]
            alike = sum(F.cosine_similarity(whole, v, dim=1).mean() for v in without) / M
            if name == "redundant":
                loss = 1 - alike
            elif name == "synergistic":
                loss = alike
            else:
                near = [without[m] for m in range(M) if m != c - 1]
                triplets = [F.triplet_margin_loss(whole, v, without[c - 1], margin=1, eps=1e-7) for v in near]
                loss = sum(triplets) / len(triplets)
            terms[f"interaction.{name}"] = (weight / C, loss)
        means = model.number("mean", M, 1, E).expand(M, B, E)
        alone = [predict([z[j] if j == m else means[j] for j in range(M)]) for m in range(M)]
        label = f"i2moe-{M}"
        case(label, "i2moe", {"interaction": weight, "temperature": T}, model, o, alone)
        stage(label, "whole", model, {"ce.prediction": (1, ce(o, y)), **terms})


# ---- ReconBoost: Hua et al., ICML 2024 ----
def reconboost():
    w1, w2, alpha = 4.0, 1.5, 0.5
    options = {"hidden": 5, "rounds": 1, "weight": w1, "discount": w2, "consolidation": alpha}
    model = Model(THREE)
    h = [model.linear("head.1", torch.relu(model.linear("head.0", z, 5)), K) for z in model.embed()]
    b = model.weight("scale", 1)
    o = b * sum(h)
    case("reconboost", "reconboost", options, model, o, h)
    for m, name in enumerate(model.names):
        q = correct(b * sum(h[j] for j in range(3) if j != m)).detach()
        residual = (-(w1 - w2 * q) * torch.log_softmax(h[m], 1)[range(B), y] / K).mean()
        terms = {f"ce.residual.{name}": (1, residual)}
        if m > 0:
            memory = F.mse_loss(torch.softmax(h[m], 1), torch.softmax(h[m - 1], 1).detach())
            terms[f"consolidation.{name}"] = (alpha, memory)
        stage("reconboost", f"boost_1_{name}", model, terms, trains=lambda p: p.startswith((f"encoders.{name}.", "head.")))
    stage("reconboost", "rectify_1_c", model, {"ce.prediction": (1, ce(o, y))})


for method in (
    *(unimodal, joint, ensemble, ogm, pmr, agm, mlb, mmml, mmpareto, mcr),
    *(fe, mmtm, greedy, mmib, qmf, fcl, i2m2, i2moe, reconboost),
):
    method()


def rounded(v):
    if isinstance(v, list):
        return [rounded(e) for e in v]
    if isinstance(v, dict):
        return {k: rounded(e) for k, e in v.items()}
    return float(f"{v:.8g}") if isinstance(v, float) else v


source = f"PyTorch {torch.__version__}, double precision"
print(json.dumps(rounded({"source": source, "embedding": E, "classes": K, "labels": LABELS, "cases": cases})))
