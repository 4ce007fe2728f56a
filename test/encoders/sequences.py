"""Writes sequences.json: one training step of small encoders in PyTorch, with padding: parameters, samples, loss and gradients by our names."""

import json
import math
import pathlib

import torch
import torchvision
from torch import nn

torch.manual_seed(0)
torch.set_num_threads(1)


def numbers(x):
    return {"shape": list(x.shape), "data": [float(f"{v:.7g}") for v in x.detach().flatten().tolist()]}


def rounded(module):
    """Parameters with few digits, so that the file has them exactly; none of them is 0 or 1 throughout."""
    with torch.no_grad():
        for p in module.parameters():
            p.add_(0.1 * torch.randn_like(p))
            p.copy_(torch.tensor([float(f"{v:.5g}") for v in p.flatten().tolist()]).reshape(p.shape))


def step(named, output, labels):
    """`named`: our name -> (parameter, how it becomes ours)."""
    loss = nn.functional.cross_entropy(output, labels)
    for p, _ in named.values():
        p.grad = None
    loss.backward()
    return {
        "parameters": {name: numbers(turn(p)) for name, (p, turn) in named.items()},
        "gradients": {name: numbers(turn(p.grad)) for name, (p, turn) in named.items()},
        "output": numbers(output),
        "labels": labels.tolist(),
        "loss": loss.item(),
    }


same = lambda x: x
turned = lambda x: x.T


def block(layer, prefix):
    a = layer.self_attn
    return {
        f"{prefix}.attention.qkv.weight": (a.in_proj_weight, turned),
        f"{prefix}.attention.qkv.bias": (a.in_proj_bias, same),
        f"{prefix}.attention.out.weight": (a.out_proj.weight, turned),
        f"{prefix}.attention.out.bias": (a.out_proj.bias, same),
        f"{prefix}.norm1.scale": (layer.norm1.weight, same),
        f"{prefix}.norm1.shift": (layer.norm1.bias, same),
        f"{prefix}.norm2.scale": (layer.norm2.weight, same),
        f"{prefix}.norm2.shift": (layer.norm2.bias, same),
        f"{prefix}.mlp.0.weight": (layer.linear1.weight, turned),
        f"{prefix}.mlp.0.bias": (layer.linear1.bias, same),
        f"{prefix}.mlp.1.weight": (layer.linear2.weight, turned),
        f"{prefix}.mlp.1.bias": (layer.linear2.bias, same),
    }


def sines(steps, width):
    out = torch.zeros(steps, width)
    for t in range(steps):
        for i in range(0, width, 2):
            out[t, i] = math.sin(t / 10000 ** (i / width))
            out[t, i + 1] = math.cos(t / 10000 ** (i / width))
    return out


def layers(width, heads, hidden, count, pre):
    made = [
        nn.TransformerEncoderLayer(width, heads, hidden, 0.0, batch_first=True, norm_first=pre) for _ in range(count)
    ]
    return nn.ModuleList(made)


def run(blocks, x, valid, causal=None):
    for layer in blocks:
        x = layer(x, src_mask=causal, src_key_padding_mask=~valid)
    return x


B, T, F, D = 3, 6, 5, 8
lengths = torch.tensor([6, 2, 4])
valid = torch.arange(T)[None] < lengths[:, None]
labels = torch.tensor([2, 0, 7])
steps = torch.randn(B, T, F).mul(100).round().div(100)
answer = {"torch": torch.__version__.split("+")[0], "lengths": lengths.tolist(), "steps": numbers(steps)}


