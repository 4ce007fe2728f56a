"""Published weights as torchvision names them, with what its models compute: python scripts/golden-weights.py > test/golden/weights.json

Needs torch, torchvision, safetensors. The models are ResNet-18 with 1/32 of its channels and a ViT of two blocks, with random weights (also
the running statistics). With --full DIR it writes resnet18.pth and resnet18.safetensors of full size, with SHA-256 of each array in the
layout of dmil, and input and features; nothing of these is kept. With --load DIR it loads back.safetensors, which dmil exported, into
torchvision's model and compares it with resnet18.pth.
"""

import base64
import collections
import hashlib
import io
import json
import pathlib
import sys

import torch
import torchvision
from safetensors.torch import load_file, save, save_file
from torchvision.models.resnet import BasicBlock, ResNet
from torchvision.models.vision_transformer import VisionTransformer

torch.set_num_threads(1)


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def floats(tensor) -> str:
    return text(tensor.detach().to(torch.float32).contiguous().numpy().tobytes())


def saved(state) -> str:
    out = io.BytesIO()
    torch.save(state, out)
    return text(out.getvalue())


class Narrow(ResNet):
    """ResNet-18 with 1/32 of its channels."""

    def __init__(self):
        super().__init__(BasicBlock, [2, 2, 2, 2], num_classes=3)
        self.fc = torch.nn.Linear(16, 3)

    inplanes = property(lambda self: self.channels, lambda self, n: setattr(self, "channels", n // 32 if n >= 64 else n))

    def _make_layer(self, block, planes, *rest, **named):
        return super()._make_layer(block, planes // 32, *rest, **named)


def randomised(model):
    """Gives every tensor other values, so that none is 0 or 1 as at the beginning."""
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2)
        elif tensor.dtype == torch.float32 and tensor.ndim < 2:
            tensor.add_(0.1 * torch.randn_like(tensor))
    return model.eval()


def features(model, x):
    """Of a ResNet: what its head reads."""
    head, model.fc = model.fc, torch.nn.Identity()
    with torch.no_grad():
        out = model(x)
    model.fc = head
    return out


def vit_features(model, x):
    head, model.heads = model.heads, torch.nn.Identity()
    with torch.no_grad():
        out = model(x)
    model.heads = head
    return out


def channels_last(x):
    return {"shape": list(x.permute(0, 2, 3, 1).shape), "values": floats(x.permute(0, 2, 3, 1))}


def adapted(weight, channels):
    return weight.sum(1, keepdim=True).expand(-1, channels, -1, -1) / channels


OURS = {"weight": "scale", "bias": "shift", "running_mean": "running_mean", "running_var": "running_var"}


def resnet_name(name):
    """Our name of a tensor of torchvision's ResNet; None for what is ignored."""
    part, leaf = name.rsplit(".", 1)
    if part == "fc" or leaf == "num_batches_tracked":
        return None
    if "." not in part:
        return {"conv1": "stem.weight", "bn1": f"stem.norm.{OURS[leaf]}"}[part]
    layer, block, kind = part.split(".", 2)
    path = f"stage{layer[5:]}.{block}"
    if kind.startswith("downsample"):
        return f"{path}.shortcut.weight" if kind.endswith("0") else f"{path}.shortcut.norm.{OURS[leaf]}"
    number = int(kind[-1]) - 1
    return f"{path}.{number}.weight" if kind.startswith("conv") else f"{path}.{number}.norm.{OURS[leaf]}"


def resnet_values(state):
    """SHA-256 of every array as dmil lays it out."""
    named = {resnet_name(name): t.permute(2, 3, 1, 0) if t.ndim == 4 else t for name, t in state.items()}
    return {
        name: hashlib.sha256(t.contiguous().numpy().tobytes()).hexdigest() for name, t in named.items() if name is not None
    }


def timm_names(state):
    """The same tensors under timm's names."""
    out = {}
    for name, t in state.items():
        name = name.replace("conv_proj.", "patch_embed.proj.").replace("class_token", "cls_token")
        name = name.replace("encoder.pos_embedding", "pos_embed").replace("encoder.ln.", "norm.").replace("heads.head.", "head.")
        name = name.replace("encoder.layers.encoder_layer_", "blocks.").replace(".ln_", ".norm")
        name = name.replace(".self_attention.in_proj_", ".attn.qkv.").replace(".self_attention.out_proj.", ".attn.proj.")
        out[name.replace(".mlp.0.", ".mlp.fc1.").replace(".mlp.3.", ".mlp.fc2.")] = t
    return out


def hugging_face_names(state):
    """The same tensors under the names of ViTForImageClassification, whose queries, keys and values are apart."""
    out = {}
    for name, t in state.items():
        name = name.replace("conv_proj.", "vit.embeddings.patch_embeddings.projection.").replace("class_token", "vit.embeddings.cls_token")
        name = name.replace("encoder.pos_embedding", "vit.embeddings.position_embeddings").replace("encoder.ln.", "vit.layernorm.")
        name = name.replace("heads.head.", "classifier.").replace("encoder.layers.encoder_layer_", "vit.encoder.layer.")
        name = name.replace(".ln_1.", ".layernorm_before.").replace(".ln_2.", ".layernorm_after.")
        name = name.replace(".self_attention.out_proj.", ".attention.output.dense.")
        name = name.replace(".mlp.0.", ".intermediate.dense.").replace(".mlp.3.", ".output.dense.")
        if ".self_attention.in_proj_" not in name:
            out[name] = t
            continue
        block, leaf = name.split(".self_attention.in_proj_")
        for part, own in zip(("query", "key", "value"), t.chunk(3)):
            out[f"{block}.attention.attention.{part}.{leaf}"] = own.clone()
    return out


def resized():
    out = []
    maps = torch.randn(1, 2, 4, 4)
    for size in [(4, 4), (3, 3), (7, 7), (2, 5), (1, 8)]:
        result = torch.nn.functional.interpolate(maps, size=size, mode="bicubic", align_corners=False, antialias=False)
        out.append({"size": list(size), "values": [float(v) for v in result.permute(0, 2, 3, 1).flatten()]})
    return {"maps": [float(v) for v in maps.permute(0, 2, 3, 1).flatten()], "sizes": out}


def vit(image):
    return VisionTransformer(image_size=image, patch_size=4, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=16, num_classes=3)


def small():
    torch.manual_seed(0)
    resnet = randomised(Narrow())
    x = torch.randn(2, 3, 40, 32)
    state = resnet.state_dict()
    grey = torch.randn(2, 1, 40, 32)
    one = Narrow().eval()
    one.conv1 = torch.nn.Conv2d(1, 2, 7, stride=2, padding=3, bias=False)
    one.load_state_dict({**state, "conv1.weight": adapted(state["conv1.weight"], 1)})
    transformer = randomised(vit(16))
    with torch.no_grad():
        transformer.class_token.normal_()
    images = torch.randn(2, 3, 16, 16)
    wide = torch.randn(2, 3, 8, 8)
    names = {k: v.clone() for k, v in transformer.state_dict().items()}
    positions = names["encoder.pos_embedding"]
    grid = positions[:, 1:].reshape(1, 4, 4, 8).permute(0, 3, 1, 2)
    grid = torch.nn.functional.interpolate(grid, size=(2, 2), mode="bicubic", align_corners=False).permute(0, 2, 3, 1).reshape(1, 4, 8)
    other = vit(8).eval()
    other.load_state_dict({**names, "encoder.pos_embedding": torch.cat([positions[:, :1], grid], 1)})
    former = {k.replace(".mlp.0.", ".mlp.linear_1.").replace(".mlp.3.", ".mlp.linear_2."): v for k, v in names.items()}
    return {
        "versions": {"torch": torch.__version__.split("+")[0], "torchvision": torchvision.__version__.split("+")[0]},
        "resnet": {
            "file": saved(collections.OrderedDict(state)),
            "arrays": resnet_values(state),
            "input": channels_last(x),
            "features": floats(features(resnet, x)),
            "grey": {"input": channels_last(grey), "features": floats(features(one, grey))},
        },
        "vit": {
            "torchvision": text(save(names)),
            "former": text(save(former)),
            "timm": text(save(timm_names(names))),
            "huggingface": text(save(hugging_face_names(names))),
            "input": channels_last(images),
            "features": floats(vit_features(transformer, images)),
            "resized": {"input": channels_last(wide), "features": floats(vit_features(other, wide))},
        },
        "bicubic": resized(),
    }


def full(folder):
    torch.manual_seed(0)
    model = randomised(torchvision.models.resnet18(weights=None))
    state = model.state_dict()
    torch.save(state, folder / "resnet18.pth")
    save_file(dict(state), folder / "resnet18.safetensors")
    x = torch.randn(2, 3, 64, 64)
    facts = {"keys": len(state), "parameters": sum(p.numel() for p in model.parameters()), "arrays": resnet_values(state),
             "input": channels_last(x), "features": floats(features(model, x))}
    (folder / "resnet18.json").write_text(json.dumps(facts))


def load(folder):
    model = torchvision.models.resnet18(weights=None)
    model.fc = torch.nn.Identity()
    model.load_state_dict(load_file(folder / "back.safetensors"))
    original = torch.load(folder / "resnet18.pth", weights_only=True)
    own = {name: t for name, t in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    assert len(own) == 100 and all(torch.equal(t, original[name]) for name, t in own.items())


if len(sys.argv) == 3 and sys.argv[1] == "--full":
    full(pathlib.Path(sys.argv[2]))
elif len(sys.argv) == 3 and sys.argv[1] == "--load":
    load(pathlib.Path(sys.argv[2]))
else:
    print(json.dumps(small()))