def transformer(pre, positions, causal, pool):
    project = nn.Linear(F, D, bias=False)
    blocks = layers(D, 2, 12, 2, pre)
    norm = nn.LayerNorm(D)
    where = nn.Parameter(torch.randn(T, D))
    for module in (project, blocks, norm):
        rounded(module)
    with torch.no_grad():
        where.copy_(where.mul(100).round().div(100))
    x = project(steps)
    if positions == "sinusoidal":
        x = x + sines(T, D)
    if positions == "learned":
        x = x + where
    x = run(blocks, x, valid, nn.Transformer.generate_square_subsequent_mask(T).isinf() if causal else None)
    if pre:
        x = norm(x)
    if pool == "mean":
        out = (x * valid[..., None]).sum(1) / lengths[:, None]
    elif pool == "last":
        out = x[torch.arange(B), lengths - 1]
    else:
        out = x[:, 0]
    named = {"project.weight": (project.weight, turned)}
    for i, layer in enumerate(blocks):
        named |= block(layer, f"blocks.{i}")
    if pre:
        named |= {"norm.scale": (norm.weight, same), "norm.shift": (norm.bias, same)}
    if positions == "learned":
        named["positions"] = (where, same)
    settings = {"norm": "pre" if pre else "post", "positions": positions, "causal": causal, "pool": pool}
    return {"settings": settings, **step(named, out, labels)}


answer["transformer"] = [
    transformer(False, "sinusoidal", False, "mean"),
    transformer(True, "none", True, "last"),
    transformer(False, "learned", False, "first"),
]

gru = nn.GRU(F, D, batch_first=True)
rounded(gru)
packed = nn.utils.rnn.pack_padded_sequence(steps, lengths, batch_first=True, enforce_sorted=False)
answer["gru"] = step(
    {
        "input.weight": (gru.weight_ih_l0, turned),
        "input.bias": (gru.bias_ih_l0, same),
        "hidden.weight": (gru.weight_hh_l0, turned),
        "hidden.bias": (gru.bias_hh_l0, same),
    },
    gru(packed)[1][0],
    labels,
)

ids = torch.tensor([[3, 1, 3, 5, 2, 3], [4, 3, 0, 0, 0, 0], [1, 1, 6, 2, 0, 0]])
table = nn.Embedding(7, D, padding_idx=0)
blocks = layers(D, 2, 12, 1, False)
rounded(table)
rounded(blocks)
x = run(blocks, table(ids) + sines(T, D), ids > 0)
out = (x * (ids > 0)[..., None]).sum(1) / (ids > 0).sum(1, keepdim=True)
answer["text"] = {"ids": ids.tolist(), **step({"embedding": (table.weight, same), **block(blocks[0], "blocks.0")}, out, labels)}

vit = torchvision.models.VisionTransformer(8, 4, 2, 2, D, 12)
vit.heads = nn.Identity()
rounded(vit)
images = torch.randn(B, 3, 8, 8).mul(100).round().div(100)
named = {
    "patch.weight": (vit.conv_proj.weight, lambda w: w.permute(2, 3, 1, 0).reshape(-1, D)),
    "patch.bias": (vit.conv_proj.bias, same),
    "token": (vit.class_token, same),
    "positions": (vit.encoder.pos_embedding, same),
    "norm.scale": (vit.encoder.ln.weight, same),
    "norm.shift": (vit.encoder.ln.bias, same),
}
for i, layer in enumerate(vit.encoder.layers):
    a, p = layer.self_attention, f"blocks.{i}"
    named |= {
        f"{p}.attention.qkv.weight": (a.in_proj_weight, turned),
        f"{p}.attention.qkv.bias": (a.in_proj_bias, same),
        f"{p}.attention.out.weight": (a.out_proj.weight, turned),
        f"{p}.attention.out.bias": (a.out_proj.bias, same),
        f"{p}.norm1.scale": (layer.ln_1.weight, same),
        f"{p}.norm1.shift": (layer.ln_1.bias, same),
        f"{p}.norm2.scale": (layer.ln_2.weight, same),
        f"{p}.norm2.shift": (layer.ln_2.bias, same),
        f"{p}.mlp.0.weight": (layer.mlp[0].weight, turned),
        f"{p}.mlp.0.bias": (layer.mlp[0].bias, same),
        f"{p}.mlp.1.weight": (layer.mlp[3].weight, turned),
        f"{p}.mlp.1.bias": (layer.mlp[3].bias, same),
    }
answer["vit"] = {"images": numbers(images), **step(named, vit(images), labels)}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(answer) + "\n")
